"""Connections to S3 share what boto3 reads from its files."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader
from django.core.files.storage import storages

from config.settings.storage import s3_storage


def test_the_files_of_boto3_are_read_once_for_all_threads(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    s3 = s3_storage("pictures", endpoint_url="http://127.0.0.1:9", region="us-east-1", prefix="")
    settings.STORAGES = {**settings.STORAGES, "pictures": s3}
    storage: Any = storages["pictures"]
    assert storage.connection
    read: list[str] = []
    original = JSONFileLoader.load_file

    def load_file(self: JSONFileLoader, path: str) -> Any:
        read.append(path)
        return original(self, path)

    monkeypatch.setattr(JSONFileLoader, "load_file", load_file)
    barrier = Barrier(4)

    def connect(_number: int) -> int:
        barrier.wait()
        return id(storage.connection)

    with ThreadPoolExecutor(4) as threads:
        connections = set(threads.map(connect, range(4)))
    assert len(connections) == 4
    assert read == []
