"""The figures of the status page."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from images.models import Image, WorkerHeartbeat
from images.statistics import service_status
from images.statistics.service_status import ProviderHealth
from tests.database import drop_indexes_except
from tests.factories import MODEL
from tests.rendered import words

pytestmark = pytest.mark.django_db
numbers = itertools.count()


def make(user: User, status: str, *, hours_ago: float = 1, seconds: float = 8, error_code: str = "") -> Image:
    """Store a final image of OpenAI without a charge, past the rules of the domain."""
    created_at = timezone.now() - timedelta(hours=hours_ago)
    picture = {"picture_name": "p", "thumbnail_name": "t", "byte_size": 1, "media_type": "image/png", "sha256": "0"}
    return Image.objects.create(
        user=user,
        status=status,
        created_at=created_at,
        finished_at=created_at + timedelta(seconds=seconds),
        prompt="a lake",
        model_id=MODEL,
        provider_id="openai",
        aspect_ratio="1:1",
        credit_cost=5,
        error_code=error_code,
        **(picture if status == "succeeded" else {}),
    )


def openai() -> ProviderHealth:
    return next(each for each in service_status.measure().providers if each.provider_id == "openai")


def test_only_failures_of_the_provider_in_the_last_day_count(alice: User) -> None:
    for seconds in (4, 8, 60):
        make(alice, "succeeded", seconds=seconds)
    make(alice, "failed", error_code="provider_error")
    for code in service_status.OTHER_REASONS:
        make(alice, "failed", error_code=code)
    make(alice, "rejected", error_code="moderation_rejected")
    make(alice, "cancelled")
    make(alice, "failed", hours_ago=25, error_code="provider_error")
    make(alice, "succeeded", hours_ago=25, seconds=500)
    health = openai()
    assert (health.succeeded, health.failed, health.median_seconds) == (3, 1, 8)
    assert not health.has_data


@pytest.mark.parametrize(
    ("succeeded", "failed", "percent", "is_working"),
    [(1999, 1, 99.9, True), (9, 1, 90.0, True), (8, 2, 80.0, False), (0, 4, 0.0, True), (0, 0, 0.0, True)],
)
def test_a_provider_works_unless_many_of_enough_images_fail(
    succeeded: int, failed: int, percent: float, is_working: bool
) -> None:
    health = ProviderHealth("openai", True, succeeded, failed)
    assert (health.success_percent, health.is_working) == (percent, is_working)
    assert not ProviderHealth("openai", False, succeeded, failed).is_working


def test_the_page_names_every_part_that_does_not_work(client: Client, alice: User, settings: Any) -> None:
    settings.SANDBOX_PROVIDERS, settings.OPENAI_API_KEY, settings.GEMINI_API_KEY = "off", "one", ""
    for _ in range(5):
        make(alice, "failed", error_code="provider_error")
    page = words(client.get("/status"))
    assert "Some parts aren't working normally" in page
    assert "Image generation Paused: requests wait in the queue" in page
    assert "OpenAI Many images fail 0% successful" in page
    assert "Google Unavailable Too few images" in page


def test_the_page_shows_rates_and_times_and_no_counts(client: Client, alice: User) -> None:
    now = timezone.now()
    WorkerHeartbeat.objects.create(id=1, beat_at=now, steady_since=now)
    for _ in range(7):
        make(alice, "succeeded", seconds=12)
    page = words(client.get("/status"))
    assert "Everything works" in page
    assert "OpenAI Working 100% successful 12 s typically" in page


def test_the_figures_are_measured_once_a_minute(client: Client) -> None:
    client.get("/status")
    with CaptureQueriesContext(connection) as captured:
        client.get("/status")
    assert not [query for query in captured if "images_image" in query["sql"]]


def test_the_figures_are_read_from_indexes() -> None:
    parameters: dict[str, Any] = {"since": timezone.now(), "other_reasons": service_status.OTHER_REASONS}
    drop_indexes_except("images_image", "images_figures_by_option", "images_failed_last")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {service_status.BY_PROVIDER}", parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Only Scan using images_figures_by_option" in plan
    assert "images_failed_last" in plan
