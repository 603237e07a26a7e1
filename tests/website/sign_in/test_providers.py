"""Google and GitHub vouch for people where both id and secret are set; a half of the two stops the start."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.sign_in import email_addresses
from billing.models import CreditAccount
from tests.config.test_settings import PROJECT, manage
from tests.rendered import words
from tests.website.sign_in.identity_providers import Vouchers
from tests.website.sign_in.people import SIGN_IN, SIGN_UP, VERIFY, code_in_mail, come_in, is_signed_in, settled

pytestmark = pytest.mark.django_db

CONFIGURED = """
from config import settings
print(len(settings.SOCIALACCOUNT_PROVIDERS), *settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"])
"""


@pytest.fixture(autouse=True)
def vouchers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vouchers]:
    with Vouchers() as stand_in:
        for adapter, name, path in [
            (GitHubOAuth2Adapter, "access_token_url", "/github/token"),
            (GitHubOAuth2Adapter, "profile_url", "/github/user"),
            (GitHubOAuth2Adapter, "emails_url", "/github/emails"),
            (GoogleOAuth2Adapter, "access_token_url", "/google/token"),
        ]:
            monkeypatch.setattr(adapter, name, stand_in.url + path)
        yield stand_in


def come_back(client: Client, provider: str, process: str = "login", **more: str) -> Any:
    """Go to Google or GitHub by the button, and come back with what they say."""
    sent = client.post(f"/accounts/{provider}/login/?process={process}").headers["Location"]
    # The page's policy must let the form go on to there.
    assert "https://" + urlsplit(sent).netloc in django_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"]
    state = parse_qs(urlsplit(sent).query)["state"][0]
    return client.get(f"/accounts/{provider}/login/callback/", {"state": state, **(more or {"code": "a-code"})})


@pytest.mark.parametrize("provider", ["google", "github"])
def test_somebody_new_comes_in_with_the_address_that_is_vouched_for(
    provider: str, client: Client, settings: Any
) -> None:
    settings.SIGNUP_CREDITS = 20
    assert come_back(client, provider).headers["Location"] == "/dashboard/"
    assert is_signed_in(client)
    user = User.objects.get(email="new@example.com")
    assert email_addresses.is_verified(user)
    assert CreditAccount.objects.get(user=user).balance == 20
    assert mail.outbox == []


def test_nobody_takes_over_an_account_by_its_address_elsewhere(client: Client, alice: User, vouchers: Vouchers) -> None:
    settled(alice)
    vouchers.email = alice.email
    assert come_back(client, "github").headers["Location"] == VERIFY
    assert not is_signed_in(client)
    assert not SocialAccount.objects.exists()
    assert "already have an account" in mail.outbox[-1].body


def test_whom_github_names_without_an_address_is_asked_for_one(client: Client, vouchers: Vouchers) -> None:
    vouchers.email = None
    asked = come_back(client, "github").headers["Location"]
    assert "GitHub confirmed your identity." in words(client.get(asked))
    client.post(asked, {"email": "hidden@example.com"})
    assert not is_signed_in(client)
    client.post(VERIFY, {"code": code_in_mail()})
    assert is_signed_in(client)


def test_a_connected_account_is_named_and_opens_the_door(client: Client, alice: User) -> None:
    come_in(client, alice)
    come_back(client, "github", "connect")
    assert "GitHub octocat Disconnect" in words(client.get("/accounts/3rdparty/"))
    elsewhere = Client()
    assert come_back(elsewhere, "github").headers["Location"] == "/dashboard/"
    assert elsewhere.session["_auth_user_id"] == str(alice.pk)


def test_a_disconnected_account_opens_nothing(client: Client, alice: User) -> None:
    come_in(client, alice)
    come_back(client, "github", "connect")
    client.post("/accounts/3rdparty/", {"account": SocialAccount.objects.get().pk})
    assert not SocialAccount.objects.exists()


def test_who_turns_back_is_told_that_nothing_changed(client: Client) -> None:
    location = come_back(client, "github", error="access_denied").headers["Location"]
    assert "Sign-in cancelled" in words(client.get(location))


def test_a_service_that_is_away_is_said_so(client: Client, vouchers: Vouchers) -> None:
    vouchers.is_away = True
    assert "Sign-in failed" in words(come_back(client, "github"))


def test_the_buttons_stand_where_people_sign_in_and_up(client: Client) -> None:
    for path in (SIGN_IN, SIGN_UP):
        page = words(client.get(path))
        assert "Continue with Google" in page
        assert "Continue with GitHub" in page


def test_without_credentials_nobody_is_offered_or_may_be_sent_to() -> None:
    variables = {"SECRET_KEY": "x", "DATABASE_URL": "postgresql://nowhere/none"}
    said = subprocess.check_output([sys.executable, "-c", CONFIGURED], cwd=PROJECT, env=variables, text=True)
    assert said.split() == ["0", "'self'", "https://checkout.stripe.com"]


@pytest.mark.parametrize("variable", ["GOOGLE_CLIENT_ID", "GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"])
def test_half_of_the_credentials_stops_the_start(variable: str) -> None:
    missing = variable.replace("_ID", "_SECRET") if variable.endswith("_ID") else variable.replace("_SECRET", "_ID")
    done = manage("check", **{"SECRET_KEY": "x", variable: "half"})
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert missing in done.stderr
