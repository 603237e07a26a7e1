"""Fixture that runs a test with local files and with two S3 servers as the storage of pictures."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from config.settings.storage import s3_storage
from images.storage import probe
from tests.images.storage.strict_s3 import StrictS3

BUCKET = "pictures"


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The URL of a server that implements the S3 API."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def strict_s3() -> Iterator[StrictS3]:
    """A second S3 server, which refuses checksum headers that are not required."""
    with StrictS3() as server:
        yield server


@pytest.fixture(params=["files", "s3", "strict s3"])
def any_storage(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Store pictures in local files, then in each S3 server, configured as in the settings."""
    backend: str = request.param
    # On a busy machine, a server in a thread of the tests can take long for its first response.
    monkeypatch.setattr(probe, "TIMEOUT_SECONDS", 60.0)
    if backend != "files":
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
        if backend == "s3":
            endpoint = request.getfixturevalue("s3_server")
            boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket=BUCKET)
        else:
            endpoint = request.getfixturevalue("strict_s3").url
        pictures = s3_storage(BUCKET, endpoint_url=endpoint, region="us-east-1", prefix="prefix")
        settings.STORAGES = {**settings.STORAGES, "pictures": pictures}
    return backend
