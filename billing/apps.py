"""Credits: accounts, the ledger, and what keys have spent."""

from importlib import import_module
from typing import Any

from allauth.account.signals import email_confirmed, user_signed_up
from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_save

from accounts.signals import account_deleting


class BillingConfig(AppConfig):
    """Knows accounts; opens a credit account for every new user, and welcomes those whose address is verified."""

    name = "billing"

    def ready(self) -> None:
        import_module("billing.checks")
        post_save.connect(self.open_account, sender=settings.AUTH_USER_MODEL, dispatch_uid="billing.open_account")
        signup_credits = import_module("billing.signup_credits")
        email_confirmed.connect(signup_credits.when_confirmed, dispatch_uid="billing.when_confirmed")
        user_signed_up.connect(signup_credits.when_signed_up, dispatch_uid="billing.when_signed_up")
        account_data = import_module("billing.account_data")
        account_deleting.connect(account_data.forget, dispatch_uid="billing.forget")

    def open_account(self, *, instance: Any, created: bool, raw: bool, **_: Any) -> None:
        if created and not raw:
            self.get_model("CreditAccount")(user=instance).save()
