"""Django's PostgreSQL back end, whose pool is well again at once after an outage.

The pool's own check, which Django would turn on with CONN_HEALTH_CHECKS, pauses longer after each dead connection that
it comes upon: with six of them in the pool the caller is told that there is none to be had.
"""

from typing import Any

import psycopg
from django.db.backends.postgresql import base
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
