"""The hourly deletion of what has expired."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import api_keys, tasks
from accounts.models import ApiKey, AuthorizationCode, OAuthClient, OAuthToken, User
from accounts.oauth import cleanup
from tests.accounts.oauth import steps
from tests.concurrency import run

pytestmark = pytest.mark.django_db(transaction=True)


def registered() -> set[str]:
    return set(OAuthClient.objects.filter(fresh_until=None).values_list("pk", flat=True))


def test_the_job_deletes_expired_rows_in_batches_and_nothing_else(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "BATCH", 2)
    expired = timezone.now() - timedelta(seconds=1)
    client = steps.create_client()
    for _ in range(3):
        steps.connect(alice, client)
    OAuthToken.objects.filter(is_refresh=False).update(expires_at=expired)
    OAuthToken.objects.filter(is_refresh=True).update(replaced_at=expired)
    run(tasks.delete_expired_tokens(timestamp=0))
    assert list(OAuthToken.objects.values_list("is_refresh", flat=True)) == [True] * 3
    assert AuthorizationCode.objects.count() == 3


def test_a_used_code_is_kept_for_a_day(alice: User) -> None:
    steps.connect(alice, steps.create_client())
    for age, kept in [(timedelta(hours=23), 1), (timedelta(hours=25), 0)]:
        AuthorizationCode.objects.update(expires_at=timezone.now() - age)
        cleanup.delete_expired()
        assert AuthorizationCode.objects.count() == kept


def test_registered_clients_that_were_never_connected_are_deleted_after_a_day(alice: User) -> None:
    new, unused, connected, revoked = (steps.create_client() for _ in range(4))
    for client in (connected, revoked):
        steps.connect(alice, client)
    api_keys.revoke(ApiKey.objects.get(client=revoked))
    OAuthClient.objects.exclude(pk=new.pk).update(created_at=timezone.now() - timedelta(hours=25))
    with_documents = OAuthClient.objects.exclude(fresh_until=None).count()
    cleanup.delete_expired()
    assert registered() == {new.pk, connected.pk, revoked.pk}
    assert unused.pk not in registered()
    assert OAuthClient.objects.exclude(fresh_until=None).count() == with_documents > 0


def test_copies_of_documents_that_nobody_connected_are_deleted_after_30_days(alice: User) -> None:
    preset = set(OAuthClient.objects.filter(is_preset=True).values_list("pk", flat=True))
    assert len(preset) == 7
    recent, unused, connected = (
        OAuthClient.objects.create(
            id=f"https://{name}.example/app.json",
            name=name,
            redirect_uris=["http://127.0.0.1/callback"],
            fresh_until=timezone.now() - timedelta(days=days),
        )
        for name, days in [("recent", 29), ("unused", 31), ("connected", 31)]
    )
    steps.connect(alice, connected)
    cleanup.delete_expired()
    documents = set(OAuthClient.objects.exclude(fresh_until=None).values_list("pk", flat=True))
    assert documents == {*preset, recent.pk, connected.pk}
    assert unused.pk not in documents


def test_the_job_runs_every_hour() -> None:
    from procrastinate.contrib.django import app  # noqa: PLC0415 - the app is ready only now

    periodic: Any = app.periodic_registry.periodic_tasks
    crons = {task.task.name: task.cron for task in periodic.values()}
    assert crons["accounts.delete_expired_tokens"].split()[1:] == ["*"] * 4
