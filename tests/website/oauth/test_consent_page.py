"""The consent page: what it says about the app, the account and the limits; the email about a first connection."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, OAuthClient, User
from billing.models import CreditAccount
from images.models import ModelPrice
from tests.accounts.oauth.steps import create_client, new_code
from tests.factories import create_user
from tests.rendered import words
from tests.website.oauth import steps

pytestmark = pytest.mark.django_db

SELF_DECLARED = "Self-declared name The app chose this name; we haven't checked it."


@pytest.fixture(autouse=True)
def _signed_in(client: Client, alice: User) -> None:
    client.force_login(alice)


def consent(client: Client, app: OAuthClient, **parameters: Any) -> str:
    """Return the text of the consent page."""
    response = client.get(steps.consent_path(app.pk, **{"redirect_uri": app.redirect_uris[0], **parameters}))
    assert response.status_code == 200
    return words(response)


def new_app(name: str, redirect_uri: str, client_id: str = "random") -> OAuthClient:
    fresh_until = timezone.now() + timedelta(days=1) if client_id != "random" else None
    return OAuthClient.objects.create(id=client_id, name=name, redirect_uris=[redirect_uri], fresh_until=fresh_until)


def test_a_registered_app_on_this_computer_is_marked_and_warned_about(client: Client) -> None:
    text = consent(client, create_client("Studio app"))
    assert f"Connect Studio app to your account? {SELF_DECLARED}" in text
    assert "127.0.0.1, a program on this computer." in text
    assert "Continue only if you just started this in Studio app." in text


def test_an_app_with_a_document_is_identified_by_its_host(client: Client) -> None:
    app = new_app("Claude", "https://claude.example/callback", "https://docs.claude.example/client.json")
    text = consent(client, app)
    assert "This app's details come from docs.claude.example." in text
    assert "Self-declared" not in text
    assert "Returns you to claude.example" in text
    assert "Continue only if" not in text


def test_an_app_with_a_scheme_of_its_own_is_named_by_it(client: Client) -> None:
    text = consent(client, new_app("Cursor", "cursor://anysphere.cursor-mcp/oauth/callback"))
    assert SELF_DECLARED in text
    assert "The app on this device that opens cursor: links." in text


def test_markup_in_a_name_is_text(client: Client) -> None:
    app = create_client("<b>Best</b> & only")
    html = client.get(steps.consent_path(app.pk)).content.decode()
    assert "<bdi>&lt;b&gt;Best&lt;/b&gt; &amp; only</bdi>" in html
    assert "<b>Best" not in html


def test_the_account_with_its_balance_and_a_way_to_another_one(client: Client, bob: User) -> None:
    path = steps.consent_path(create_client().pk)
    page = client.get(path)
    assert "alice@example.com, 100 credits. Not you?" in words(page)
    response = client.post("/accounts/logout/", {"next": path})
    assert response["Location"] == path
    assert client.get(path)["Location"].startswith("/accounts/login/?next=/oauth/authorize")
    client.force_login(bob)
    assert "bob@example.com, 100 credits." in words(client.get(path))


@pytest.mark.parametrize(
    ("scope", "see", "generate"),
    [("images:read images:generate", True, True), ("images:read", True, False), ("images:generate", False, True)],
)
def test_the_scopes_are_shown_in_words(client: Client, scope: str, see: bool, generate: bool) -> None:
    text = consent(client, create_client(), scope=scope)
    assert ("See your images" in text, "Generate images with your credits" in text) == (see, generate)


@pytest.mark.parametrize(("balance", "warning"), [(0, "You have no credits."), (1, "1 credit won't buy an image.")])
def test_a_balance_that_pays_for_no_image_is_a_warning(client: Client, balance: int, warning: str) -> None:
    ModelPrice.objects.update(credits=2)
    client.force_login(create_user("carol@example.com", credits=balance))
    text = consent(client, create_client())
    assert f"{warning} You can connect now." in text


def test_a_sufficient_balance_is_no_warning(client: Client) -> None:
    assert "You can connect now." not in consent(client, create_client())


def test_the_form_suggests_the_apps_name_100_credits_and_all_models(client: Client) -> None:
    html = client.get(steps.consent_path(create_client("Studio app").pk)).content.decode()
    assert 'value="Studio app"' in html
    assert 'value="100"' in html
    assert html.count(" checked>") == html.count('name="allowed_models"')


def test_an_app_that_is_connected_already_continues_its_connection(client: Client, alice: User) -> None:
    app = create_client("Studio app")
    new_code(alice, app, name="My laptop", monthly_credit_cap=None, allowed_models=["openai:gpt-image-2"])
    response = client.get(steps.consent_path(app.pk))
    assert "This app is already connected as “My laptop”." in words(response)
    html = response.content.decode()
    assert 'value="My laptop"' in html
    assert 'value="100"' not in html
    assert html.count(" checked>") == 1
    assert "1 of " in words(response)


def test_errors_of_the_form_stand_at_its_fields_and_keep_what_was_typed(client: Client) -> None:
    path = steps.consent_path(create_client().pk)
    values = {"name": "", "monthly_credit_cap": "many", "allowed_models": []}
    response = client.post(path, values)
    assert response.status_code == 422
    text = words(response)
    assert "Enter a whole number of credits." in text
    assert 'value="many"' in response.content.decode()
    response = client.post(path, {**values, "monthly_credit_cap": "0"})
    text = words(response)
    assert "Select at least one model." in text
    assert "0 of " in text
    assert '<details class="consent-models" open>' in response.content.decode()
    assert not ApiKey.objects.exists()


def test_the_page_of_a_bad_request_says_to_connect_anew(client: Client) -> None:
    response = client.get(steps.consent_path(create_client("Studio app").pk, redirect_uri="https://evil.example/"))
    text = words(response)
    assert "This app can't be connected" in text
    assert "Studio app asked to return to an address that it has not registered." in text
    assert "add it again" in text
    assert "evil.example" not in response.content.decode()


def test_the_first_connection_of_an_app_is_reported_by_email(
    client: Client, alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    app = create_client("Studio app")
    path = steps.consent_path(app.pk)
    with django_capture_on_commit_callbacks(execute=True):
        steps.approve(client, path, monthly_credit_cap="7")
    (email,) = mail.outbox
    assert (email.to, email.subject) == ([alice.email], "An app was connected to your account")
    for part in ("Studio app (the app chose this name", "Monthly cap: 7 credits", "/dashboard/keys/"):
        assert part in email.body
    with django_capture_on_commit_callbacks(execute=True):
        steps.approve(client, path)
        api_keys.revoke(ApiKey.objects.get(client=app))
        steps.approve(client, path)
    assert len(mail.outbox) == 1


def test_the_email_names_the_host_of_an_app_with_a_document(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    app = new_app("Claude", "https://claude.example/callback", "https://claude.example/client.json")
    with django_capture_on_commit_callbacks(execute=True):
        steps.approve(client, steps.consent_path(app.pk, redirect_uri=app.redirect_uris[0]), monthly_credit_cap="")
    assert "App: Claude (from claude.example)" in mail.outbox[0].body
    assert "Monthly cap: none" in mail.outbox[0].body


def test_a_mail_server_that_is_away_prevents_no_connection(
    client: Client, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with django_capture_on_commit_callbacks(execute=True):
        assert "code" in steps.approve(client, steps.consent_path(create_client().pk))


def test_another_users_connection_is_not_continued(client: Client, alice: User, bob: User) -> None:
    app = create_client("Studio app")
    new_code(bob, app, name="Bob's laptop")
    text = consent(client, app)
    assert "Bob's laptop" not in text
    assert "already connected" not in text


def test_a_connection_spends_no_credits(client: Client, alice: User) -> None:
    steps.approve(client, steps.consent_path(create_client().pk))
    assert CreditAccount.objects.get(user=alice).balance == 100
