"""What a new account has done, and what comes next, as far as the server can see it."""

from dataclasses import dataclass
from typing import Final

from accounts.models import ApiKey, User
from accounts.sign_in import email_addresses
from billing.models import CreditAccount
from images.models import ImageCount

NAMES: Final = ("address", "credits", "key", "client")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do; the first one that is not done is the current one."""

    name: str
    is_done: bool
    is_current: bool


def has_made_images(user: User) -> bool:
    """Tell whether the user ever asked for an image, also if it was deleted since."""
    return ImageCount.objects.filter(user_id=user.pk).exists()


def steps(user: User) -> list[Step]:
    """Return the first steps of this account."""
    keys = ApiKey.objects.filter(user=user)
    # An account's first entry can only have brought credits.
    has_had_credits = CreditAccount.objects.filter(user=user, entry_count__gt=0).exists()
    done = [email_addresses.is_verified(user), has_had_credits, keys.exists(), keys.exclude(last_used_at=None).exists()]
    current = done.index(False) if False in done else None
    return [Step(name, each, index == current) for index, (name, each) in enumerate(zip(NAMES, done, strict=True))]
