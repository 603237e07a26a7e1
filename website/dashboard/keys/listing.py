"""Lists of the keys page: keys, and connected apps with their scopes, each with its spending this month."""

from typing import Any, Final, NamedTuple

from accounts import api_keys
from accounts.models import User
from accounts.oauth import connections
from billing import usage
from billing.usage import KeyUsage
from images.models import CatalogueModel

# All live keys and connections (at most 50), followed by the newest of those that have ended.
ROWS_MAX: Final = 200


class AppUsage(NamedTuple):
    """A connected app: its spending this month, and its scopes, which are empty if it has to sign in again."""

    usage: KeyUsage
    scopes: frozenset[str]


def context(user: User) -> dict[str, Any]:
    """Return the user's keys and connected apps for the templates, live ones first."""
    rows = usage.key_usage(api_keys.list_for(user).select_related("client")[:ROWS_MAX])
    granted = connections.granted_scopes([row.key for row in rows])
    return {
        "rows": [row for row in rows if not row.key.is_connection],
        "apps": [AppUsage(row, granted.get(row.key.pk, frozenset())) for row in rows if row.key.is_connection],
        # The template reads the models, in the order of the catalogue, only if a key is restricted to some of them.
        "models": CatalogueModel.objects.all(),
    }
