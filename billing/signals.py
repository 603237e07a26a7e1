"""Signals that billing sends to the apps above it."""

from django.dispatch import Signal

# Sent once for each alert, in the transaction that marks it. Arguments: `user_id`, and `balance` and `alert_level` in
# whole credits.
balance_low = Signal()
