"""Consent to the price of an image: which prices a person must confirm, and what a confirmation covers."""

import uuid
from dataclasses import dataclass
from typing import Final

from accounts.authentication import Caller
from images.exceptions import ConfirmationUsed
from images.models import Image


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a person has confirmed.

    `credits` is the confirmed price of one image; None if there is no confirmation. A confirmation with an `image_id`
    is valid once: the image that it pays for gets this id.
    """

    credits: int | None = None
    image_id: uuid.UUID | None = None

    def require_unused(self) -> None:
        """Reject a confirmation that was used. The caller has locked the account.

        Raises:
            ConfirmationUsed: An image was requested with this confirmation.
        """
        # The row of a deleted image remains.
        if self.image_id is not None and Image.objects.filter(pk=self.image_id).exists():
            raise ConfirmationUsed(self.image_id)


UNCONFIRMED: Final = Confirmation()


def exceeded_limit(caller: Caller, confirmation: Confirmation | None, *, credits: int) -> int | None:
    """Return the limit above which a person must confirm this price first; None if the charge may proceed.

    Args:
        caller: The authenticated user. The limit is that of the API key or connection, so the dashboard has none.
        confirmation: What a person has confirmed; None if the entry point needs no confirmation.
        credits: The price of the image.
    """
    limit = caller.key.confirm_above if caller.key else None
    if confirmation is None or limit is None or credits <= limit or confirmation.credits == credits:
        return None
    return limit
