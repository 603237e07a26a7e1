"""Connected apps on the keys page: the list, and changing and disconnecting one."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, OAuthClient, OAuthToken, User
from images import generation
from images.schemas import GenerationArguments
from tests.accounts.oauth.steps import connect, create_client, refresh
from tests.factories import caller_of
from tests.rendered import words
from tests.website.sign_in.steps import PASSWORD, sign_in, verified_user

pytestmark = pytest.mark.django_db

PATH = "/dashboard/keys/"


@pytest.fixture
def app(alice: User) -> ApiKey:
    """An app that Alice has connected."""
    client = create_client("Studio app")
    connect(alice, client)
    return ApiKey.objects.get(client=client)


def list_text(client: Client) -> str:
    """Return the text of both lists."""
    return words(client.get(PATH, headers={"hx-request": "true"}))


def form(**fields: Any) -> dict[str, Any]:
    return {"name": "Studio", "monthly_credit_cap": "30", "allowed_models": ["openai:gpt-image-2"], **fields}


def test_an_account_without_apps_sees_how_to_connect_one(alice_client: Client) -> None:
    assert "No apps connected. Paste the URL from MCP setup" in list_text(alice_client)


def test_an_app_is_listed_apart_from_the_keys(alice_client: Client, alice: User, app: ApiKey) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    keys, _, apps = list_text(alice_client).partition("Connected apps")
    assert ("Laptop" in keys, "Studio app" in keys) == (True, False)
    assert f"sk_…{key.last_four}" in keys
    assert ("Laptop" in apps, "Studio app" in apps) == (False, True)
    assert "…" not in apps


def test_a_row_shows_place_scopes_cap_spending_and_last_use(alice_client: Client, alice: User, app: ApiKey) -> None:
    arguments = GenerationArguments.model_validate({"prompt": "a lake", "modelId": "openai:gpt-image-2"})
    generation.request(caller_of(alice, app), arguments)
    used = timezone.now() - timedelta(minutes=5)
    ApiKey.objects.filter(pk=app.pk).update(last_used_at=used, last_used_client="claude-code/2.1.4 (cli)")
    text = list_text(alice_client)
    for part in ("Studio app This computer, self-declared Can see and generate images", "Claude Code 5 min ago"):
        assert part in text
    assert "5 of 100 credits" in text


@pytest.mark.parametrize(
    ("client_id", "redirect_uris", "address"),
    [
        ("https://claude.ai/oauth/mcp.json", ["https://claude.ai/api/mcp/auth_callback"], "claude.ai"),
        ("random", ["https://app.example/callback", "https://app.example/other"], "app.example, self-declared"),
        (
            "random",
            ["cursor://anysphere.cursor-mcp/oauth/callback", "https://cursor.com/callback", "http://127.0.0.1/"],
            "cursor: links, cursor.com, this computer, self-declared",
        ),
    ],
)
def test_only_a_metadata_document_vouches_for_a_host(
    alice_client: Client, alice: User, client_id: str, redirect_uris: list[str], address: str
) -> None:
    fresh_until = timezone.now() if client_id.startswith("https") else None
    client = OAuthClient.objects.create(
        id=client_id, name="Studio app", redirect_uris=redirect_uris, fresh_until=fresh_until
    )
    connect(alice, client)
    assert f"Studio app {address} Can see" in list_text(alice_client)


@pytest.mark.parametrize(
    ("scopes", "text"),
    [(["images:read"], "Can only see images"), (["images:generate"], "Can only generate images")],
)
def test_a_narrow_connection_says_so(alice_client: Client, app: ApiKey, scopes: list[str], text: str) -> None:
    OAuthToken.objects.update(scopes=scopes)
    assert text in list_text(alice_client)


def test_an_app_without_a_valid_refresh_token_is_signed_out(alice_client: Client, app: ApiKey) -> None:
    assert "Signed out" not in list_text(alice_client)
    OAuthToken.objects.filter(is_refresh=True).update(expires_at=timezone.now())
    assert "Signed out" in list_text(alice_client)


def test_a_change_is_stored(alice_client: Client, app: ApiKey) -> None:
    assert "Expiry date" not in words(alice_client.get(f"{PATH}{app.pk}/"))
    page = alice_client.post(f"{PATH}{app.pk}/", form(), follow=True)
    app.refresh_from_db()
    assert (app.name, app.monthly_credit_cap, app.allowed_models) == ("Studio", 30, ["openai:gpt-image-2"])
    assert "“Studio” was saved." in words(page)


def test_a_refused_change_keeps_what_was_typed(alice_client: Client, app: ApiKey) -> None:
    response = alice_client.post(f"{PATH}{app.pk}/", form(name="", monthly_credit_cap="0"))
    assert response.status_code == 422
    assert 'value="0"' in response.content.decode()
    app.refresh_from_db()
    assert (app.name, app.monthly_credit_cap) == ("Studio app", 100)


def test_an_expiry_in_the_form_is_ignored(alice_client: Client, app: ApiKey) -> None:
    alice_client.post(f"{PATH}{app.pk}/", form(expires_at="2020-01-01"))
    app.refresh_from_db()
    assert (app.name, app.expires_at) == ("Studio", None)


def test_disconnecting_is_confirmed_and_ends_the_tokens(alice_client: Client, app: ApiKey) -> None:
    question = words(alice_client.get(f"{PATH}{app.pk}/revoke/"))
    assert "Disconnect “Studio app”?" in question
    assert "The app (This computer, self-declared) stops working immediately" in question
    assert OAuthToken.objects.exists()
    page = alice_client.post(f"{PATH}{app.pk}/revoke/", follow=True)
    assert "“Studio app” was disconnected." in words(page)
    assert not OAuthToken.objects.exists()
    text = list_text(alice_client)
    assert "Disconnected" in text
    assert "Signed out" not in text


def test_a_disconnected_app_comes_last_and_cannot_be_changed(alice_client: Client, alice: User, app: ApiKey) -> None:
    newer = create_client("Newer app")
    connect(alice, newer)
    api_keys.revoke(ApiKey.objects.get(client=newer))
    names = [row.usage.key.name for row in alice_client.get(PATH).context["apps"]]
    assert names == ["Studio app", "Newer app"]
    response = alice_client.post(f"{PATH}{ApiKey.objects.get(client=newer).pk}/", form())
    assert response.status_code == 409
    assert "This app is disconnected" in words(response)


def test_fifty_apps_take_no_more_queries_than_one(alice_client: Client, alice: User, app: ApiKey) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            alice_client.get(PATH)
        return len(captured)

    before = queries()
    for number in range(10):
        connect(alice, create_client(f"App {number}"))
    assert queries() == before


@pytest.mark.parametrize("path", ["/dashboard/images/", "/dashboard/usage/"])
def test_filters_name_an_app_without_characters_of_a_secret(
    alice_client: Client, alice: User, app: ApiKey, path: str
) -> None:
    api_keys.create(alice, name="Laptop")
    page = alice_client.get(path, {"key": str(app.pk)}).content.decode()
    assert f'<option value="{app.pk}" selected>Studio app</option>' in page
    assert "Studio app …" not in page


def test_pages_of_an_image_name_the_app(alice_client: Client, alice: User, app: ApiKey) -> None:
    arguments = GenerationArguments.model_validate({"prompt": "a lake", "modelId": "openai:gpt-image-2"})
    image = generation.request(caller_of(alice, app), arguments).image
    assert "Created by Connected app Studio app" in words(alice_client.get(f"/dashboard/images/{image.pk}/"))
    assert "App: Studio app" in words(alice_client.get("/dashboard/images/", {"key": str(app.pk), "state": "all"}))
    assert "Studio app" in words(alice_client.get("/dashboard/usage/"))


def test_a_new_password_keeps_apps_connected_and_the_pages_say_so(client: Client, alice: User) -> None:
    app = create_client("Studio app")
    tokens = connect(alice, app)
    sign_in(client, verified_user(alice).email)
    page = words(client.get("/accounts/password/change/"))
    assert "API keys and connected apps keep working." in page
    assert "Revoke keys or disconnect apps" in page
    new = {"oldpassword": PASSWORD, "password1": "plum kettle orbit velvet", "password2": "plum kettle orbit velvet"}
    assert client.post("/accounts/password/change/", new).status_code == 302
    assert "API keys and connected apps keep working." in mail.outbox[-1].body
    assert refresh(app, tokens)
