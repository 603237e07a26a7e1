"""Signals that accounts sends to the apps above it."""

from django.dispatch import Signal

# Sent in the transaction that deletes an account, before any of its rows is deleted. Argument: `user`.
account_deleting = Signal()
