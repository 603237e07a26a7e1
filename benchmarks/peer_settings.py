"""The service's settings with plain Django's database: FastMCP's threads keep their connections open.

A pool would cost the peer a check for each call, and run out when more threads than it has connections keep theirs.
"""

from config.settings import *  # noqa: F403
from config.settings import DATABASES

DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["OPTIONS"].pop("pool")
