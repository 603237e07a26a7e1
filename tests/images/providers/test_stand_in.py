import json
import subprocess
import sys
import urllib.request

from tests.images.providers import responses


def test_the_stand_in_runs_alone_and_says_where() -> None:
    command = [sys.executable, "-m", "tests.images.providers.stand_in", "--delay", "0.01", "--picture-bytes", "100000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        body = json.dumps({"model": "gpt-image-2", "prompt": "a cat", "size": "64x64", "n": 1}).encode()
        with urllib.request.urlopen(f"{url}/v1/images/generations", body, timeout=20) as answer:  # noqa: S310
            assert len(json.load(answer)["data"][0]["b64_json"]) == 133336
        process.terminate()


def test_a_picture_has_the_bytes_that_are_asked_for() -> None:
    assert len(responses.png(64, 64, size_bytes=100_000)) == 100_000
