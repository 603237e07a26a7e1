"""Edits of a picture of 4 MiB: the time that the service adds to the provider's, and the memory of the worker."""

from collections.abc import Iterator
from typing import Final

import httpx2

from benchmarks import generation, pictures, processes
from benchmarks.results import Row
from development import launcher

# The file has slightly less than 4 MiB.
SOURCE_SIDE_PIXELS: Final = 2048
USERS: Final = 20
CONCURRENT_CALLS: Final = 200
PROVIDER_SECONDS: Final = 30.0
MILLISECONDS_MAX: Final = 100
MEBIBYTES_MAX: Final = 600


def measure() -> Iterator[Row]:
    """Yield the time added to an edit, the number of edits that succeeded at once, and the memory of the worker."""
    keys = [generation.new_key() for _ in range(USERS)]
    with generation.running_provider() as provider:
        environment = {**generation.SETTINGS, "OPENAI_BASE_URL": f"{provider}/v1"}
        with launcher.running(launcher.free_port(), environment) as service:
            source = pictures.png(pictures.noise(SOURCE_SIDE_PIXELS))
            sources = {key: _upload(service.url, key, source) for key in keys}
            generation.run_calls(service, keys, 3, generation.SINGLE_SECONDS, 0, sources)
            calls = [
                generation.run_calls(service, keys, 1, generation.SINGLE_SECONDS, 0, sources)[0]
                for _ in range(generation.SINGLE_CALLS)
            ]
            yield generation.added_time("edit of 4 MiB, 1 at once", calls, provider, MILLISECONDS_MAX)
            calls = generation.run_calls(service, keys, CONCURRENT_CALLS, PROVIDER_SECONDS, 10, sources)
            yield Row(f"edits succeeded, {CONCURRENT_CALLS} at once", len(calls), "", CONCURRENT_CALLS)
            peak = processes.peak_mebibytes(service.processes["worker"].pid)
            name = f"peak memory of the worker process, {CONCURRENT_CALLS} edits of 4 MiB at once"
            yield Row(name, peak, "MiB", MEBIBYTES_MAX, "at most")


def _upload(url: str, key: str, picture: bytes) -> str:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "image/png"}
    response = httpx2.post(f"{url}/api/v1/uploads", content=picture, headers=headers, timeout=60)
    response.raise_for_status()
    upload_id: str = response.json()["id"]
    return upload_id
