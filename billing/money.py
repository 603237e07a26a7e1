"""Amounts of money as text."""

from decimal import Decimal


def dollars(cents: int) -> str:
    """Return US cents as dollars with cents: $1,020.00."""
    return f"${Decimal(cents) / 100:,.2f}"
