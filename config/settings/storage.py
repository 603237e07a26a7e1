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


def s3_storage(bucket: str, *, endpoint_url: str, region: str, prefix: str) -> dict[str, Any]:
    """Return the entry of STORAGES for pictures in this bucket; an empty endpoint or region leaves it to boto3."""
    # Imported here because it takes a quarter of a second, and only S3 needs it.
    from botocore.config import Config  # noqa: PLC0415

    return {
        "BACKEND": "images.storage.s3.SharedDataS3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": endpoint_url or None,
            "region_name": region or None,
            "location": prefix,
            "default_acl": None,
            # By default boto3 adds checksum headers that Cloudflare R2, Ceph and older versions of MinIO refuse.
            "client_config": Config(
                request_checksum_calculation="when_required", response_checksum_validation="when_required"
            ),
        },
    }


if S3_BUCKET:
    picture_storage = s3_storage(S3_BUCKET, endpoint_url=S3_ENDPOINT_URL, region=S3_REGION, prefix=S3_PREFIX)
else:
    picture_storage = {"BACKEND": "images.storage.files.DurableFileStorage", "OPTIONS": {"location": MEDIA_ROOT}}
STORAGES = {
    "default": picture_storage,
    "pictures": picture_storage,
    "staticfiles": {"BACKEND": "infrastructure.static_files.HashedFiles"},
}
