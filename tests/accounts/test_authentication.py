"""Authentication by API key, the rate limit and the record of a key's last use."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import api_keys, authentication
from accounts.authentication import Caller
from accounts.exceptions import ExpiredKey, InvalidKey, MissingKey, RateLimited, RevokedKey
from accounts.models import ApiKey, RequestWindow, User
from infrastructure.http.client_address import client_address
from tests.concurrency import run

pytestmark = pytest.mark.django_db(transaction=True)


def authenticate(authorization: str | None, client: str = "agent/1.0") -> Caller:
    return run(authentication.authenticate(authorization, peer="192.0.2.7", forwarded_for="", client=client))


def test_a_valid_key_returns_its_owner(alice: User, alices_key: str) -> None:
    caller = authenticate(f"Bearer {alices_key}")
    assert (caller.user_id, caller.email, caller.suspended) == (alice.id, "alice@example.com", False)
    assert caller.key is not None
    assert (caller.key.name, caller.key.last_four) == ("Laptop", alices_key[-4:])


@pytest.mark.parametrize("header", [None, "", "Basic YTpi", "sk_abc", "bearer"])
def test_a_request_without_a_bearer_key_is_rejected(header: str | None) -> None:
    with pytest.raises((MissingKey, InvalidKey)):
        authenticate(header)


def test_an_unknown_key_is_rejected() -> None:
    with pytest.raises(InvalidKey):
        authenticate(f"Bearer {api_keys.new_secret()}")


def test_a_malformed_key_is_rejected_without_a_query(django_assert_num_queries: Any) -> None:
    with pytest.raises(InvalidKey), django_assert_num_queries(0):
        authenticate("Bearer sk_nonsense")


def test_revoking_takes_effect_on_the_next_request(alices_key: str) -> None:
    authenticate(f"Bearer {alices_key}")
    api_keys.revoke(ApiKey.objects.get())
    with pytest.raises(RevokedKey):
        authenticate(f"Bearer {alices_key}")


def test_an_expired_key_is_rejected(alice: User) -> None:
    key, secret = api_keys.create(alice, name="Old")
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(ExpiredKey):
        authenticate(f"Bearer {secret}")


def test_the_caller_of_a_suspended_user_is_marked(alice: User, alices_key: str) -> None:
    User.objects.filter(pk=alice.pk).update(suspended_at=timezone.now())
    assert authenticate(f"Bearer {alices_key}").suspended


def test_the_last_use_is_recorded(alices_key: str) -> None:
    authenticate(f"Bearer {alices_key}", client="claude-code/2.1\r\nX: y" + "z" * 200)
    key = ApiKey.objects.get()
    assert (key.last_used_address, key.last_used_client[:20]) == ("192.0.2.7", "claude-code/2.1X: yz")
    assert key.last_used_at is not None


def test_the_last_use_has_the_address_behind_a_trusted_proxy(settings: Any, alices_key: str) -> None:
    settings.TRUSTED_PROXIES = 1
    header = f"Bearer {alices_key}"
    run(authentication.authenticate(header, peer="10.0.0.1", forwarded_for="203.0.113.9", client="agent/1.0"))
    assert ApiKey.objects.get().last_used_address == "203.0.113.9"


def test_the_last_use_of_the_same_client_is_recorded_once_a_minute(alices_key: str) -> None:
    authenticate(f"Bearer {alices_key}")
    first = ApiKey.objects.get().last_used_at
    authenticate(f"Bearer {alices_key}")
    assert ApiKey.objects.get().last_used_at == first
    authenticate(f"Bearer {alices_key}", client="other/1.0")
    assert ApiKey.objects.get().last_used_at != first


def test_requests_beyond_the_limit_are_rejected(settings: Any, alices_key: str) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 3
    statuses = [authenticate(f"Bearer {alices_key}").rate_limit for _ in range(3)]
    assert [rate_limit and rate_limit.remaining for rate_limit in statuses] == [2, 1, 0]
    with pytest.raises(RateLimited) as rejection:
        authenticate(f"Bearer {alices_key}")
    assert 1 <= rejection.value.retry_after_seconds <= 60


def test_the_limit_is_shared_by_all_keys_of_a_user(settings: Any, alice: User, alices_key: str) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 1
    authenticate(f"Bearer {alices_key}")
    _, other = api_keys.create(alice, name="Desktop")
    with pytest.raises(RateLimited):
        authenticate(f"Bearer {other}")


def test_another_users_requests_do_not_count(settings: Any, bob: User, alices_key: str) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 1
    authenticate(f"Bearer {alices_key}")
    _, bobs = api_keys.create(bob, name="Laptop")
    assert authenticate(f"Bearer {bobs}").user_id == bob.id


def test_the_counter_resets_after_a_minute(settings: Any, alices_key: str) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 1
    authenticate(f"Bearer {alices_key}")
    RequestWindow.objects.update(started_at=timezone.now() - timedelta(seconds=61))
    assert authenticate(f"Bearer {alices_key}").rate_limit is not None


def test_a_limit_of_zero_turns_limiting_off(alices_key: str) -> None:
    assert authenticate(f"Bearer {alices_key}").rate_limit is None
    assert not RequestWindow.objects.exists()


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("", 0, "10.0.0.1"),
        ("203.0.113.9", 0, "10.0.0.1"),
        ("203.0.113.9", 1, "203.0.113.9"),
        ("forged, 203.0.113.9", 1, "203.0.113.9"),
        ("forged, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("", 1, "10.0.0.1"),
        ("203.0.113.9", 2, "10.0.0.1"),
        ("unknown", 1, "10.0.0.1"),
        ("unix:", 1, "10.0.0.1"),
        ("203.0.113.9:4711", 1, "203.0.113.9"),
        ("[2001:db8::1]:4711", 1, "2001:db8::1"),
        ("[2001:db8::1]", 1, "2001:db8::1"),
        ("2001:db8::1", 1, "2001:db8::1"),
    ],
)
def test_the_client_address_comes_from_trusted_proxies_only(forwarded: str, proxies: int, address: str) -> None:
    assert client_address("10.0.0.1", forwarded, trusted_proxies=proxies) == address
