"""The project's settings, with what tests and the processes that they start need differently."""

import os

from config.settings import *  # noqa: F403
from config.settings import DATABASES, MIDDLEWARE, S3_BUCKET, STORAGES

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Two runs at once need a database each: the second one names another.
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("TEST_DATABASE_NAME", "test_getimages")}
# A dead worker is noticed in seconds instead of half a minute.
LEASE_SECONDS = int(os.environ.get("LEASE_SECONDS", "3"))
if not S3_BUCKET and "TEST_MEDIA_ROOT" in os.environ:
    STORAGES["pictures"]["OPTIONS"]["location"] = os.environ["TEST_MEDIA_ROOT"]
if "TEST_STORAGE" in os.environ:
    # A storage that fails or kills its process at a chosen moment: tests/faults/storages.py.
    STORAGES["pictures"]["BACKEND"] = os.environ["TEST_STORAGE"]
# Nobody collects static files for a test, so that they have no names with hashes.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
SERVESTATIC_USE_FINDERS = SERVESTATIC_AUTOREFRESH = True
MIDDLEWARE = [
    "tests.static_files.SharedFiles" if each == "servestatic.middleware.ServeStaticMiddleware" else each
    for each in MIDDLEWARE
]
