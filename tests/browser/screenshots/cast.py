"""Who looks at the screens, and what each of them has done before."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, User
from accounts.sign_in import email_addresses
from billing import low_balance_alerts
from billing.models import Purchase
from development import mailbox
from images import generation
from images.exceptions import ModerationRejected, ProviderFailed, TimedOut
from images.exports import lifecycle, runner
from images.models import Image
from images.schemas import GenerationArguments
from images.worker import attempts
from tests.browser.scenes import busy_account, finished, unmade
from tests.concurrency import run
from tests.factories import caller_of, create_user, expired_purchase, paid_purchase
from tests.website.sign_in.steps import verified_user
from website.public.samples import BY_NAME, SAMPLES

UNDER_WAY: Final = GenerationArguments.model_validate(
    {
        "prompt": "Blue alpine peaks fading into cloud, one lit hut in the valley, tall format",
        "modelId": "google:gemini-3-pro-image-preview",
        "aspectRatio": "3:4",
    }
)
MAIL: Final = ("Your sign-in code is\n\n482913\n\nIt works for ten minutes.", "Your sign-in code is\n\n130577")


@dataclass(frozen=True, slots=True)
class Cast:
    """People by the names that the screens know them by, and the ids that addresses there leave open."""

    people: dict[str, User]
    ids: dict[str, uuid.UUID]


def assemble() -> Cast:
    """Make everybody, each for screens of their own, so that no screen depends on another."""
    people = {
        "busy": _settled("mara@example.com", credits=400),
        "new": _settled("nils@example.com"),
        "ready to connect": _settled("olga@example.com", credits=20),
        "nearly broke": _settled("pia@example.com", credits=22),
        "painter": _settled("ravi@example.com", credits=300),
        "waiting": _settled("sven@example.com", credits=60),
        "exporting": _settled("tilda@example.com", credits=20),
        "safe": _settled("uma@example.com", credits=20),
        "with a second step": _settled("wanda@example.com", credits=20),
        "buyer": _settled("xenia@example.com", credits=14),
        "without password": create_user("vera@example.com", credits=20),
    }
    email_addresses.mark_verified(people["without password"])
    TOTP.activate(people["with a second step"], generate_totp_secret())
    api_keys.create(people["ready to connect"], name="Laptop")
    finished(people["nearly broke"], BY_NAME["lake"])
    lifecycle.request(people["exporting"])
    for body in MAIL:
        mailbox.save(EmailMessage("Your sign-in code", body, None, ["mara@example.com"]))
    made = busy_account(people["busy"])
    run(runner.run(lifecycle.request(people["busy"]).pk))
    ids = {"newest": made[0].pk, "older": made[12].pk, **_keys(people["busy"]), **_states(people["painter"])}
    ids |= _purchases(people["buyer"])
    return Cast(people, ids | _under_way(people["waiting"]))


def _settled(email: str, *, credits: int = 0) -> User:
    return verified_user(create_user(email, credits=credits))


def _purchases(user: User) -> dict[str, uuid.UUID]:
    """Buy packs with every outcome, the newest last."""
    large, declined = {"credits": 2000, "price_cents": 7000}, {"status": Purchase.Status.FAILED}
    purchases = {
        "paid": paid_purchase(user),
        "refunded": paid_purchase(user, credits=100, price_cents=500, refunded_cents=500, credits_taken_back=100),
        "declined": expired_purchase(user, **large, **declined, paid_with="Visa ending 1881"),
        "large": paid_purchase(user, **large, paid_with="Link"),
        "disputed": paid_purchase(user, disputed_cents=2000, credits_taken_back=500, dispute=Purchase.Dispute.OPEN),
        "expired": expired_purchase(user),
        "pending": expired_purchase(user, status=Purchase.Status.PENDING, paid_with="Sepa debit", gateway="simulated"),
    }
    low_balance_alerts.set_level(user.pk, 50)
    for days_ago, purchase in enumerate(reversed(purchases.values())):
        moment = timezone.now() - timedelta(days=9 * days_ago)
        Purchase.objects.filter(pk=purchase.pk).update(created_at=moment)
    return {f"{name}_purchase": purchase.pk for name, purchase in purchases.items()}


def _keys(user: User) -> dict[str, uuid.UUID]:
    """Bring one key near its cap, and say which keys there are to look at."""
    ApiKey.objects.filter(user=user, name="Blog cover job").update(expires_at=timezone.now() + timedelta(days=40))
    return {"key": ApiKey.objects.get(user=user, name="Laptop").pk}


def _states(user: User) -> dict[str, uuid.UUID]:
    """Ask for an image that comes to each end, and for some that fill the strip."""
    for name in ("city", "rings", "dunes"):
        finished(user, BY_NAME[name])
    queued = generation.request(caller_of(user), UNDER_WAY).image
    images = {
        "cancelled": generation.cancel(caller_of(user), queued.pk),
        "failed": unmade(user, SAMPLES[4], ProviderFailed("The provider answered with an error three times.")),
        "timed_out": unmade(user, SAMPLES[0], TimedOut()),
        "rejected": unmade(
            user, SAMPLES[5], ModerationRejected.with_advice("The provider's safety system declined the prompt.")
        ),
        "tall": finished(user, BY_NAME["alps"]),
        "square": finished(user, BY_NAME["still-life"]),
        "wide": finished(user, BY_NAME["lake"]),
    }
    return {name: image.pk for name, image in images.items()}


def _under_way(user: User) -> dict[str, uuid.UUID]:
    """Ask for images that no worker of ours will finish."""
    finished(user, BY_NAME["sea"])
    running, queued = (generation.request(caller_of(user), UNDER_WAY).image for _ in range(2))
    attempts.claim(running.pk)
    Image.objects.filter(pk=running.pk).update(created_at=timezone.now() - timedelta(seconds=9))
    return {"running": running.pk, "queued": queued.pk}
