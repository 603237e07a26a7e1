"""What machines ask: alive, ready, and what was counted."""

import uuid
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.db import connection
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import User
from billing import ledger
from billing.models import CreditAccount
from config import health
from images import generation
from images.listener import listener
from images.models import WorkerHeartbeat
from images.worker import heartbeat
from tests.concurrency import eventually, run
from tests.database import run_sql
from tests.factories import caller_of, queued_image
from tests.faults.storages import Hangs, make_unavailable
from tests.mcp_gateway.agent import Agent
from tests.web_server import Server

pytestmark = pytest.mark.django_db(transaction=True)


FORGET_THE_NEWEST = """
DELETE FROM django_migrations WHERE name = (SELECT max(name) FROM django_migrations WHERE app = 'images')
    AND app = 'images' RETURNING app, name, applied
"""


def pulse(*, seconds_ago: int) -> None:
    moment = timezone.now() - timedelta(seconds=seconds_ago)
    WorkerHeartbeat.objects.update_or_create(id=1, defaults={"beat_at": moment, "steady_since": moment})


def readiness(server: Server) -> tuple[int, dict[str, Any]]:
    answer = httpx2.get(f"{server.url}/readyz")
    return answer.status_code, answer.json()


def test_a_process_that_answers_is_alive_whatever_host_it_is_asked_as(server: Server) -> None:
    answer = httpx2.get(f"{server.url}/healthz", headers={"Host": "10.0.0.7"})
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_with_everything_there_it_is_ready(server: Server) -> None:
    pulse(seconds_ago=1)
    checks = dict.fromkeys(("database", "migrations", "storage", "worker"), "ok")
    assert readiness(server) == (200, {"status": "ready", "checks": checks})


@pytest.mark.parametrize(("seconds_ago", "said"), [(75, "not seen for 7"), (None, "none has ever been seen")])
def test_a_missing_worker_is_named_and_takes_nobody_out(server: Server, seconds_ago: int | None, said: str) -> None:
    WorkerHeartbeat.objects.all().delete()
    if seconds_ago:
        pulse(seconds_ago=seconds_ago)
    status, answer = readiness(server)
    assert (status, answer["status"]) == (200, "ready")
    assert answer["checks"]["worker"].startswith(said)


def test_storage_that_does_not_answer_takes_it_out(server: Server, settings: Any) -> None:
    Path(settings.MEDIA_ROOT).mkdir(parents=True)
    make_unavailable(settings)
    status, answer = readiness(server)
    assert (status, answer["status"]) == (503, "not ready")
    assert answer["checks"]["storage"] == "OSError"


async def test_a_storage_that_hangs_is_asked_once_however_often_it_is_probed(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "CHECK_TIMEOUT_SECONDS", 0.1)
    settings.STORAGES = {**settings.STORAGES, "pictures": {"BACKEND": "tests.faults.storages.Hangs"}}
    answers = [await health.readiness() for _ in range(3)]
    Hangs.may_continue.set()
    assert {(status, answer["checks"]["storage"]) for status, answer in answers} == {(503, "no answer within 0.1 s")}
    assert len(Hangs.requested_names) == 1


def test_a_process_that_is_about_to_stop_is_not_ready(server: Server) -> None:
    async def closing(value: bool) -> None:
        listener().closing = value

    server.run(closing(True))
    try:
        status, answer = readiness(server)
    finally:
        server.run(closing(False))
    assert (status, answer["status"]) == (503, "stopping")


def test_missing_migrations_take_it_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute(FORGET_THE_NEWEST)
        newest = cursor.fetchone()
        try:
            status, answer = run(health.readiness())
        finally:
            cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", newest)
    assert (status, answer["checks"]["migrations"]) == (503, "1 migrations are missing: run manage.py migrate")


def test_metrics_count_what_happened_and_show_what_the_database_knows(
    server: Server, alice: User, alices_key: str
) -> None:
    run(heartbeat.record())
    before = samples(server)
    Agent(server.url, alices_key).call("getimages_get_account")
    Agent(server.url, "sk_wrong").send({})
    after = samples(server)
    called = ("getimages_tool_calls_total", ("getimages_get_account", "ok"))
    refused = ("getimages_refused_keys_total", ("invalid_key",))
    assert [after[each] - before.get(each, 0) for each in (called, refused)] == [1, 1]
    assert after["getimages_credits_outstanding", ()] == 100
    assert after["getimages_worker_seen_seconds", ()] < 60


def test_an_image_that_is_cancelled_counts_with_its_charge_and_refund(
    server: Server, alice: User, settings: Any
) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    before = samples(server)
    generation.cancel(caller_of(alice), queued_image(alice).pk)
    after = samples(server)
    entries = [("getimages_ledger_entries_total", (each,)) for each in ("generation", "refund")]
    ended = ("getimages_images_ended_total", ("cancelled", "openai"))
    assert [after[each] - before.get(each, 0) for each in (*entries, ended)] == [1, 1, 1]


def test_a_chargeback_of_an_empty_account_changes_no_balance_and_is_not_counted(server: Server, alice: User) -> None:
    account = CreditAccount.objects.get(user=alice)
    before = samples(server)
    for credits in (100, 5):
        ledger.claw_back(account.pk, credits=credits, purchase_id=uuid.uuid4())
    counted = ("getimages_ledger_entries_total", ("chargeback",))
    assert samples(server)[counted] - before.get(counted, 0) == 1


def test_a_page_counts_under_its_name_and_not_its_address(server: Server, alice: User) -> None:
    before = samples(server)
    httpx2.get(f"{server.url}/pricing", params={"q": "anything"})
    httpx2.get(f"{server.url}/nothing/of/the/kind")
    pages = [
        ("getimages_http_requests_total", labels)
        for labels in (("200", "GET", "pricing", "site"), ("", "404", "GET", "site"))
    ]

    def counted() -> list[float]:
        now = samples(server)
        return [now.get(each, 0) - before.get(each, 0) for each in pages]

    # An answer may be read before the server has counted it.
    eventually(lambda: all(counted()))
    assert counted() == [1, 1]


def test_metrics_count_on_while_the_database_gives_no_figures(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    run_sql("ALTER TABLE billing_creditaccount RENAME TO elsewhere")
    try:
        names = {name for name, _ in samples(server)}
    finally:
        run_sql("ALTER TABLE elsewhere RENAME TO billing_creditaccount")
    assert "getimages_http_requests_total" in names
    assert "getimages_credits_outstanding" not in names
    assert "the database gives no figures: ProgrammingError" in caplog.text
    assert "SELECT" not in caplog.text


def test_metrics_are_for_those_who_may_see_them(server: Server, settings: Any) -> None:
    settings.METRICS_ALLOWED = [ip_network("10.0.0.0/8")]
    assert httpx2.get(f"{server.url}/metrics").status_code == 404
    settings.TRUSTED_PROXIES = 1
    assert httpx2.get(f"{server.url}/metrics", headers={"X-Forwarded-For": "10.1.2.3"}).status_code == 200


async def test_proxies_that_add_lines_of_their_own_let_nobody_pass_for_this_machine(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 2
    hops = [("X-Forwarded-For", hop) for hop in ("127.0.0.1", "192.0.2.7", "192.0.2.8")]
    # Without a server, which would read these lines first.
    proxy = httpx2.ASGITransport(health.application, client=("127.0.0.1", 1))  # type: ignore[arg-type]
    async with httpx2.AsyncClient(transport=proxy) as machine:
        assert (await machine.get("http://web/metrics", headers=hops)).status_code == 404


def samples(server: Server) -> dict[tuple[str, tuple[str, ...]], float]:
    families = text_string_to_metric_families(httpx2.get(f"{server.url}/metrics").text)
    return {
        (each.name, tuple(sorted(each.labels.values()))): each.value for family in families for each in family.samples
    }
