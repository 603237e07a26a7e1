"""Rate limit of failed API keys by client address, shared by all processes.

Only keys that needed a query count: a mistyped key is rejected by its checksum. The limit never rejects a valid key,
because keys are looked up before failures are counted.
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
# The usual allocation to one customer: all addresses in it belong to the same network.
IPV6_PREFIX_BITS: Final = 64

COUNT: Final[LiteralString] = """
INSERT INTO accounts_failedkeywindow AS w (address, started_at, failures) VALUES (%(address)s::inet, now(), 1)
ON CONFLICT (address) DO UPDATE SET
    started_at = CASE WHEN w.started_at <= now() - %(window)s THEN now() ELSE w.started_at END,
    failures = CASE WHEN w.started_at <= now() - %(window)s THEN 1 ELSE w.failures + 1 END
RETURNING failures, ceil(extract(epoch FROM started_at + %(window)s - now()))::int AS resets_in
"""


async def record(address: str | None) -> None:
    """Count a failed key from this address; None, an unknown address, is not counted.

    Raises:
        TooManyFailedKeys: The address sent more than FAILURES_PER_MINUTE failed keys in the current minute.
    """
    if address is None:
        return
    row = await database.fetch_one(COUNT, {"address": _counter_address(address), "window": WINDOW})
    if row is not None and row["failures"] > FAILURES_PER_MINUTE:
        raise TooManyFailedKeys(max(1, row["resets_in"]))


def delete_expired() -> None:
    """Delete the counters of past minutes, so that the table does not grow with every address."""
    FailedKeyWindow.objects.filter(started_at__lt=Now() - WINDOW).delete()


def _counter_address(address: str) -> str:
    """Return the address that identifies the counter: an IPv4 address, or the first one of an IPv6 /64."""
    parsed = ipaddress.ip_address(address)
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX_BITS), strict=False).network_address)
