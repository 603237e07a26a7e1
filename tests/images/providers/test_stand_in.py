import gc
import json
import socket
import subprocess
import sys
import urllib.request
import warnings
from contextlib import ExitStack

from tests.images.providers import responses
from tests.images.providers.stand_in import ProviderStandIn


def test_the_stand_in_runs_alone_and_prints_its_url() -> None:
    command = [sys.executable, "-m", "tests.images.providers.stand_in", "--delay", "0.01", "--picture-bytes", "100000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        body = json.dumps({"model": "gpt-image-2", "prompt": "a cat", "size": "64x64", "n": 1}).encode()
        with urllib.request.urlopen(f"{url}/v1/images/generations", body, timeout=20) as response:  # noqa: S310
            assert len(json.load(response)["data"][0]["b64_json"]) == 133336
        process.terminate()


def test_connections_accepted_just_before_the_end_are_closed() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        for _ in range(20):
            with ExitStack() as clients, ProviderStandIn() as stand_in:
                for _ in range(3):
                    clients.enter_context(socket.create_connection(("127.0.0.1", stand_in.port)))
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


def test_a_picture_has_the_requested_number_of_bytes() -> None:
    assert len(responses.png(64, 64, size_bytes=100_000)) == 100_000
