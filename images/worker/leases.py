"""Leases: at most one attempt at a time owns a row, until it releases its lease or the lease expires.

Images and exports share this state machine. Their tables have the columns `id`, `attempt` (the number of the last
attempt) and `lease_expires_at`, which is null while no attempt owns the row. Every change that an attempt makes is
limited to the rows it holds, so an attempt that was superseded changes nothing.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, LiteralString, TypeVar

from django.conf import settings
from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Now

from infrastructure import database

Row = TypeVar("Row", bound=Model)

# How long an image's lease lasts past its last renewal. An export has twice as long: its archive is slow to repeat.
LEASE: Final = timedelta(seconds=settings.LEASE_SECONDS)
# A lease survives several renewals that fail or come late.
RENEWALS_PER_LEASE: Final = 6

UNLEASED: Final = Q(lease_expires_at=None) | Q(lease_expires_at__lt=Now())


@dataclass(frozen=True, slots=True)
class Leases:
    """The leases on the rows of one table; `duration` is counted from the claim or the last renewal."""

    table: LiteralString
    duration: timedelta

    @property
    def renewal_seconds(self) -> float:
        return self.duration.total_seconds() / RENEWALS_PER_LEASE

    def claim(
        self,
        row_id: uuid.UUID,
        *,
        where: LiteralString,
        returning: str,
        assign: LiteralString = "",
        parameters: Mapping[str, Any] | None = None,
    ) -> tuple[Any, ...] | None:
        """Start the next attempt at a row that no attempt owns, in one UPDATE that checks the row's state.

        Args:
            row_id: The row's id.
            where: Further SQL condition that the row must meet.
            returning: The columns to return, after the UPDATE.
            assign: Further SQL assignments, each followed by a comma.
            parameters: The values of the placeholders in the other arguments.

        Returns:
            The columns, or None if the row is leased or does not meet the condition.
        """
        statement = f"""
            UPDATE {self.table} SET {assign} attempt = attempt + 1, lease_expires_at = now() + %(lease)s
            WHERE id = %(id)s AND (lease_expires_at IS NULL OR lease_expires_at < now()) AND ({where})
            RETURNING {returning}
        """  # noqa: S608 - all parts are literals of ours
        values: dict[str, Any] = {"id": row_id, "lease": self.duration, **(parameters or {})}
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row

    async def renew(self, attempts: Collection[tuple[uuid.UUID, int]]) -> None:
        """Extend the leases of these attempts, given as (row id, attempt number), where they still hold the row.

        Runs on the event loop: threads that are all blocked by storage must not let the leases expire.
        """
        statement = f"""
            UPDATE {self.table} SET lease_expires_at = now() + %(lease)s
            WHERE lease_expires_at IS NOT NULL
              AND (id, attempt) IN (SELECT * FROM unnest(%(ids)s::uuid[], %(numbers)s::int[]))
        """  # noqa: S608 - the table is a literal of ours
        ids, numbers = [row_id for row_id, _ in attempts], [number for _, number in attempts]
        await database.execute(statement, {"lease": self.duration, "ids": ids, "numbers": numbers})


def held_by(rows: QuerySet[Row], row_id: uuid.UUID, attempt: int) -> QuerySet[Row]:
    """Return the row if no later attempt has begun. Updating the result changes nothing if one has."""
    return rows.filter(pk=row_id, attempt=attempt)


def release(held: QuerySet[Any]) -> None:
    """End the lease at once, so that another worker can claim the row."""
    held.update(lease_expires_at=None)
