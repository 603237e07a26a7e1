"""Amounts of money and of credits as text."""

from decimal import Decimal


def dollars(cents: int) -> str:
    """Return US cents as dollars with cents: $1,020.00."""
    return f"${Decimal(cents) / 100:,.2f}"


def credits_text(credits: int) -> str:
    """Return "1 credit", or "50 credits"."""
    return f"{credits:,} {credit_noun(credits)}"


def credit_noun(credits: int) -> str:
    """Return "credit" after 1 or -1, else "credits"."""
    return "credit" if abs(credits) == 1 else "credits"
