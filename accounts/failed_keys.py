"""Counting keys that open nothing, by the address they come from, for all processes together.

Only a key that had to be looked up counts: a mistyped one is turned away by its checksum and costs nothing. A good key
is never refused for what others at its address did: it is looked up first.
"""

from typing import Final, LiteralString

from accounts.exceptions import TooManyFailedKeys
from config import database

FAILURES_PER_MINUTE: Final = 30

COUNT: Final[LiteralString] = """
INSERT INTO accounts_failedkeywindow AS w (address, started_at, failures) VALUES (%(address)s::inet, now(), 1)
ON CONFLICT (address) DO UPDATE SET
    started_at = CASE WHEN w.started_at <= now() - interval '1 minute' THEN now() ELSE w.started_at END,
    failures = CASE WHEN w.started_at <= now() - interval '1 minute' THEN 1 ELSE w.failures + 1 END
RETURNING failures, ceil(extract(epoch FROM started_at + interval '1 minute' - now()))::int AS resets_in
"""


async def count(address: str | None) -> None:
    """Count one more of an address (None: it is not known, and nothing is counted).

    Raises:
        TooManyFailedKeys: It has sent more of them in this minute than anybody does by mistake.
    """
    if address is None:
        return
    row = await database.fetch_one(COUNT, {"address": address})
    if row is not None and row["failures"] > FAILURES_PER_MINUTE:
        raise TooManyFailedKeys(max(1, row["resets_in"]))
