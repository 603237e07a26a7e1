"""Removal of a deleted user's address from the history of staff actions."""

import re
from typing import Any, Final

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q

from accounts.models import ApiKey, User

DELETED_OBJECT: Final = "Deleted"
DELETED_ADDRESS: Final = "[deleted address]"


def erase_from_history(user: User, **_: Any) -> None:
    """Erase the names of the user and their keys, and the user's addresses; actions, amounts and reasons stay.

    Runs in the transaction that deletes the account. It reads the whole history, which has one row per staff action.
    """
    key_ids = [str(key_id) for key_id in ApiKey.objects.filter(user=user).values_list("pk", flat=True)]
    own_entries = _about(User, [str(user.pk)]) | _about(ApiKey, key_ids)
    LogEntry.objects.filter(own_entries).update(object_repr=DELETED_OBJECT)
    addresses = {user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)}
    for address in addresses:
        _erase_address(address)


def _about(model: type[User] | type[ApiKey], object_ids: list[str]) -> Q:
    return Q(content_type=ContentType.objects.get_for_model(model), object_id__in=object_ids)


def _erase_address(address: str) -> None:
    pattern = re.compile(re.escape(address), re.IGNORECASE)
    entries = LogEntry.objects.filter(Q(object_repr__icontains=address) | Q(change_message__icontains=address))
    for entry in entries.iterator():
        LogEntry.objects.filter(pk=entry.pk).update(
            object_repr=pattern.sub(DELETED_ADDRESS, entry.object_repr)[:200],
            change_message=pattern.sub(DELETED_ADDRESS, entry.change_message),
        )
