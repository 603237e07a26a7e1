"""Static files and picture storage."""

from typing import Any

from config.settings.environment import BASE_DIR, DEBUG, S3_BUCKET, S3_ENDPOINT_URL, S3_PREFIX, S3_REGION
from infrastructure.local_state import LOCAL_DIR

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = LOCAL_DIR / "static"
MEDIA_ROOT = LOCAL_DIR / "media"
# In development, static files are served from the source folders; a deployment runs collectstatic first.
SERVESTATIC_USE_FINDERS = SERVESTATIC_AUTOREFRESH = DEBUG

if S3_BUCKET:
    picture_storage: dict[str, Any] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": S3_ENDPOINT_URL or None,
            "region_name": S3_REGION or None,
            "location": S3_PREFIX,
            "default_acl": None,
        },
    }
else:
    picture_storage = {"BACKEND": "images.storage.files.DurableFileStorage", "OPTIONS": {"location": MEDIA_ROOT}}
STORAGES = {
    "default": picture_storage,
    "pictures": picture_storage,
    "staticfiles": {"BACKEND": "infrastructure.static_files.HashedFiles"},
}
