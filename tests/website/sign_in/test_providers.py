"""Sign-in with Google and GitHub, which needs both client id and secret; one without the other is an error."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
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
from tests.website.sign_in.identity_providers import IdentityProviders
from tests.website.sign_in.steps import (
    AUTHENTICATE,
    SIGN_IN,
    SIGN_UP,
    VERIFY,
    account_rows,
    code_in_mail,
    is_signed_in,
    sign_in_and_reauthenticate,
    verified_user,
)

pytestmark = pytest.mark.django_db

PRINT_PROVIDERS = """
from config import settings
print(len(settings.SOCIALACCOUNT_PROVIDERS), *settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"])
"""


@pytest.fixture(autouse=True)
def providers(monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityProviders]:
    with IdentityProviders() as providers:
        for adapter, name, path in [
            (GitHubOAuth2Adapter, "access_token_url", "/github/token"),
            (GitHubOAuth2Adapter, "profile_url", "/github/user"),
            (GitHubOAuth2Adapter, "emails_url", "/github/emails"),
            (GoogleOAuth2Adapter, "access_token_url", "/google/token"),
        ]:
            monkeypatch.setattr(adapter, name, providers.url + path)
        yield providers


def sign_in_with(client: Client, provider: str, process: str = "login", **query: str) -> Any:
    """Start sign-in with the provider's button, and return from the provider with these query parameters."""
    location = client.post(f"/accounts/{provider}/login/?process={process}").headers["Location"]
    # The page's content security policy must allow the form to redirect to the provider.
    form_action = django_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"]
    assert "https://" + urlsplit(location).netloc in form_action
    state = parse_qs(urlsplit(location).query)["state"][0]
    return client.get(f"/accounts/{provider}/login/callback/", {"state": state, **(query or {"code": "a-code"})})


@pytest.mark.parametrize("provider", ["google", "github"])
def test_a_new_user_signs_up_with_the_providers_verified_address(provider: str, client: Client, settings: Any) -> None:
    settings.SIGNUP_CREDITS = 20
    assert sign_in_with(client, provider).headers["Location"] == "/dashboard/"
    assert is_signed_in(client)
    user = User.objects.get(email="new@example.com")
    assert email_addresses.is_verified(user)
    assert CreditAccount.objects.get(user=user).balance == 20
    assert mail.outbox == []


def test_a_provider_account_with_the_same_address_does_not_sign_in(
    client: Client, alice: User, providers: IdentityProviders
) -> None:
    verified_user(alice)
    providers.email = alice.email
    assert sign_in_with(client, "github").headers["Location"] == VERIFY
    assert not is_signed_in(client)
    assert not SocialAccount.objects.exists()
    assert "already have an account" in mail.outbox[-1].body


def test_without_an_address_from_github_the_user_enters_one(client: Client, providers: IdentityProviders) -> None:
    providers.email = None
    location = sign_in_with(client, "github").headers["Location"]
    assert "GitHub confirmed your identity." in words(client.get(location))
    client.post(location, {"email": "hidden@example.com"})
    assert not is_signed_in(client)
    client.post(VERIFY, {"code": code_in_mail()})
    assert is_signed_in(client)


@pytest.mark.parametrize("provider", ["google", "github"])
@pytest.mark.parametrize("character", ["\N{LATIN SMALL LETTER LONG S}", "\uff53", "s\u200b", "\u0455"])
def test_a_look_alike_from_a_provider_verifies_no_address(
    provider: str, character: str, client: Client, providers: IdentityProviders
) -> None:
    providers.email = f"{character}usi@example.com"
    assert sign_in_with(client, provider).headers["Location"].startswith("/accounts/3rdparty/signup/")
    assert not is_signed_in(client)
    assert not User.objects.exists()


def test_a_connected_account_is_listed_and_signs_in(client: Client, alice: User) -> None:
    sign_in_and_reauthenticate(client, alice)
    sign_in_with(client, "github", "connect")
    assert "GitHub octocat Disconnect" in words(client.get("/accounts/3rdparty/"))
    other = Client()
    assert sign_in_with(other, "github").headers["Location"] == "/dashboard/"
    assert other.session["_auth_user_id"] == str(alice.pk)


def test_a_connected_account_does_not_replace_the_second_factor(
    client: Client, alice: User, providers: IdentityProviders
) -> None:
    sign_in_and_reauthenticate(client, alice)
    sign_in_with(client, "github", "connect")
    TOTP.activate(alice, str(generate_totp_secret()))
    rows = account_rows(alice)
    providers.email = "another@example.com"
    other = Client()
    assert sign_in_with(other, "github").headers["Location"] == AUTHENTICATE
    assert not is_signed_in(other)
    assert account_rows(alice) == rows


def test_a_disconnected_account_is_removed(client: Client, alice: User) -> None:
    sign_in_and_reauthenticate(client, alice)
    sign_in_with(client, "github", "connect")
    client.post("/accounts/3rdparty/", {"account": SocialAccount.objects.get().pk})
    assert not SocialAccount.objects.exists()


def test_cancelling_at_the_provider_shows_a_page(client: Client) -> None:
    location = sign_in_with(client, "github", error="access_denied").headers["Location"]
    assert "Sign-in cancelled" in words(client.get(location))


def test_a_provider_that_is_down_shows_an_error_page(client: Client, providers: IdentityProviders) -> None:
    providers.is_down = True
    assert "Sign-in failed" in words(sign_in_with(client, "github"))


def test_sign_in_and_sign_up_show_the_providers(client: Client) -> None:
    for path in (SIGN_IN, SIGN_UP):
        page = words(client.get(path))
        assert "Continue with Google" in page
        assert "Continue with GitHub" in page


def test_without_credentials_no_provider_is_enabled() -> None:
    variables = {"SECRET_KEY": "x", "DATABASE_URL": "postgresql://nowhere/none"}
    output = subprocess.check_output([sys.executable, "-c", PRINT_PROVIDERS], cwd=PROJECT, env=variables, text=True)
    assert output.split() == ["0", "'self'", "https://checkout.stripe.com"]


@pytest.mark.parametrize("variable", ["GOOGLE_CLIENT_ID", "GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"])
def test_incomplete_credentials_are_a_configuration_error(variable: str) -> None:
    missing = variable.replace("_ID", "_SECRET") if variable.endswith("_ID") else variable.replace("_SECRET", "_ID")
    process = manage("check", **{"SECRET_KEY": "x", variable: "half"})
    assert process.returncode == 1
    assert len(process.stderr.strip().splitlines()) == 1
    assert missing in process.stderr
