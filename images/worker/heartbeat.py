"""The workers' common heartbeat, which distinguishes a worker that died from a database that was unavailable.

While the database is unavailable no lease can be renewed, although every worker is alive. An expired lease therefore
counts only if workers have sent heartbeats without a gap for as long as a lease lasts.
"""

from typing import Final, LiteralString

from images.worker.leases import LEASE
from infrastructure import database

# A longer gap between two heartbeats counts as an outage. LEASE minus the renewal interval must exceed it: a lease
# then outlasts every gap that does not.
STEADY_GAP: Final = LEASE / 2
PARAMETERS: Final = {"gap": STEADY_GAP, "steady_for": LEASE}

IS_STEADY: Final[LiteralString] = """
EXISTS (SELECT FROM images_workerpulse
        WHERE beat_at > now() - %(gap)s AND steady_since <= now() - %(steady_for)s)
"""

RECORD: Final[LiteralString] = """
INSERT INTO images_workerpulse AS pulse (id, beat_at, steady_since) VALUES (1, now(), now())
ON CONFLICT (id) DO UPDATE SET
    beat_at = now(),
    steady_since = CASE WHEN pulse.beat_at < now() - %(gap)s THEN now() ELSE pulse.steady_since END
RETURNING steady_since <= now() - %(steady_for)s AS steady
"""


async def record() -> bool:
    """Record a heartbeat; return whether there has been no gap for as long as a lease lasts."""
    row = await database.fetch_one(RECORD, PARAMETERS)
    return bool(row and row["steady"])
