"""System checks of the payment settings, run by `manage.py check --deploy`."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks


@checks.register(checks.Tags.compatibility, deploy=True)
def check_payments(app_configs: Sequence[Any] | None, **_: Any) -> list[checks.CheckMessage]:  # noqa: ARG001
    """Warn when Stripe is configured only in part, or with a test key."""
    messages: list[checks.CheckMessage] = []
    if settings.STRIPE_SECRET_KEY and not settings.STRIPE_WEBHOOK_SECRET:
        hint = "Set STRIPE_WEBHOOK_SECRET to the signing secret of the endpoint /webhooks/stripe."
        messages.append(checks.Warning("Stripe webhook events can't be verified.", hint=hint, id="billing.W001"))
    if settings.STRIPE_WEBHOOK_SECRET and not settings.STRIPE_SECRET_KEY:
        hint = "Set STRIPE_SECRET_KEY too, or unset STRIPE_WEBHOOK_SECRET."
        messages.append(checks.Warning("Purchases require Stripe's secret key.", hint=hint, id="billing.W002"))
    if settings.STRIPE_SECRET_KEY.startswith(("sk_test_", "rk_test_")):
        hint = "Set STRIPE_SECRET_KEY to a live key."
        messages.append(checks.Warning("Stripe's key is a test key: no one is charged.", hint=hint, id="billing.W003"))
    return messages
