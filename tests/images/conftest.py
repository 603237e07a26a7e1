"""Fixture that runs a test with local files and with three S3 servers as the storage of pictures."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from config.settings.storage import s3_storage
from images.storage import probe
from tests.images.storage.rclone_s3 import RcloneS3
from tests.images.storage.strict_s3 import StrictS3

BUCKET = "pictures"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests"}


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


@pytest.fixture(scope="session")
def rclone_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RcloneS3]:
    """A third S3 server, which uses TLS and refuses checksums after the content."""
    key, secret = CREDENTIALS.values()
    with RcloneS3(tmp_path_factory.mktemp("rclone"), bucket=BUCKET, key=key, secret=secret) as server:
        yield server


@pytest.fixture(params=["files", "s3", "strict s3", "rclone s3"])
def every_storage(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Store pictures in local files, then in each S3 server, configured as in the settings."""
    return use_storage(request.param, request, settings, monkeypatch)


@pytest.fixture(params=["files", "s3"])
def any_storage(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Store pictures in local files, then in one S3 server, for tests of responses, which are the same for all."""
    return use_storage(request.param, request, settings, monkeypatch)


def use_storage(backend: str, request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Configure the storage of pictures as in the settings, and return its name."""
    # On a busy machine, a server in a thread of the tests can take long for its first response.
    monkeypatch.setattr(probe, "TIMEOUT_SECONDS", 60.0)
    if backend != "files":
        endpoint = s3_endpoint(backend, request, monkeypatch)
        pictures = s3_storage(BUCKET, endpoint_url=endpoint, region="us-east-1", prefix="prefix")
        settings.STORAGES = {**settings.STORAGES, "pictures": pictures}
    return backend


def s3_endpoint(server: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of an S3 server with the bucket, and set the credentials and certificates that boto3 finds."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    if server == "strict s3":
        url: str = request.getfixturevalue("strict_s3").url
    elif server == "rclone s3":
        rclone: RcloneS3 = request.getfixturevalue("rclone_s3")
        monkeypatch.setenv("AWS_CA_BUNDLE", str(rclone.certificates))
        url = rclone.url
    else:
        url = request.getfixturevalue("s3_server")
        boto3.client("s3", endpoint_url=url, region_name="us-east-1").create_bucket(Bucket=BUCKET)
    return url
