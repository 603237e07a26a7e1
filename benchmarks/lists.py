"""First page of the image list with its total: a user with 100,000 images compared with one with 100."""

import json
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import httpx2
from django.db import connection
from django.utils import timezone

from accounts import api_keys
from accounts.models import User
from benchmarks.results import Row
from development import launcher
from development.launcher import Service
from images.models import Image

FEW, MANY = 100, 100_000
BATCH = 5_000
WARM_UP, ROUNDS = 30, 300
RATIO_MAX = 1.5

MCP_HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
MCP_CALL = json.dumps(
    {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "getimages_list_images", "arguments": {}}}
)

Call = Callable[[httpx2.Client], httpx2.Response]


def measure() -> Iterator[Row]:
    """Yield the ratio for each entry point."""
    few, many = _owner("few@example.com", FEW), _owner("many@example.com", MANY)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE images_image")
    calls: dict[str, Call] = {
        "REST": lambda http: http.get("/api/v1/images"),
        "MCP": lambda http: http.post("/api/mcp", content=MCP_CALL, headers=MCP_HEADERS),
    }
    with (
        launcher.running(launcher.free_port()) as service,
        _client(service, few) as few_client,
        _client(service, many) as many_client,
    ):
        for entry_point, call in calls.items():
            ratio = _ratio(lambda call=call: _send(call, many_client), lambda call=call: _send(call, few_client))  # type: ignore[misc]
            yield Row(
                f"first page of {MANY:,} images compared with {FEW}, {entry_point}", ratio, "x", RATIO_MAX, "at most"
            )


def _owner(email: str, images: int) -> str:
    """Create a user with this many images and return the secret of one of their keys."""
    user = User.objects.create_user(email)
    now = timezone.now()
    for first in range(0, images, BATCH):
        numbers = range(first, min(first + BATCH, images))
        Image.objects.bulk_create(_image(user, now - timedelta(seconds=images - number)) for number in numbers)
    return api_keys.create(user, name="Benchmark")[1]


def _image(user: User, created_at: datetime) -> Image:
    image_id = uuid.uuid4()
    return Image(
        id=image_id,
        user=user,
        prompt="A lighthouse in fog, woodcut",
        model_id="openai:gpt-image-2",
        provider_id="openai",
        aspect_ratio="1:1",
        credit_cost=5,
        status=Image.Status.SUCCEEDED,
        media_type="image/png",
        picture_name=f"images/{image_id}/1.png",
        thumbnail_name=f"images/{image_id}/1-thumbnail.webp",
        byte_size=1,
        sha256="0" * 64,
        created_at=created_at,
        finished_at=created_at,
    )


def _client(service: Service, secret: str) -> httpx2.Client:
    return httpx2.Client(base_url=service.url, headers={"Authorization": f"Bearer {secret}"})


def _send(call: Call, http: httpx2.Client) -> None:
    call(http).raise_for_status()


def _ratio(one: Callable[[], None], other: Callable[[], None]) -> float:
    """Return the ratio of median times; alternating calls spread other load on the machine over both."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(WARM_UP + ROUNDS):
        for function, durations in zip((one, other), times, strict=True):
            start = time.perf_counter()
            function()
            if number >= WARM_UP:
                durations.append(time.perf_counter() - start)
    return statistics.median(times[0]) / statistics.median(times[1])
