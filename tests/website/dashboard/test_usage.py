"""Usage: the spending chart, and the filters and pages of the ledger."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import User
from billing import ledger
from billing.models import LedgerEntry
from images import generation
from images.models import Image
from images.schemas import GenerationArguments
from images.statistics import breakdown, spend
from images.statistics.chart import HEIGHT, SpendChart
from tests.database import drop_indexes_except
from tests.factories import caller_of, finished_image, queued_image
from tests.rendered import words

pytestmark = pytest.mark.django_db

PATH = "/dashboard/usage/"
MINUS = "\N{MINUS SIGN}"


def request_image(user: User, model: str, **options: Any) -> Image:
    arguments = GenerationArguments.model_validate({"prompt": "a lake", "modelId": model})
    return generation.request(caller_of(user, **options), arguments).image


def entry_types(client: Client, query: str = "") -> list[str]:
    """Return the types of the displayed entries, newest first."""
    return [line.entry.type for line in client.get(PATH + query).context["lines"]]


def backdate(image: Image, days: int) -> None:
    """Move an image and its charge into the past, past the trigger that makes entries immutable."""
    moment = timezone.now() - timedelta(days=days)
    Image.objects.filter(pk=image.pk).update(created_at=moment)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE billing_ledgerentry DISABLE TRIGGER billing_entries_are_immutable")
        cursor.execute("UPDATE billing_ledgerentry SET created_at = %s WHERE reference_id = %s", [moment, image.id])
        cursor.execute("ALTER TABLE billing_ledgerentry ENABLE TRIGGER billing_entries_are_immutable")


def test_the_chart_equals_the_ledger(alice_client: Client, alice: User) -> None:
    for model in ("openai:gpt-image-2", "openai:gpt-image-2", "google:gemini-3-pro-image-preview"):
        request_image(alice, model)
    chart = alice_client.get(PATH).context["chart"]
    charges = LedgerEntry.objects.filter(account__user=alice, type="generation")
    assert chart.credits == -sum(charges.values_list("amount", flat=True)) == 22
    assert chart.images == 3
    assert [day.credits for day in chart.days if day.total] == [[10, 12]]
    assert [series for _, series in chart.models] == ["s1", "s2"]


def test_refunded_credits_do_not_count_as_spent(alice_client: Client, alice: User) -> None:
    generation.cancel(caller_of(alice), queued_image(alice).id)
    page = alice_client.get(PATH)
    assert page.context["chart"].credits == 0
    assert entry_types(alice_client) == ["refund", "generation", "grant"]
    assert "Cancelled before it started" in words(page)


def test_a_deleted_image_still_counts_for_its_model(alice_client: Client, alice: User) -> None:
    image = finished_image(alice)
    generation.delete(caller_of(alice), image.id)
    page = alice_client.get(PATH)
    assert page.context["chart"].models == [("openai:gpt-image-2", "s1")]
    assert "Image deleted" in words(page)
    assert f"/dashboard/images/{image.id}/" not in page.content.decode()


def test_bars_stack_up_to_the_total_of_the_day(alice: User, db: None) -> None:
    period = spend.Period.of_last_days(30)
    spent = [spend.DailySpend(period.last, f"model-{number}", 1, 5) for number in range(4)]
    chart = SpendChart(period, spent)
    assert chart.top == 20
    assert min(bar.y for bar in chart.stacks) == pytest.approx(0, abs=2)
    assert max(bar.y + bar.height for bar in chart.stacks) == pytest.approx(HEIGHT)


def test_the_bars_of_a_colour_are_one_path() -> None:
    period = spend.Period.of_last_days(30)
    days = [period.first, period.last]
    chart = SpendChart(period, [spend.DailySpend(day, "openai:gpt-image-2", 1, 5) for day in days])
    ((series, outline),) = chart.paths
    bars = [f"M{bar.x} {bar.y}h{bar.width}v{bar.height}h-{bar.width}z" for bar in chart.stacks]
    assert (series, outline) == ("s1", "".join(bars))
    assert len(bars) == 2


@pytest.mark.parametrize(("total", "top"), [(0, 4), (4, 4), (5, 8), (21, 24), (34, 40), (161, 200), (9_000, 12_000)])
def test_the_scale_has_round_numbers(total: int, top: int) -> None:
    period = spend.Period.of_last_days(30)
    assert SpendChart(period, [spend.DailySpend(period.last, "model", 1, total)]).top == top


def test_the_period_bounds_chart_and_ledger(alice_client: Client, alice: User) -> None:
    backdate(request_image(alice, "openai:gpt-image-2"), days=60)
    assert (entry_types(alice_client), alice_client.get(PATH).context["chart"].credits) == (["grant"], 0)
    assert entry_types(alice_client, "?period=90") == ["generation", "grant"]
    assert alice_client.get(PATH + "?period=90").context["chart"].credits == 5
    day = (timezone.now() - timedelta(days=60)).date()
    assert entry_types(alice_client, f"?period=dates&since={day}&until={day}") == ["generation"]


def test_an_empty_period_shows_a_message(alice_client: Client) -> None:
    assert "No usage in this period." in words(
        alice_client.get(PATH + "?period=dates&since=2020-01-01&until=2020-01-31")
    )


def test_a_long_period_is_limited_to_a_year(alice_client: Client) -> None:
    period = alice_client.get(PATH + "?period=dates&since=2000-01-01&until=2026-01-01").context["chart"].period
    assert len(period.days) == 366


@pytest.mark.parametrize("query", ["?period=century", "?since=x&period=dates", "?type=theft", "?before=-1", "?key=x"])
def test_invalid_filters_are_ignored(alice_client: Client, query: str) -> None:
    assert entry_types(alice_client, query) == ["grant"]


def test_entries_are_filtered(alice_client: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    with_key = request_image(alice, "openai:gpt-image-2", key=key)
    request_image(alice, "google:gemini-2.5-flash-image")
    assert entry_types(alice_client, "?type=grant") == ["grant"]
    assert entry_types(alice_client, f"?key={key.pk}") == ["generation"]
    assert entry_types(alice_client, "?model=google:gemini-2.5-flash-image") == ["generation"]
    assert entry_types(alice_client, f"?reference={with_key.id}") == ["generation"]
    assert entry_types(alice_client, f"?key={key.pk}&model=google:gemini-2.5-flash-image") == []


def test_the_entries_of_one_image_are_shown_regardless_of_the_period(alice_client: Client, alice: User) -> None:
    image = request_image(alice, "openai:gpt-image-2")
    backdate(image, days=300)
    assert entry_types(alice_client, f"?reference={image.id}") == ["generation"]


def test_another_users_keys_and_images_are_not_found(alice_client: Client, bob: User) -> None:
    key, _ = api_keys.create(bob, name="Bob's")
    image = queued_image(bob)
    for query in (f"?key={key.pk}", f"?reference={image.id}", f"?key={uuid.uuid4()}"):
        assert alice_client.get(PATH + query).status_code == 404


def test_a_line_shows_the_image_and_the_key(alice_client: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    image = request_image(alice, "openai:gpt-image-2", key=key, client="claude-code/2.1.4")
    page = alice_client.get(PATH)
    text = words(page)
    assert f"Charge, in progress gpt-image-2, 1:1 Laptop, Claude Code {MINUS}5 credits Balance after 95" in text
    assert "Grant to begin with +100 credits Balance after 100" in text
    assert f'href="/dashboard/images/{image.id}/"' in page.content.decode()


def test_pages_contain_every_entry_once(alice_client: Client, alice: User) -> None:
    for _ in range(110):
        ledger.grant(alice.pk, amount=1, reason="again")
    positions: list[int] = []
    query: str | None = ""
    while query is not None:
        context = alice_client.get(PATH + query).context
        positions += [line.entry.position for line in context["lines"]]
        query = f"?before={context['older_before']}" if context["older_before"] else None
    assert positions == list(range(111, 0, -1))


def test_htmx_gets_further_entries_as_rows_only(alice_client: Client, alice: User) -> None:
    part = alice_client.get(PATH + "?before=2", headers={"hx-request": "true"}).content.decode()
    assert part.lstrip().startswith("<tr>")
    assert "<svg" not in part


def test_a_long_ledger_takes_no_more_queries(alice_client: Client, alice: User, django_assert_num_queries: Any) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    request_image(alice, "openai:gpt-image-2", key=key)
    with django_assert_num_queries(10):
        alice_client.get(PATH)
    for _ in range(15):
        request_image(alice, "openai:gpt-image-2", key=api_keys.create(alice, name="Another")[0])
    with django_assert_num_queries(10):
        alice_client.get(PATH)


def test_the_key_filter_selects_images_of_the_dashboard(alice_client: Client, alice: User) -> None:
    request_image(alice, "openai:gpt-image-2", key=api_keys.create(alice, name="Laptop")[0])
    image = request_image(alice, "openai:gpt-image-2")
    generation.cancel(caller_of(alice), image.pk)
    page = alice_client.get("/dashboard/usage/?key=dashboard")
    assert [(line.entry.type, line.entry.reference_id) for line in page.context["lines"]] == [
        ("refund", image.pk),
        ("generation", image.pk),
    ]
    assert '<option value="dashboard" selected>Dashboard</option>' in page.content.decode()
    assert entry_types(alice_client, f"?key=dashboard&reference={image.pk}&type=refund") == ["refund"]


def at(image: Image, moment: datetime) -> Image:
    """Move an image in time."""
    Image.objects.filter(pk=image.pk).update(created_at=moment)
    return image


def totals(client: Client, query: str) -> dict[str, tuple[int, int]]:
    """Return images and credits by name, as the page shows them."""
    return {total.name: (total.images, total.credits) for total in client.get(PATH + query).context["totals"]}


def test_spending_is_summed_up_by_key_model_and_client(alice_client: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    request_image(alice, "openai:gpt-image-2", key=key, client="claude-code/2.1.4")
    request_image(alice, "google:gemini-2.5-flash-image", key=key, client="claude-code/2.2.0")
    request_image(alice, "openai:gpt-image-2", key=key)
    request_image(alice, "openai:gpt-image-2")
    generation.cancel(caller_of(alice), request_image(alice, "openai:gpt-image-2").pk)
    assert totals(alice_client, "") == {"openai:gpt-image-2": (3, 15), "google:gemini-2.5-flash-image": (1, 3)}
    assert totals(alice_client, "?by=key") == {key.label: (3, 13), "Dashboard": (1, 5)}
    assert totals(alice_client, "?by=client") == {"Claude Code": (2, 8), "Unknown client": (1, 5), "Dashboard": (1, 5)}
    page = words(alice_client.get(PATH + "?by=client"))
    assert "Claude Code 2 images 8 credits" in page


def test_days_are_those_of_the_viewers_time_zone(alice_client: Client, alice: User) -> None:
    # 23:30 on 9 March and 00:30 on 10 March 2026 in New York, where the clocks change on 8 March.
    for moment in (datetime(2026, 3, 10, 3, 30, tzinfo=UTC), datetime(2026, 3, 10, 4, 30, tzinfo=UTC)):
        at(request_image(alice, "openai:gpt-image-2"), moment)
    query = "?period=dates&since=2026-03-07&until=2026-03-10"

    def days() -> dict[int, int]:
        chart = alice_client.get(PATH + query).context["chart"]
        return {day.day.day: day.images for day in chart.days if day.images}

    assert days() == {10: 2}
    alice_client.cookies["timezone"] = "America/New_York"
    assert days() == {9: 1, 10: 1}
    assert "Dates (America/New_York)" in words(alice_client.get(PATH + query))
    alice_client.cookies["timezone"] = "Asia/Tokyo"
    assert days() == {10: 2}


@pytest.mark.parametrize("zone", ["Nowhere/Else", "../../etc/passwd", "America", "x" * 100, "", "é"])
def test_an_unknown_time_zone_is_utc(alice_client: Client, zone: str) -> None:
    alice_client.cookies["timezone"] = zone
    page = alice_client.get(PATH)
    assert (page.status_code, page.context["zone"]) == (200, UTC)


def test_the_ledger_and_its_file_have_the_same_days(alice_client: Client, alice: User) -> None:
    created_at = LedgerEntry.objects.get(account__user=alice).created_at
    day = created_at.astimezone(ZoneInfo("Pacific/Kiritimati")).date()
    query = f"?period=dates&since={day}&until={day}"
    alice_client.cookies["timezone"] = "Pacific/Kiritimati"
    assert entry_types(alice_client, query) == ["grant"]
    alice_client.cookies["timezone"] = "Pacific/Kiritimati"
    yesterday = f"?period=dates&since={day - timedelta(days=1)}&until={day - timedelta(days=1)}"
    assert entry_types(alice_client, yesterday) == []


def test_names_beyond_the_colours_are_summed_up(alice_client: Client, alice: User) -> None:
    for number in range(10):
        key, _ = api_keys.create(alice, name=f"key {number}")
        request_image(alice, "openai:gpt-image-2", key=key)
    found = totals(alice_client, "?by=key")
    assert (len(found), found["Others"], list(found)[-1]) == (9, (2, 10), "Others")


def test_the_caps_of_this_month_are_shown_nearest_first(alice_client: Client, alice: User, bob: User) -> None:
    request_image(alice, "openai:gpt-image-2", key=api_keys.create(alice, name="Wide", monthly_credit_cap=50)[0])
    request_image(alice, "openai:gpt-image-2", key=api_keys.create(alice, name="Tight", monthly_credit_cap=6)[0])
    api_keys.create(alice, name="Free")
    api_keys.create(bob, name="Bob's")
    page = alice_client.get(PATH)
    assert [usage.key.name for usage in page.context["spending"]] == ["Tight", "Wide", "Free"]
    assert "5 of 6 (83%)" in words(page)


def test_the_breakdown_is_read_from_its_index(alice: User) -> None:
    period = spend.Period.of_last_days(30)
    parameters: dict[str, Any] = {
        "user": alice.pk,
        "since": period.since,
        "until": period.until,
        "starts": period.starts,
    }
    drop_indexes_except("images_image", "images_spending_by_source")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        for column in breakdown.COLUMNS.values():
            cursor.execute("EXPLAIN " + breakdown.BY_DAY.replace("{column}", column), parameters)
            assert "Index Only Scan using images_spending_by_source" in str(cursor.fetchall())
