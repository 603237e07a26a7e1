"""Onboarding steps of a new account, derived from what it has stored."""

from dataclasses import dataclass

from django.db.models import Exists

from accounts.models import ApiKey, User
from accounts.sign_in import email_addresses
from billing.models import CreditAccount
from images.models import ImageCount


@dataclass(frozen=True, slots=True)
class Step:
    """One onboarding step. The first step that is not done is the current one."""

    name: str
    is_done: bool
    is_current: bool


def has_images(user: User) -> bool:
    """Return whether the user has ever requested an image, including images deleted since."""
    return ImageCount.objects.filter(user_id=user.pk).exists()


def steps(user: User) -> list[Step]:
    """Return the onboarding steps of the user in order."""
    keys = ApiKey.objects.filter(user=user)
    conditions = {
        "address": email_addresses.verified(user),
        # The first entry of an account is always positive, because a balance cannot go below zero.
        "credits": CreditAccount.objects.filter(user=user, entry_count__gt=0),
        # A connected app or a key.
        "client": keys,
        "call": keys.exclude(last_used_at=None),
    }
    done = User.objects.filter(pk=user.pk).values_list(*map(Exists, conditions.values())).get()
    current = next((name for name, is_done in zip(conditions, done, strict=True) if not is_done), None)
    return [Step(name, is_done, name == current) for name, is_done in zip(conditions, done, strict=True)]
