"""Configuration of the billing app: credit accounts, the ledger and payments."""

from typing import Any

from allauth.account.signals import email_confirmed, user_signed_up
from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_save

from accounts.signals import account_deleting


class BillingConfig(AppConfig):
    """Opens a credit account for every new user and connects the app to sign-up and account deletion."""

    name = "billing"

    def ready(self) -> None:
        # These modules import models, which requires that all apps are loaded.
        from billing import account_deletion, checks, signup_credits  # noqa: F401, PLC0415

        post_save.connect(self.open_account, sender=settings.AUTH_USER_MODEL, dispatch_uid="billing.open_account")
        email_confirmed.connect(signup_credits.on_email_confirmed, dispatch_uid="billing.on_email_confirmed")
        user_signed_up.connect(signup_credits.on_signed_up, dispatch_uid="billing.on_signed_up")
        account_deleting.connect(account_deletion.erase_payment_details, dispatch_uid="billing.erase_payment_details")

    def open_account(self, *, instance: Any, created: bool, raw: bool, **_: Any) -> None:
        if created and not raw:
            self.get_model("CreditAccount")(user=instance).save()
