"""Removal of names and addresses from the history of staff actions when an account is deleted; every entry stays."""

import re
from typing import Any, Final

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils import timezone

from accounts.models import ApiKey, User

DELETED_OBJECT: Final = "Deleted"
DELETED_ADDRESS: Final = "[deleted address]"
# No form accepts this address, because its domain has no dot.
DELETED_STAFF_EMAIL: Final = "deleted-staff-account@invalid"


def anonymize_history(user: User, **_: Any) -> None:
    """Erase the names of the user and their keys, and the user's addresses; actions, amounts and reasons stay.

    The user's own actions get a placeholder as their author. Runs in the transaction that deletes the account.
    """
    # A concurrent action of this user must not add an entry that is then deleted with the account.
    User.objects.select_for_update().get(pk=user.pk)
    _replace_author(user)
    key_ids = [str(key_id) for key_id in ApiKey.objects.filter(user=user).values_list("pk", flat=True)]
    own_entries = _about(User, [str(user.pk)]) | _about(ApiKey, key_ids)
    LogEntry.objects.filter(own_entries).update(object_repr=DELETED_OBJECT)
    addresses = {user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)}
    for address in addresses:
        _erase_address(address)


def _replace_author(user: User) -> None:
    own_actions = LogEntry.objects.filter(user=user)
    if own_actions.exists():
        unusable = {"password": make_password(None), "is_active": False, "suspended_at": timezone.now()}
        placeholder, _ = User.objects.get_or_create(email=DELETED_STAFF_EMAIL, defaults=unusable)
        own_actions.update(user=placeholder)


def _about(model: type[User] | type[ApiKey], object_ids: list[str]) -> Q:
    return Q(content_type=ContentType.objects.get_for_model(model), object_id__in=object_ids)


def _erase_address(address: str) -> None:
    pattern = re.compile(re.escape(address), re.IGNORECASE)
    # The first condition is that of the index staff_history_with_address.
    entries = LogEntry.objects.filter(change_message__contains="@").filter(change_message__icontains=address)
    for entry in entries.iterator():
        message = pattern.sub(DELETED_ADDRESS, entry.change_message)
        LogEntry.objects.filter(pk=entry.pk).update(change_message=message)
