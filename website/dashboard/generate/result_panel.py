"""The panel beside the composer: images in their current state, and a filmstrip of other recent images."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from accounts.authentication import Caller
from accounts.models import User
from billing import usage
from billing.models import LedgerEntry
from billing.usage import LedgerFilter
from images import generation
from images.models import Image
from images.statistics import durations
from website.dashboard import source_pictures
from website.public import samples

RECENT: Final = timedelta(hours=24)
RECENT_IMAGES_MAX: Final = 12
SAMPLE_NAMES: Final = ("dunes", "stairwell", "rings", "city")


@dataclass(frozen=True, slots=True)
class ResultPanel:
    """The displayed images, which were requested together, and the recent images of the dashboard, newest first."""

    images: list[Image]
    recent: list[Image]

    @classmethod
    def for_user(cls, user: User, displayed: Sequence[Image]) -> "ResultPanel":
        """Return a panel with these images, or else the newest unfinished one, or else the newest one."""
        # Without images requested with API keys: those of an agent could fill the whole filmstrip.
        images = Image.objects.owned_by(user.pk).filter(api_key=None, created_at__gt=timezone.now() - RECENT)
        recent = list(images.newest_first()[:RECENT_IMAGES_MAX])
        unfinished = next((candidate for candidate in recent if not candidate.is_final), None)
        shown = list(displayed) or ([unfinished] if unfinished else recent[:1])
        source_pictures.prefetch(shown)
        return cls(shown, recent)

    @property
    def image(self) -> Image | None:
        """The first displayed image."""
        return next(iter(self.images), None)

    @property
    def state(self) -> str:
        """The status of the image; of several ones that of the first that is unfinished."""
        unfinished = [image for image in self.images if not image.is_final]
        return next((image.status for image in [*unfinished, *self.images]), "empty")

    @property
    def version(self) -> str:
        """Hash that changes with the panel's content; an open page sends the version it shows as `seen`."""
        shown = [*self.images, *self.recent]
        return hashlib.sha256(" ".join(f"{image.pk} {image.status}" for image in shown).encode()).hexdigest()[:16]

    @property
    def filmstrip(self) -> list[Image]:
        """The recent images that have a picture or can still get one."""
        return [image for image in self.recent if image.picture_name or not image.is_final]

    def context(self, user: User) -> dict[str, Any]:
        """Return the context of the panel's templates."""
        results = [{"image": image, **state_context(user, image)} for image in self.images]
        return {
            "panel": self,
            "image": self.image,
            "results": results,
            "finished": sum(image.is_final for image in self.images),
            "filmstrip": self.filmstrip,
            "filmstrip_credits": sum(item.credit_cost for item in self.filmstrip),
            "samples": [samples.BY_NAME[name] for name in SAMPLE_NAMES],
            # An earlier picture, blurred, fills the frame until the new picture is ready.
            "placeholder": next((item for item in self.recent if item.thumbnail_name), None),
        }


def generate_url(*images: Image) -> str:
    """Return the URL of the generate page with these images in the result panel."""
    return f"{reverse('generate')}?{urlencode([('image', image.pk) for image in images])}"


def state_context(user: User, image: Image) -> dict[str, Any]:
    """Return what the templates show about an image in its present state."""
    base = source_pictures.base_of(image)
    if not image.is_final:
        elapsed = (timezone.now() - image.created_at) / timedelta(seconds=1)
        usual = durations.typical_duration(image.model_id, image.thinking_level)
        return {"usual": usual, "elapsed": elapsed, "base": base}
    duration = (image.finished_at - image.created_at) / timedelta(seconds=1) if image.finished_at else None
    if image.picture_name:
        return {"duration": duration, "base": base}
    entries, _ = usage.ledger_entries(Caller.in_dashboard(user), LedgerFilter(reference_id=image.pk))
    refund = next((entry for entry in entries if entry.type == LedgerEntry.Type.REFUND), None)
    return {"failure": generation.failure_of(image), "refund": refund, "duration": duration}
