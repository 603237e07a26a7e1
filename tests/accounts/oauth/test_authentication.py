"""Authentication by an access token: what ends it, and what does not count as a failed key."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import api_keys, authentication, failed_keys
from accounts.authentication import Caller
from accounts.exceptions import InvalidKey, InvalidToken, TooManyFailedKeys
from accounts.models import ApiKey, FailedKeyWindow, OAuthToken, RequestWindow, User
from accounts.oauth.tokens import TokenPair
from tests.accounts.oauth import steps
from tests.concurrency import run

pytestmark = pytest.mark.django_db(transaction=True)

NOT_COUNTED = failed_keys.FAILURES_PER_MINUTE + 1


@pytest.fixture
def pair(alice: User) -> TokenPair:
    return steps.connect(alice, steps.create_client(), monthly_credit_cap=7)


def authenticate(secret: str, *, tokens_allowed: bool = True) -> Caller:
    return run(
        authentication.authenticate(
            f"Bearer {secret}", peer="192.0.2.7", forwarded_for="", client="app/1.0", tokens_allowed=tokens_allowed
        )
    )


def test_a_token_returns_the_owner_and_the_connection(pair: TokenPair, alice: User) -> None:
    caller = authenticate(pair.access_token)
    assert caller.key is not None
    assert (caller.user_id, caller.key.monthly_credit_cap, caller.key.last_four) == (alice.pk, 7, "")
    assert caller.scopes == frozenset({"images:read", "images:generate"})
    assert ApiKey.objects.get().last_used_client == "app/1.0"


def test_requests_by_token_and_by_key_share_one_limit(pair: TokenPair, alices_key: str, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 10
    authenticate(pair.access_token)
    authenticate(alices_key)
    assert RequestWindow.objects.get().requests == 2


def test_a_key_may_do_everything(alices_key: str) -> None:
    caller = authenticate(alices_key)
    assert caller.scopes is None
    caller.require_scope("images:generate")


@pytest.mark.parametrize("tokens_allowed", [True, False])
def test_tokens_that_fail_are_not_counted_as_failed_keys(pair: TokenPair, tokens_allowed: bool) -> None:
    OAuthToken.objects.update(expires_at=timezone.now())
    for secret in (pair.access_token, api_keys.new_secret("gia_")):
        for _ in range(NOT_COUNTED):
            with pytest.raises(InvalidToken):
                authenticate(secret, tokens_allowed=tokens_allowed)
    assert not FailedKeyWindow.objects.exists()


def test_keys_that_fail_are_counted_as_before() -> None:
    for _ in range(failed_keys.FAILURES_PER_MINUTE):
        with pytest.raises(InvalidKey):
            authenticate(api_keys.new_secret())
    with pytest.raises(TooManyFailedKeys):
        authenticate(api_keys.new_secret())


@pytest.mark.parametrize("column", ["expires_at", "revoked_at"])
def test_the_end_of_a_connection_ends_its_tokens(pair: TokenPair, column: str) -> None:
    ApiKey.objects.update(**{column: timezone.now() - timedelta(seconds=1)})
    with pytest.raises(InvalidToken):
        authenticate(pair.access_token)
    assert not RequestWindow.objects.exists()


@pytest.mark.parametrize("name", ["refresh_token", "code"])
def test_no_other_secret_of_a_connection_authenticates(pair: TokenPair, alice: User, name: str) -> None:
    code = steps.new_code(alice, steps.create_client())
    secret = {"refresh_token": pair.refresh_token, "code": code}[name]
    # A secret with the form of a token whose digest is that of another secret does not exist; this one is stored.
    with pytest.raises((InvalidToken, InvalidKey)):
        authenticate(secret)
    OAuthToken.objects.filter(is_refresh=False).update(is_refresh=True)
    with pytest.raises(InvalidToken):
        authenticate(pair.access_token)
