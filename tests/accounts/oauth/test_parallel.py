"""Parallel requests of one connection: refreshes, the use of a code, reuse of an old token, and revocation."""

from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone

from accounts import api_keys, authentication
from accounts.authentication import Caller
from accounts.models import ApiKey, OAuthClient, OAuthToken, User
from accounts.oauth import tokens
from accounts.oauth.tokens import TokenPair
from tests.accounts.oauth import steps
from tests.concurrency import at_once, eventually, run
from tests.database import count_waiting_for_locks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def app() -> OAuthClient:
    return steps.create_client()


@pytest.fixture
def pair(app: OAuthClient, alice: User) -> TokenPair:
    return steps.connect(alice, app)


def authenticate(secret: str) -> Caller:
    header = f"Bearer {secret}"
    return run(
        authentication.authenticate(header, peer="192.0.2.7", forwarded_for="", client="app/1.0", tokens_allowed=True)
    )


def in_thread(threads: ThreadPoolExecutor, function: Any, *arguments: Any) -> Future[Any]:
    def call() -> Any:
        try:
            return function(*arguments)
        finally:
            connections.close_all()

    return threads.submit(call)


def wait_for_locks(count: int) -> None:
    """Wait until this many connections wait for a lock."""

    eventually(lambda: count_waiting_for_locks() == count)


def test_eight_parallel_refreshes_succeed_and_every_access_token_works(
    app: OAuthClient, pair: TokenPair, alice: User
) -> None:
    pairs: list[TokenPair] = []

    def refresh() -> bool:
        pairs.append(steps.refresh(app, pair))
        return True

    outcomes = at_once(*[refresh] * 8)
    assert outcomes == ["done"] * 8
    assert len({each.refresh_token for each in pairs}) == 8
    assert {authenticate(each.access_token).user_id for each in [pair, *pairs]} == {alice.pk}
    assert OAuthToken.objects.values("chain").distinct().count() == 1


def test_of_parallel_uses_of_a_code_one_gets_tokens_and_the_others_end_them(app: OAuthClient, alice: User) -> None:
    code = steps.new_code(alice, app)
    outcomes = at_once(*[lambda: steps.exchange(app, code)] * 8)
    assert Counter(outcomes) == {"done": 1, "invalid_grant": 7}
    assert not OAuthToken.objects.exists()


def test_a_reused_token_and_a_refresh_of_its_chain_do_not_wait_for_each_other(
    app: OAuthClient, pair: TokenPair
) -> None:
    newer = steps.refresh(app, pair)
    OAuthToken.objects.exclude(replaced_at=None).update(replaced_at="2026-01-01T00:00:00Z")
    with ThreadPoolExecutor(2) as threads:
        with transaction.atomic():
            ApiKey.objects.select_for_update().get()
            reused = in_thread(threads, steps.refresh, app, pair)
            wait_for_locks(1)
            refreshed = in_thread(threads, steps.refresh, app, newer)
            wait_for_locks(2)
        errors = [reused.exception(), refreshed.exception()]
    assert [getattr(error, "code", error) for error in errors] == ["invalid_grant", "invalid_grant"]
    assert not OAuthToken.objects.exists()


def test_a_refresh_does_not_wait_for_the_account(app: OAuthClient, pair: TokenPair, alice: User) -> None:
    with ThreadPoolExecutor(1) as threads, transaction.atomic():
        User.objects.select_for_update().get(pk=alice.pk)
        assert in_thread(threads, steps.refresh, app, pair).result()


def test_a_revocation_ends_the_tokens_of_a_refresh_in_progress(app: OAuthClient, pair: TokenPair) -> None:
    key = ApiKey.objects.get()
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            steps.refresh(app, pair)
            revocation = in_thread(threads, api_keys.revoke, key)
            wait_for_locks(1)
        assert revocation.result() is True
    assert not OAuthToken.objects.exists()


def test_the_revocation_of_a_chain_ends_the_tokens_of_a_refresh_in_progress(app: OAuthClient, pair: TokenPair) -> None:
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            steps.refresh(app, pair)
            revocation = in_thread(threads, tokens.revoke, app, pair.refresh_token)
            wait_for_locks(1)
        revocation.result()
    assert not OAuthToken.objects.exists()


def test_reuse_ends_its_own_chain_only(app: OAuthClient, pair: TokenPair, alice: User) -> None:
    other_machine = steps.connect(alice, app)
    newer = steps.refresh(app, pair)
    before_grace = timezone.now() - tokens.GRACE - timedelta(seconds=1)
    OAuthToken.objects.exclude(replaced_at=None).update(replaced_at=before_grace)
    assert at_once(lambda: steps.refresh(app, pair)) == ["invalid_grant"]
    assert at_once(lambda: steps.refresh(app, newer)) == ["invalid_grant"]
    assert authenticate(other_machine.access_token).user_id == alice.pk
    assert steps.refresh(app, other_machine)
    assert ApiKey.objects.get().is_live
