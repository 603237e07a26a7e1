"""The service's settings with Django's own database backend, without a connection pool.

FastMCP's threads keep their connections open. With a pool the peer would pay for a check on each call, and the pool
would run out if there were more threads than connections.
"""

from config.settings import *  # noqa: F403
from config.settings import DATABASES

DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["OPTIONS"].pop("pool")
