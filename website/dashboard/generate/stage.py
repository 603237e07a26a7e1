"""What stands beside the composer: one image in whatever state it is, and those that were made here lately."""

import hashlib
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
from website.public import samples

LATELY: Final = timedelta(hours=24)
STRIP_IMAGES: Final = 12
EXAMPLES: Final = ("dunes", "stairwell", "rings", "city")


@dataclass(frozen=True, slots=True)
class Stage:
    """The image that is shown, if any, and the strip of the latest ones, newest first."""

    image: Image | None
    strip: list[Image]

    @classmethod
    def of(cls, user: User, image: Image | None) -> "Stage":
        """Show this image, or by itself what is under way or was made last."""
        # Images that agents make are found in the gallery: they would push each other off this page.
        recent = Image.objects.owned_by(user.pk).filter(api_key=None, created_at__gt=timezone.now() - LATELY)
        strip = list(recent.newest_first()[:STRIP_IMAGES])
        under_way = next((each for each in strip if not each.is_final), None)
        return cls(image or under_way or next(iter(strip), None), strip)

    @property
    def seen(self) -> str:
        """What changes when anything here does: an open page says what it shows."""
        shown = [self.image, *self.strip] if self.image else self.strip
        return hashlib.sha256(" ".join(f"{each.pk} {each.status}" for each in shown if each).encode()).hexdigest()[:16]

    @property
    def kept(self) -> list[Image]:
        """Those of the strip that have or will have a picture."""
        return [each for each in self.strip if each.picture_name or not each.is_final]

    def context(self, user: User) -> dict[str, Any]:
        """Return what the template needs."""
        image = self.image
        return {
            "stage": self,
            "image": image,
            "strip": self.kept,
            "strip_credits": sum(each.credit_cost for each in self.kept),
            "samples": [samples.BY_NAME[name] for name in EXAMPLES],
            **(_facts(user, image) if image else {}),
            "bed": next((each for each in self.strip if each.thumbnail_name), None),
        }


def generate_url(image: Image) -> str:
    """Return the address where the image is shown beside the composer."""
    return f"{reverse('generate')}?{urlencode({'image': image.pk})}"


def _facts(user: User, image: Image) -> dict[str, Any]:
    if not image.is_final:
        elapsed = (timezone.now() - image.created_at) / timedelta(seconds=1)
        return {"usual": durations.typical_duration(image.model_id, image.thinking_level), "elapsed": elapsed}
    took = (image.finished_at - image.created_at) / timedelta(seconds=1) if image.finished_at else None
    if image.picture_name:
        return {"took": took}
    entries, _ = usage.ledger_entries(Caller.in_dashboard(user), LedgerFilter(reference_id=image.pk))
    refund = next((entry for entry in entries if entry.type == LedgerEntry.Type.REFUND), None)
    return {"failure": generation.failure_of(image), "refund": refund, "took": took}
