"""What a production configuration needs so that payments are heard of (`manage.py check --deploy`)."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks


@checks.register(checks.Tags.compatibility, deploy=True)
def check_payments(app_configs: Sequence[Any] | None, **_: Any) -> list[checks.CheckMessage]:  # noqa: ARG001
    """Warn of payments that nobody would hear of, and of those that move no money."""
    found: list[checks.CheckMessage] = []
    if settings.STRIPE_SECRET_KEY and not settings.STRIPE_WEBHOOK_SECRET:
        hint = "Set STRIPE_WEBHOOK_SECRET to the signing secret of the endpoint /webhooks/stripe."
        found.append(checks.Warning("Stripe's webhook cannot be checked.", hint=hint, id="billing.W001"))
    if settings.STRIPE_WEBHOOK_SECRET and not settings.STRIPE_SECRET_KEY:
        hint = "Set STRIPE_SECRET_KEY too, or unset STRIPE_WEBHOOK_SECRET."
        found.append(checks.Warning("Nothing can be bought without Stripe's key.", hint=hint, id="billing.W002"))
    if settings.STRIPE_SECRET_KEY.startswith(("sk_test_", "rk_test_")):
        hint = "Set STRIPE_SECRET_KEY to a live key."
        found.append(checks.Warning("Stripe's key is for tests: no money moves.", hint=hint, id="billing.W003"))
    return found
