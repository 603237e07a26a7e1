"""Signing in by password and by code, and who is turned away."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.website.sign_in.people import (
    ASK_CODE,
    ENTER_CODE,
    ENTER_RESET,
    PASSWORD,
    RESET,
    code_in_mail,
    is_signed_in,
    settled,
    sign_in,
)

pytestmark = pytest.mark.django_db


def by_code(client: Client, email: str) -> str:
    client.post(ASK_CODE, {"email": email})
    return str(client.post(ENTER_CODE, {"code": code_in_mail()}).headers.get("Location"))


def test_the_password_opens_the_dashboard(client: Client, alice: User) -> None:
    settled(alice)
    assert sign_in(client, "Alice@Example.com").headers["Location"] == "/dashboard/"


def test_a_code_opens_the_dashboard(client: Client, alice: User) -> None:
    settled(alice)
    assert by_code(client, alice.email) == "/dashboard/"
    assert is_signed_in(client)


def test_a_wrong_password_is_answered_in_the_brief_words(client: Client, alice: User) -> None:
    settled(alice)
    assert "That email and password don&#x27;t match." in sign_in(client, alice.email, "wrong").content.decode()


@pytest.mark.parametrize("next_url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_next_never_leads_to_another_site(client: Client, alice: User, next_url: str) -> None:
    settled(alice)
    assert sign_in(client, alice.email, next=next_url).headers["Location"] == "/dashboard/"


def test_next_leads_to_a_page_of_this_site(client: Client, alice: User) -> None:
    settled(alice)
    assert sign_in(client, alice.email, next="/dashboard/settings/").headers["Location"] == "/dashboard/settings/"


def test_signing_out_leads_only_to_this_site(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.post("/accounts/logout/", {"next": "https://evil.example/"}).headers["Location"] == "/"
    assert not is_signed_in(client)


@pytest.mark.parametrize("state", [{"suspended_at": timezone.now()}, {"is_active": False}])
def test_who_may_not_come_in_hears_so_with_the_right_password_only(
    client: Client, alice: User, state: dict[str, object]
) -> None:
    settled(alice)
    User.objects.filter(pk=alice.pk).update(**state)
    assert "don&#x27;t match" in sign_in(client, alice.email, "wrong").content.decode()
    assert sign_in(client, alice.email, PASSWORD).headers["Location"] == "/accounts/inactive/"
    assert "suspended" in client.get("/accounts/inactive/").content.decode()
    assert not is_signed_in(client)


def test_who_is_suspended_does_not_come_in_by_code(client: Client, alice: User) -> None:
    settled(alice)
    User.objects.filter(pk=alice.pk).update(suspended_at=timezone.now())
    assert by_code(client, alice.email) == "/accounts/inactive/"
    assert not is_signed_in(client)


def test_a_reset_by_code_sets_a_new_password(client: Client, alice: User) -> None:
    settled(alice)
    client.post(RESET, {"email": alice.email})
    done = client.post(ENTER_RESET, {"code": code_in_mail()})
    new = {"password1": "another quiet lake", "password2": "another quiet lake"}
    client.post(done.headers["Location"], new)
    assert "don&#x27;t match" in sign_in(Client(), alice.email).content.decode()
    assert sign_in(Client(), alice.email, "another quiet lake").headers["Location"] == "/dashboard/"
