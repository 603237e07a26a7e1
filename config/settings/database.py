"""The PostgreSQL database: the one that DATABASE_URL names, or the embedded one."""

from typing import Any

import dj_database_url

from config.settings.environment import DATABASE_DIRECT_URL, configured_database_url, stop
from infrastructure import embedded_postgres
from infrastructure.local_state import LOCAL_DIR

DATABASE_URL = configured_database_url
OWN_DATABASE = not DATABASE_URL
if OWN_DATABASE:
    # With no database named, the project runs its own, so that nothing differs from production but its address.
    try:
        DATABASE_URL = embedded_postgres.start(LOCAL_DIR)
    except embedded_postgres.EmbeddedPostgresError as error:
        stop(f"DATABASE_URL is not set, and there is no database of this checkout's own. {error}")

# A server that vanished without a word is noticed within about half a minute; nobody waits longer for a lock.
CONNECTION_OPTIONS = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "options": "-c lock_timeout=15s",
}
DATABASE_POOL_SIZE = 20
# How often a connection runs a statement that may be prepared before it is: psycopg's own measure.
PREPARE_FROM_USE = 5
# A pool pauses twice as long after each failed try to connect; after this long it begins anew with the next caller, so
# that an outage is over for us soon after it is over.
DATABASE_RECONNECT_SECONDS = 5

try:
    database: dict[str, Any] = {**dj_database_url.parse(DATABASE_URL)}
except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError):
    database = {"ENGINE": "unknown"}
if database["ENGINE"] != "django.db.backends.postgresql":
    stop("DATABASE_URL must name a PostgreSQL database: postgresql://user:password@host:5432/name")

# What the URL says besides, sslmode and other hosts for instance, is for every connection, not only for Django's.
DATABASE_URL_PARAMETERS: dict[str, Any] = database.get("OPTIONS", {})

DATABASES = {
    "default": {
        **database,
        "ENGINE": "infrastructure.postgresql",
        "OPTIONS": {
            **DATABASE_URL_PARAMETERS,
            **CONNECTION_OPTIONS,
            # A proxy on the way may give each transaction another server connection, which has prepared nothing.
            "prepare_threshold": None if DATABASE_DIRECT_URL else PREPARE_FROM_USE,
            "pool": {
                "min_size": 1,
                "max_size": DATABASE_POOL_SIZE,
                "timeout": 20,
                "reconnect_timeout": DATABASE_RECONNECT_SECONDS,
            },
        },
        # Behind a transaction-pooling proxy such a cursor is looked for on another connection than it was opened on.
        "DISABLE_SERVER_SIDE_CURSORS": bool(DATABASE_DIRECT_URL),
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
