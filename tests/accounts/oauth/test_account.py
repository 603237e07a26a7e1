"""Deletion and suspension of an account, and revocation, act on connections as on keys."""

import pytest
from django.utils import timezone

from accounts import api_keys, authentication, deletion, suspension
from accounts.exceptions import InvalidToken
from accounts.models import ApiKey, AuthorizationCode, OAuthClient, OAuthToken, User
from accounts.oauth import connections
from accounts.oauth.tokens import TokenPair
from tests.accounts.oauth import steps
from tests.concurrency import at_once, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def app() -> OAuthClient:
    return steps.create_client("Corgi")


@pytest.fixture
def pair(app: OAuthClient, alice: User) -> TokenPair:
    return steps.connect(alice, app)


def authenticate(pair: TokenPair) -> authentication.Caller:
    header = f"Bearer {pair.access_token}"
    return run(
        authentication.authenticate(header, peer="192.0.2.7", forwarded_for="", client="app/1.0", tokens_allowed=True)
    )


def test_deletion_removes_connections_tokens_and_codes_of_this_account_only(
    app: OAuthClient, pair: TokenPair, alice: User, bob: User
) -> None:
    bobs = steps.connect(bob, app)
    steps.new_code(alice, app)
    deletion.delete(alice)
    assert set(ApiKey.objects.values_list("user__email", flat=True)) == {"bob@example.com"}
    assert (OAuthToken.objects.count(), AuthorizationCode.objects.count()) == (2, 1)
    with pytest.raises(InvalidToken):
        authenticate(pair)
    assert authenticate(bobs).user_id == bob.pk
    assert at_once(lambda: steps.refresh(app, pair)) == ["invalid_grant"]


def test_suspension_refuses_codes_refreshes_and_calls_until_the_account_is_restored(
    app: OAuthClient, pair: TokenPair, alice: User
) -> None:
    code = steps.new_code(alice, app)
    suspension.suspend(alice)
    assert authenticate(pair).suspended
    assert at_once(lambda: steps.refresh(app, pair)) == ["invalid_grant"]
    assert at_once(lambda: steps.exchange(app, code)) == ["invalid_grant"]
    suspension.restore(alice)
    assert not authenticate(pair).suspended
    assert steps.refresh(app, pair)


def test_an_inactive_account_gets_no_tokens(app: OAuthClient, pair: TokenPair, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert at_once(lambda: steps.refresh(app, pair)) == ["invalid_grant"]
    assert authenticate(pair).suspended


def test_revoking_ends_tokens_and_codes_and_keeps_the_row(app: OAuthClient, pair: TokenPair, alice: User) -> None:
    code = steps.new_code(alice, app)
    connection = ApiKey.objects.get()
    assert api_keys.revoke(connection)
    assert not api_keys.revoke(connection)
    with pytest.raises(InvalidToken):
        authenticate(pair)
    assert at_once(lambda: steps.refresh(app, pair), lambda: steps.exchange(app, code)) == ["invalid_grant"] * 2
    connection.refresh_from_db()
    assert (connection.name, connection.is_live) == ("Corgi", False)
    assert not connections.is_first(alice, app)


def test_a_client_with_connections_cannot_be_deleted(app: OAuthClient, pair: TokenPair) -> None:
    with pytest.raises(Exception, match="protected"):
        app.delete()


def test_a_row_is_a_key_or_a_connection(app: OAuthClient, alice: User) -> None:
    for identity in ({}, {"client": app, "digest": b"x"}):
        with pytest.raises(Exception, match="accounts_key_or_connection"):
            ApiKey.objects.create(user=alice, name="Both", **identity)


def test_a_user_has_one_live_connection_of_a_client(app: OAuthClient, pair: TokenPair, alice: User) -> None:
    with pytest.raises(Exception, match="accounts_live_connection_once"):
        ApiKey.objects.create(user=alice, name="Second", client=app)
    ApiKey.objects.update(revoked_at=timezone.now())
    ApiKey.objects.create(user=alice, name="Second", client=app)
