"""Django's PostgreSQL back end, whose pool is well again at once after an outage, and which can prepare statements.

The pool's own check, which Django would turn on with CONN_HEALTH_CHECKS, pauses longer after each dead connection that
it comes upon: with six of them in the pool the caller is told that there is none to be had.
"""

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """Gives out connections that live."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        if not self.pool:
            return connection
        try:
            ConnectionPool.check_connection(connection)
        except psycopg.OperationalError:
            # A server that went away has left no other connection alive either: replace them all.
            self.pool.putconn(connection)
            self.pool.check()
            connection = super().get_new_connection(conn_params)
        return connection

    def prepared_cursor(self) -> CursorWrapper:
        """Return a cursor whose statements PostgreSQL plans once for each connection, where the settings allow that.

        Django's usual ones send every statement as new text, parameters and all. For a statement of ours that is run
        again and again, planning it each time can cost as much as running it.
        """
        self.ensure_connection()
        with self.wrap_database_errors:
            found: Any = base.ServerBindingCursor(self.connection)  # type: ignore[call-arg]
            cursor: CursorWrapper = self._prepare_cursor(found)  # type: ignore[attr-defined]
        return cursor
