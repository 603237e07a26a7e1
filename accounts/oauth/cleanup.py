"""Deletion of expired rows, so that the tables do not grow with every request for a token."""

from datetime import timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import AuthorizationCode, OAuthClient, OAuthToken

BATCH: Final = 5000
# How long a second use of a code is recognized.
CODES_KEPT: Final = timedelta(days=1)
UNUSED_CLIENTS_KEPT: Final = timedelta(days=1)
UNUSED_DOCUMENTS_KEPT: Final = timedelta(days=30)


def delete_expired() -> None:
    """Delete expired tokens and codes, and clients without a connection, except preset ones."""
    now = timezone.now()
    _delete(OAuthToken.objects.filter(expires_at__lt=now))
    _delete(AuthorizationCode.objects.filter(expires_at__lt=now - CODES_KEPT))
    unused = OAuthClient.objects.filter(connections=None, is_preset=False)
    _delete(unused.filter(fresh_until=None, created_at__lt=now - UNUSED_CLIENTS_KEPT))
    _delete(unused.filter(fresh_until__lt=now - UNUSED_DOCUMENTS_KEPT))


def _delete(rows: QuerySet[Any]) -> None:
    """Delete the rows in batches, each in its own transaction."""
    while ids := list(rows.values_list("pk", flat=True)[:BATCH]):
        # Repeat the condition: a client may have been connected since.
        rows.filter(pk__in=ids).delete()
