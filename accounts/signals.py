"""News that the upper apps may hear: nothing here knows who listens."""

from django.dispatch import Signal

# Sent inside the transaction that deletes an account, before anything of it is gone; gives `user`.
account_deleting = Signal()
