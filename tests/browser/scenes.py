"""Accounts with a history, for screenshots and for tests of pages with content."""

import functools
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Final

from django.db import connection
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, User
from billing import ledger
from images import generation
from images.failures import GenerationFailed, ModerationRejected, ProviderFailed
from images.models import Image, Upload
from images.pictures import raster
from images.schemas import EditArguments, GenerationArguments
from images.storage import files
from images.uploads import uploads
from images.worker import attempts
from tests.factories import caller_of
from website.public.samples import SAMPLES, Sample

STATIC: Final = Path(__file__).parents[2] / "static"
MODELS: Final = {
    "gpt-image-1.5": "openai:gpt-image-1.5",
    "gpt-image-2": "openai:gpt-image-2",
    "gemini-2.5-flash": "google:gemini-2.5-flash-image",
    "gemini-3.1-flash": "google:gemini-3.1-flash-image-preview",
    "gemini-3-pro": "google:gemini-3-pro-image-preview",
}
SAMPLES_USED: Final = [sample for sample in SAMPLES if sample.model in MODELS]
# Age in days of each image: some days have none, some have several.
DAYS: Final = (
    0,
    0,
    1,
    2,
    3,
    3,
    4,
    5,
    5,
    6,
    7,
    9,
    10,
    11,
    12,
    12,
    13,
    15,
    16,
    16,
    18,
    19,
    20,
    22,
    23,
    23,
    25,
    26,
    28,
    29,
)


def finished(user: User, sample: Sample, key: ApiKey | None = None, *, days_ago: int = 0) -> Image:
    """Create a finished image with the picture of a sample."""
    return _backdate(_complete(_request(user, sample, key), sample), days_ago)


def uploaded(user: User, sample: Sample) -> Upload:
    """Upload the picture of a sample."""
    return uploads.store(caller_of(user), (STATIC / sample.picture).read_bytes())


def edited(user: User, sample: Sample, *sources: Image | Upload, prompt: str) -> Image:
    """Create a finished edit of these pictures with the picture of a sample."""
    return _complete(request_edit(user, *sources, prompt=prompt), sample)


def request_edit(user: User, *sources: Image | Upload, prompt: str) -> Image:
    """Request an edit of these pictures."""
    ids = [str(source.pk) for source in sources]
    values = {"prompt": prompt, "modelId": MODELS["gpt-image-2"], "sources": ids}
    return generation.request(caller_of(user), EditArguments.model_validate(values)).image


def _complete(image: Image, sample: Sample) -> Image:
    attempt = attempts.claim(image.id)
    assert attempt is not None
    picture = _picture(sample)
    name = files.picture_name(image.id, 1, picture.media_type)
    files.write(name, picture.content)
    assert attempts.succeed(attempt, picture, picture_name=name)
    image.refresh_from_db()
    return image


@functools.cache
def _picture(sample: Sample) -> raster.Picture:
    return raster.prepare((STATIC / sample.picture).read_bytes(), sample.aspect_ratio)


def failed(user: User, sample: Sample, failure: GenerationFailed, *, days_ago: int = 0) -> Image:
    """Create a failed image with its refund."""
    image = _request(user, sample, None)
    attempt = attempts.claim(image.id)
    assert attempt is not None
    assert attempts.fail(attempt, failure)
    return _backdate(image, days_ago)


def active_account(user: User) -> list[Image]:
    """Create a month of images, and keys in every state; return the finished images, newest first."""
    ledger.grant(user.id, amount=500, reason="Welcome credits")
    keys = [
        used_key(user, "Laptop", "claude-code/2.1.4 (cli)", cap=400),
        used_key(user, "Cursor - studio", "Cursor/2.3.1", cap=150, confirm_above=10),
        used_key(user, "Blog cover job", "node-fetch/3.3", cap=50),
    ]
    api_keys.revoke(used_key(user, "Old CI", "curl/8.5.0", cap=200))
    expired = used_key(user, "Contractor, Lena", "codex-cli/0.60", cap=80)
    ApiKey.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(days=3))
    settings = zip(reversed(DAYS), cycle(SAMPLES_USED), cycle([*keys, None]), strict=False)
    images = [finished(user, sample, key, days_ago=days_ago) for days_ago, sample, key in settings]
    failed(user, SAMPLES[4], ProviderFailed("The provider answered with an error three times."))
    failed(user, SAMPLES[5], ModerationRejected.with_advice("The provider's safety system rejected the prompt."))
    return images[::-1]


def used_key(user: User, name: str, client: str, *, cap: int | None = None, confirm_above: int | None = None) -> ApiKey:
    """Create a key that a client has used."""
    key, _ = api_keys.create(user, name=name, monthly_credit_cap=cap, confirm_above=confirm_above)
    key.last_used_at, key.last_used_client, key.last_used_address = timezone.now(), client, "203.0.113.7"
    key.save()
    return key


def _request(user: User, sample: Sample, key: ApiKey | None) -> Image:
    deep = sample.credits in (7, 18)
    arguments = GenerationArguments.model_validate(
        {
            "prompt": sample.prompt,
            "modelId": MODELS[sample.model],
            "aspectRatio": sample.aspect_ratio,
            "thinkingLevel": "deep" if deep else None,
        }
    )
    return generation.request(caller_of(user, key), arguments).image


def _backdate(image: Image, days_ago: int) -> Image:
    """Move an image and its ledger entries into the past, past the trigger that makes entries immutable."""
    # Later images get a later time of day, because the times of ledger entries must follow their numbers.
    number = Image.objects.filter(user=image.user).count()
    moment = timezone.now() - timedelta(days=days_ago, minutes=400 - 7 * number)
    Image.objects.filter(pk=image.pk).update(
        created_at=moment, finished_at=moment + timedelta(seconds=9 + image.id.int % 14)
    )
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE billing_ledgerentry DISABLE TRIGGER billing_entries_are_immutable")
        cursor.execute("UPDATE billing_ledgerentry SET created_at = %s WHERE reference_id = %s", [moment, image.id])
        cursor.execute("ALTER TABLE billing_ledgerentry ENABLE TRIGGER billing_entries_are_immutable")
    image.refresh_from_db()
    return image
