"""Fixture that runs a test with local files and with S3 as the storage of pictures."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

BUCKET = "pictures"


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The URL of a server that implements the S3 API."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["files", "s3"])
def any_storage(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Store pictures in local files, then in S3, configured as in the settings."""
    backend: str = request.param
    if backend == "s3":
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
        endpoint = request.getfixturevalue("s3_server")
        boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket=BUCKET)
        options = {"bucket_name": BUCKET, "endpoint_url": endpoint, "region_name": "us-east-1", "location": "prefix"}
        settings.STORAGES = {
            **settings.STORAGES,
            "pictures": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {**options, "default_acl": None}},
        }
    return backend
