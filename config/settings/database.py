"""The PostgreSQL database: DATABASE_URL, or the embedded server."""

from typing import Any

import dj_database_url

from config.settings.environment import DATABASE_DIRECT_URL, configured_database_url, stop
from infrastructure.local_state import LOCAL_DIR
from infrastructure.postgresql import embedded_server

DATABASE_URL = configured_database_url
OWN_DATABASE = not DATABASE_URL
if OWN_DATABASE:
    # Without DATABASE_URL, start the embedded server, so that development uses the same engine as production.
    try:
        DATABASE_URL = embedded_server.start(LOCAL_DIR)
    except embedded_server.EmbeddedPostgresError as error:
        stop(f"DATABASE_URL is not set, and the embedded PostgreSQL is not available. {error}")

# An unreachable server is detected within about 30 seconds. A statement waits at most 15 seconds for a lock.
CONNECTION_OPTIONS = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "options": "-c lock_timeout=15s",
}
DATABASE_POOL_SIZE = 20
# psycopg prepares a statement after it has run this often on a connection (psycopg's default).
PREPARE_THRESHOLD = 5
# The pool doubles its pause after each failed attempt to connect. After this time it gives up and starts again with the
# next caller, so that it reconnects soon after the end of an outage.
DATABASE_RECONNECT_SECONDS = 5

try:
    database: dict[str, Any] = {**dj_database_url.parse(DATABASE_URL)}
except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError):
    database = {"ENGINE": "unknown"}
if database["ENGINE"] != "django.db.backends.postgresql":
    stop("DATABASE_URL must name a PostgreSQL database: postgresql://user:password@host:5432/name")

# Parameters of the URL, such as sslmode or more hosts, apply to every connection, including those outside Django.
DATABASE_URL_PARAMETERS: dict[str, Any] = database.get("OPTIONS", {})

DATABASES = {
    "default": {
        **database,
        "ENGINE": "infrastructure.postgresql",
        "OPTIONS": {
            **DATABASE_URL_PARAMETERS,
            **CONNECTION_OPTIONS,
            # A pooling proxy may send each transaction to another server connection, where the statement is missing.
            "prepare_threshold": None if DATABASE_DIRECT_URL else PREPARE_THRESHOLD,
            "pool": {
                "min_size": 1,
                "max_size": DATABASE_POOL_SIZE,
                "timeout": 20,
                "reconnect_timeout": DATABASE_RECONNECT_SECONDS,
            },
        },
        # Behind a pooling proxy, a server-side cursor may be fetched on another connection than it was opened on.
        "DISABLE_SERVER_SIDE_CURSORS": bool(DATABASE_DIRECT_URL),
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
