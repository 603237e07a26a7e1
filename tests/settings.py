"""The project's settings with overrides for tests and for the processes that tests start."""

import os

from config.settings import *  # noqa: F403
from config.settings import DATABASES, MIDDLEWARE, S3_BUCKET, STORAGES

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Concurrent test runs need separate databases; TEST_DATABASE_NAME sets the name of another one.
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("TEST_DATABASE_NAME", "test_getimages")}
# With a short lease, the tests detect a stalled worker in seconds.
LEASE_SECONDS = int(os.environ.get("LEASE_SECONDS", "3"))
if not S3_BUCKET and "TEST_MEDIA_ROOT" in os.environ:
    STORAGES["pictures"]["OPTIONS"]["location"] = os.environ["TEST_MEDIA_ROOT"]
if "TEST_STORAGE" in os.environ:
    # A storage class that fails or kills its process at a defined point: see tests/faults/storages.py.
    STORAGES["pictures"]["BACKEND"] = os.environ["TEST_STORAGE"]
# Tests do not run collectstatic, so file names have no hash.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
SERVESTATIC_USE_FINDERS = SERVESTATIC_AUTOREFRESH = True
MIDDLEWARE = [
    "tests.static_files.SharedFiles" if name == "servestatic.middleware.ServeStaticMiddleware" else name
    for name in MIDDLEWARE
]
