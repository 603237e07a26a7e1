"""The format of API keys, their limits and revocation, and the command that creates one."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import given
from hypothesis import strategies as st

from accounts import api_keys
from accounts.exceptions import KeyLimitReached
from accounts.models import ApiKey, User
from infrastructure.exceptions import InvalidArguments


def test_secrets_are_well_formed_and_unique() -> None:
    secrets = {api_keys.new_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert all(len(secret) == 3 + 40 + 6 and api_keys.is_well_formed(secret) for secret in secrets)


@given(st.integers(0, 48), st.sampled_from("aZ9-é"))
def test_a_changed_character_makes_a_secret_malformed(position: int, character: str) -> None:
    secret = api_keys.new_secret()
    changed = secret[:position] + character + secret[position + 1 :]
    assert changed == secret or not api_keys.is_well_formed(changed)


@given(st.text(max_size=60))
def test_arbitrary_text_is_never_well_formed(text: str) -> None:
    assert not api_keys.is_well_formed(text)


def test_the_checksum_algorithm_does_not_change() -> None:
    assert api_keys.checksum("0" * 40) == "2kaqcA"


@pytest.mark.django_db
def test_only_a_digest_and_four_characters_are_stored(alice: User) -> None:
    key, secret = api_keys.create(alice, name="Laptop")
    stored = ApiKey.objects.filter(pk=key.pk).values().get()
    assert secret not in str(stored)
    assert (stored["last_four"], len(bytes(stored["digest"] or b""))) == (secret[-4:], 32)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_key_needs_a_name_of_reasonable_length(alice: User, name: str) -> None:
    with pytest.raises(InvalidArguments):
        api_keys.create(alice, name=name)


@pytest.mark.django_db
def test_a_user_has_at_most_fifty_live_keys(alice: User) -> None:
    keys = [api_keys.create(alice, name=f"Key {number}")[0] for number in range(50)]
    with pytest.raises(KeyLimitReached):
        api_keys.create(alice, name="Key 51")
    api_keys.revoke(keys[0])
    api_keys.create(alice, name="Replacement")


@pytest.mark.django_db
def test_revoking_twice_returns_false(alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    assert api_keys.revoke(key)
    assert not api_keys.revoke(key)


@pytest.mark.django_db
def test_the_command_prints_only_the_secret(capsys: pytest.CaptureFixture[str]) -> None:
    call_command(
        "create_api_key", "new@example.com", "Robot", "--create-user", "--monthly-cap", "40", "--confirm-above", "9"
    )
    secret = capsys.readouterr().out.strip()
    key = ApiKey.objects.get(digest=api_keys.digest(secret))
    assert (key.user.email, key.name, key.monthly_credit_cap, key.confirm_above) == ("new@example.com", "Robot", 40, 9)


@pytest.mark.django_db
def test_the_command_rejects_an_unknown_address() -> None:
    with pytest.raises(CommandError, match="--create-user"):
        call_command("create_api_key", "nobody@example.com", "Robot")


@pytest.mark.django_db
@pytest.mark.usefixtures("alice")
def test_addresses_match_regardless_of_case() -> None:
    call_command("create_api_key", "Alice@Example.COM", "Robot")
    assert User.objects.count() == 1
