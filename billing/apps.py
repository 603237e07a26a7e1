"""Credits: accounts, the ledger, and what keys have spent."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_save


class BillingConfig(AppConfig):
    """Knows accounts; opens a credit account for every new user."""

    name = "billing"

    def ready(self) -> None:
        post_save.connect(self.open_account, sender=settings.AUTH_USER_MODEL, dispatch_uid="billing.open_account")

    def open_account(self, *, instance: Any, created: bool, raw: bool, **_: Any) -> None:
        if created and not raw:
            self.get_model("CreditAccount")(user=instance).save()
