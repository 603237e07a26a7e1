"""Counting keys that open nothing, by the address they come from, for all processes together.

Only a key that had to be looked up counts: a mistyped one is turned away by its checksum and costs nothing. A good key
is never refused for what others at its address did: it is looked up first.
"""

import ipaddress
from datetime import timedelta
from typing import Final, LiteralString

from django.db.models.functions import Now

from accounts.exceptions import TooManyFailedKeys
from accounts.models import FailedKeyWindow
from infrastructure import database

FAILURES_PER_MINUTE: Final = 30
WINDOW: Final = timedelta(minutes=1)
# What one customer of a network is given: whoever has one address of it has them all.
IPV6_PREFIX_BITS: Final = 64

COUNT: Final[LiteralString] = """
INSERT INTO accounts_failedkeywindow AS w (address, started_at, failures) VALUES (%(address)s::inet, now(), 1)
ON CONFLICT (address) DO UPDATE SET
    started_at = CASE WHEN w.started_at <= now() - %(window)s THEN now() ELSE w.started_at END,
    failures = CASE WHEN w.started_at <= now() - %(window)s THEN 1 ELSE w.failures + 1 END
RETURNING failures, ceil(extract(epoch FROM started_at + %(window)s - now()))::int AS resets_in
"""


async def record(address: str | None) -> None:
    """Count one more of an address (None: it is not known, and nothing is counted).

    Raises:
        TooManyFailedKeys: It has sent more of them in this minute than anybody does by mistake.
    """
    if address is None:
        return
    row = await database.fetch_one(COUNT, {"address": _counted_as(address), "window": WINDOW})
    if row is not None and row["failures"] > FAILURES_PER_MINUTE:
        raise TooManyFailedKeys(max(1, row["resets_in"]))


def delete_expired() -> None:
    """Remove the counts of minutes that are over, so that there is no row for each address that ever tried."""
    FailedKeyWindow.objects.filter(started_at__lt=Now() - WINDOW).delete()


def _counted_as(address: str) -> str:
    """Return the address that failures from this one are counted under."""
    parsed = ipaddress.ip_address(address)
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX_BITS), strict=False).network_address)
