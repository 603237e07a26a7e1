"""The users of the screenshots and their data."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts.models import ApiKey, User
from accounts.sign_in import email_addresses
from billing.alerts import low_balance
from billing.models import Purchase
from development import mailbox
from images import generation
from images.exports import lifecycle, runner
from images.failures import ModerationRejected, ProviderFailed, TimedOut
from images.library import collections, favourites
from images.library.selection import Selection
from images.models import Image, Upload
from images.schemas import GenerationArguments
from images.shares import shares
from images.worker import attempts
from tests.browser.scenes import active_account, edited, failed, finished, request_edit, uploaded
from tests.browser.screenshots import apps, webhooks
from tests.concurrency import run
from tests.factories import caller_of, create_user, expired_purchase, paid_purchase
from tests.website.sign_in.steps import verified_user
from website.public.samples import BY_NAME, SAMPLES

UNFINISHED: Final = GenerationArguments.model_validate(
    {
        "prompt": "Blue alpine peaks fading into cloud, one lit hut in the valley, tall format",
        "modelId": "google:gemini-3-pro-image-preview",
        "aspectRatio": "3:4",
    }
)
MAIL: Final = ("Your sign-in code is\n\n482913\n\nIt works for ten minutes.", "Your sign-in code is\n\n130577")


@dataclass(frozen=True, slots=True)
class Cast:
    """Users by the names that the walks use, and the ids that fill the placeholders in the paths of screens."""

    users: dict[str, User]
    ids: dict[str, uuid.UUID | str]


def assemble() -> Cast:
    """Create all users. Walks that change data have separate users, so that no walk depends on another."""
    users = {
        "active": _create_user("mara@example.com", credits=400),
        "new": _create_user("nils@example.com"),
        "ready to connect": _create_user("olga@example.com", credits=20),
        "nearly broke": _create_user("pia@example.com", credits=22),
        "painter": _create_user("ravi@example.com", credits=300),
        "editor": _create_user("zoe@example.com", credits=214),
        "waiting": _create_user("sven@example.com", credits=60),
        "exporting": _create_user("tilda@example.com", credits=20),
        "eraser": _create_user("yara@example.com", credits=100),
        "safe": _create_user("uma@example.com", credits=20),
        "with a second step": _create_user("wanda@example.com", credits=20),
        "buyer": _create_user("xenia@example.com", credits=14),
        "without password": create_user("vera@example.com", credits=20),
    }
    email_addresses.mark_verified(users["without password"])
    TOTP.activate(users["with a second step"], generate_totp_secret())
    finished(users["nearly broke"], BY_NAME["lake"])
    for sample in SAMPLES[:6]:
        finished(users["eraser"], sample)
    lifecycle.request(users["exporting"])
    for body in MAIL:
        mailbox.save(EmailMessage("Your sign-in code", body, None, ["mara@example.com"]))
    images = active_account(users["active"])
    run(runner.run(lifecycle.request(users["active"]).pk))
    ids: dict[str, uuid.UUID | str] = {
        "newest": images[0].pk,
        "older": images[12].pk,
        **_keys(users["active"]),
        **_collect(users["active"], images),
        **apps.create_apps(users["active"]),
        **webhooks.create_webhooks(users["active"]),
        **_images_in_every_state(users["painter"]),
    }
    ids |= _edits(users["editor"])
    ids |= _shares(users["active"], images)
    ids |= _purchases(users["buyer"])
    ids |= _unfinished_images(users["waiting"])
    return Cast(users, ids)


def _create_user(email: str, *, credits: int = 0) -> User:
    return verified_user(create_user(email, credits=credits))


def _collect(user: User, images: list[Image]) -> dict[str, uuid.UUID]:
    """Make some images favourites, and put some into one of two collections."""
    caller = caller_of(user)
    favourites.add_all(Selection.of_ids(caller, [images[number].pk for number in (0, 5, 6, 11)]))
    collection = collections.find(caller, collections.create(caller, "Autumn campaign").id)
    collections.add_all(collection, Selection.of_ids(caller, [image.pk for image in images[2:9]]))
    empty = collections.create(caller, "Packaging, second round")
    return {"collection": collection.pk, "empty_collection": empty.id}


def _purchases(user: User) -> dict[str, uuid.UUID]:
    """Create purchases with every outcome, the newest last."""
    large, declined = {"credits": 2000, "price_cents": 7000}, {"status": Purchase.Status.FAILED}
    purchases = {
        "paid": paid_purchase(user),
        "refunded": paid_purchase(user, credits=100, price_cents=500, refunded_cents=500, credits_clawed_back=100),
        "declined": expired_purchase(user, **large, **declined, paid_with="Visa ending 1881"),
        "large": paid_purchase(user, **large, paid_with="Link"),
        "disputed": paid_purchase(user, disputed_cents=2000, credits_clawed_back=500, dispute=Purchase.Dispute.OPEN),
        "expired": expired_purchase(user),
        "pending": expired_purchase(user, status=Purchase.Status.PENDING, paid_with="Sepa debit", gateway="simulated"),
    }
    low_balance.set_level(user.pk, 50)
    for days_ago, purchase in enumerate(reversed(purchases.values())):
        moment = timezone.now() - timedelta(days=9 * days_ago)
        Purchase.objects.filter(pk=purchase.pk).update(created_at=moment)
    return {f"{name}_purchase": purchase.pk for name, purchase in purchases.items()}


def _keys(user: User) -> dict[str, uuid.UUID]:
    """Set an expiry date on one key, and return the id of another."""
    ApiKey.objects.filter(user=user, name="Blog cover job").update(expires_at=timezone.now() + timedelta(days=40))
    return {"key": ApiKey.objects.get(user=user, name="Laptop").pk}


def _images_in_every_state(user: User) -> dict[str, uuid.UUID]:
    """Create an image in every final state, and some more for the filmstrip."""
    for name in ("city", "rings", "dunes"):
        finished(user, BY_NAME[name])
    queued = generation.request(caller_of(user), UNFINISHED).image
    images = {
        "cancelled": generation.cancel(caller_of(user), queued.pk),
        "failed": failed(user, SAMPLES[4], ProviderFailed("The provider answered with an error three times.")),
        "timed_out": failed(user, SAMPLES[0], TimedOut()),
        "rejected": failed(
            user, SAMPLES[5], ModerationRejected.with_advice("The provider's safety system rejected the prompt.")
        ),
        "tall": finished(user, BY_NAME["alps"]),
        "square": finished(user, BY_NAME["still-life"]),
        "wide": finished(user, BY_NAME["lake"]),
    }
    return {name: image.pk for name, image in images.items()}


def _shares(user: User, images: list[Image]) -> dict[str, str]:
    """Share two images and return the tokens of their public pages."""
    return {
        name: shares.share(caller_of(user), image.pk, shows_prompt=shows_prompt)[0].token
        for name, image, shows_prompt in (
            ("shared_with_prompt", images[0], True),
            ("shared_without_prompt", images[1], False),
        )
    }


def _edits(user: User) -> dict[str, uuid.UUID]:
    """Create edits of edits in several states, with an upload as a reference, and one whose source was deleted."""
    for name in ("city", "rings", "still-life"):
        finished(user, BY_NAME[name])
    dunes, gone = (finished(user, BY_NAME[name]) for name in ("dunes", "lake"))
    ridges = uploaded(user, BY_NAME["ridges"])
    edits: dict[str, Image | Upload] = {
        "fog": edited(user, BY_NAME["hills"], dunes, prompt="Fog between the dunes"),
        "orphan": edited(user, BY_NAME["sea"], gone, prompt="The same lake without the boat"),
    }
    generation.delete(caller_of(user), gone.pk)
    edits["night"] = edited(user, BY_NAME["ridges"], edits["fog"], ridges, prompt="Give the dunes the dusk sky")
    edits["later"] = edited(user, BY_NAME["alps"], edits["night"], prompt="Snow on the ridges")
    refused = request_edit(user, dunes, prompt="Dunes of gold")
    attempt = attempts.claim(refused.pk)
    assert attempt is not None
    attempts.fail(attempt, ProviderFailed("The provider answered with an error three times."))
    waiting = request_edit(user, dunes, prompt="Give the dunes the dusk sky")
    attempts.claim(waiting.pk)
    edits |= {"dunes": dunes, "ridges": ridges, "refused": refused, "waiting": waiting}
    return {name: picture.pk for name, picture in edits.items()}


def _unfinished_images(user: User) -> dict[str, uuid.UUID]:
    """Create a running and a queued image, which stay that way because no worker runs."""
    finished(user, BY_NAME["sea"])
    running, queued = (generation.request(caller_of(user), UNFINISHED).image for _ in range(2))
    attempts.claim(running.pk)
    Image.objects.filter(pk=running.pk).update(created_at=timezone.now() - timedelta(seconds=9))
    return {"running": running.pk, "queued": queued.pk}
