"""Django's PostgreSQL backend with a pool that recovers immediately after an outage, and with prepared statements.

CONN_HEALTH_CHECKS is not used: with it, the pool waits longer after each broken connection that it finds. With six of
them in the pool, the caller gets a timeout although the database is available again.
"""

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper

from infrastructure.postgresql import liveness


class DatabaseWrapper(base.DatabaseWrapper):
    """Check each pooled connection before use."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        if not self.pool:
            return connection
        try:
            liveness.check(connection)
        except psycopg.OperationalError:
            # After a restart of the server, all pooled connections are broken: replace every one of them.
            self.pool.putconn(connection)
            self.pool.check()
            connection = super().get_new_connection(conn_params)
        return connection

    def prepared_cursor(self) -> CursorWrapper:
        """Return a cursor whose statements are planned once per connection, if the settings allow prepared statements.

        Django's default cursor interpolates parameters on the client, so PostgreSQL plans every statement anew. For a
        short statement that runs often, planning can cost as much as execution.
        """
        self.ensure_connection()
        with self.wrap_database_errors:
            raw_cursor: Any = base.ServerBindingCursor(self.connection)  # type: ignore[call-arg]
            cursor: CursorWrapper = self._prepare_cursor(raw_cursor)  # type: ignore[attr-defined]
        return cursor
