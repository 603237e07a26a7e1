"""The request for consent: what leads to the page, what back to the app, and what to a page of ours."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from accounts import api_keys
from accounts.models import ApiKey, AuthorizationCode, User
from tests.website.oauth import steps

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(client: Client, alice: User) -> str:
    """The id of a registered client; Alice is signed in."""
    client.force_login(alice)
    uris = [steps.REDIRECT_URI, "https://app.example/callback?source=mcp", "cursor://app/callback"]
    return str(steps.register(client, redirect_uris=uris)["client_id"])


@pytest.mark.parametrize(
    "redirect_uri",
    [
        steps.REDIRECT_URI,
        "http://127.0.0.1:1/callback",
        "http://127.0.0.1/callback",
        "https://app.example/callback?source=mcp",
        "cursor://app/callback",
    ],
)
def test_a_registered_redirect_uri_leads_to_the_page(client: Client, app: str, redirect_uri: str) -> None:
    assert client.get(steps.consent_path(app, redirect_uri=redirect_uri)).status_code == 200


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://localhost:33418/callback",
        "http://127.0.0.1:33418/other",
        "http://127.0.0.1:33418/callback?x=1",
        "http://user@127.0.0.1:33418/callback",
        "http://127.0.0.1:33418/callback#x",
        "https://127.0.0.1:33418/callback",
        "https://app.example/callback",
        "https://app.example:444/callback?source=mcp",
        "https://APP.example/callback?source=mcp",
        "https://evil.example/",
        "cursor://app/callback/",
        "",
        None,
        ["https://app.example/callback?source=mcp", "https://evil.example/"],
    ],
)
def test_another_redirect_uri_leads_to_a_page_of_ours(client: Client, app: str, redirect_uri: Any) -> None:
    response = client.get(steps.consent_path(app, redirect_uri=redirect_uri))
    assert response.status_code == 400
    assert "Location" not in response


@pytest.mark.parametrize("client_id", ["unknown", "", None, "a\0b", "https://nothing.example/app.json", ["a", "b"]])
def test_an_unknown_client_leads_to_a_page_of_ours(client: Client, app: str, client_id: Any, settings: Any) -> None:
    settings.OAUTH_CLIENT_METADATA_DOCUMENTS = False
    response = client.get(steps.consent_path(app, client_id=client_id))
    assert response.status_code == 400
    assert "Location" not in response


def test_the_only_redirect_uri_may_be_left_out(client: Client, alice: User) -> None:
    client.force_login(alice)
    client_id = steps.register(client)["client_id"]
    assert client.get(steps.consent_path(client_id, redirect_uri=None)).status_code == 200


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "a" * 44}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": ["images:read", "images:generate"]}, "invalid_request"),
        ({"resource": "https://evil.example/api/mcp"}, "invalid_target"),
        ({"resource": "{site}/api/v1"}, "invalid_target"),
        ({"resource": "{site}/api/mcp?x=1"}, "invalid_target"),
        ({"resource": ["{site}/api/mcp", "https://evil.example"]}, "invalid_target"),
        ({"resource": "http://[::1"}, "invalid_target"),
    ],
)
@pytest.mark.parametrize("redirect_uri", [steps.REDIRECT_URI, "https://app.example/callback?source=mcp"])
def test_an_error_returns_to_the_app_with_issuer_and_state(
    client: Client, app: str, parameters: dict[str, Any], error: str, redirect_uri: str
) -> None:
    filled = {name: _fill(value) for name, value in parameters.items()}
    response = client.get(steps.consent_path(app, redirect_uri=redirect_uri, **filled))
    redirect = steps.answer(response)
    assert (redirect["error"], redirect["state"], redirect["iss"]) == (error, "some state", settings.SITE_URL)
    assert redirect["error_description"]
    assert response["Location"].startswith(redirect_uri)


def _fill(value: Any) -> Any:
    if isinstance(value, list):
        return [_fill(item) for item in value]
    return value.replace("{site}", settings.SITE_URL) if value else value


@pytest.mark.parametrize(
    "resource", ["{site}/api/mcp", "{site}/api/mcp/", "{site}", "{site}/", "{upper}/api/mcp", None]
)
def test_every_spelling_of_the_resource_is_accepted(client: Client, app: str, resource: str | None) -> None:
    site = urlsplit(settings.SITE_URL)
    upper = f"{site.scheme.upper()}://{site.netloc.upper()}"
    text = resource and resource.format(site=settings.SITE_URL, upper=upper)
    assert client.get(steps.consent_path(app, resource=text)).status_code == 200


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        (None, ["images:generate", "images:read"]),
        ("", ["images:generate", "images:read"]),
        ("openid offline_access", ["images:generate", "images:read"]),
        ("images:read openid", ["images:read"]),
        ("images:generate", ["images:generate"]),
    ],
)
def test_unknown_scopes_are_ignored(client: Client, app: str, scope: str | None, granted: list[str]) -> None:
    steps.approve(client, steps.consent_path(app, scope=scope))
    assert AuthorizationCode.objects.get().scopes == granted


def test_without_state_the_redirect_has_none(client: Client, app: str) -> None:
    assert "state" not in steps.approve(client, steps.consent_path(app, state=None))


def test_cancelling_returns_access_denied(client: Client, app: str) -> None:
    redirect = steps.answer(client.post(steps.consent_path(app), {"decision": "cancel"}))
    assert (redirect["error"], redirect["state"], redirect["iss"]) == ("access_denied", "some state", settings.SITE_URL)
    assert not ApiKey.objects.filter(client=app).exists()


def test_somebody_signed_out_signs_in_first_and_comes_back(client: Client) -> None:
    response = client.get(steps.consent_path("anything"))
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=/oauth/authorize%3F")


def test_the_request_is_checked_again_when_the_form_is_sent(client: Client, app: str) -> None:
    assert client.post(steps.consent_path(app, redirect_uri="https://evil.example/"), {"name": "x"}).status_code == 400
    redirect = steps.answer(client.post(steps.consent_path(app, code_challenge=None), {"name": "x"}))
    assert redirect["error"] == "invalid_request"
    assert not ApiKey.objects.filter(client=app).exists()


def test_the_form_names_what_is_wrong_and_keeps_what_was_typed(client: Client, app: str) -> None:
    values = {"name": "", "monthly_credit_cap": "0", "allowed_models": ["openai:gpt-image-2"]}
    response = client.post(steps.consent_path(app), values)
    assert response.status_code == 422
    form = response.context["form"]
    assert set(form.errors) == {"name", "monthly_credit_cap"}
    assert form["monthly_credit_cap"].value() == "0"
    assert form["allowed_models"].value() == ["openai:gpt-image-2"]
    assert not ApiKey.objects.filter(client=app).exists()


def test_the_cap_is_100_credits_unless_it_is_emptied(client: Client, app: str) -> None:
    assert client.get(steps.consent_path(app)).context["form"]["monthly_credit_cap"].value() == 100
    steps.approve(client, steps.consent_path(app), monthly_credit_cap="")
    assert ApiKey.objects.get(client=app).monthly_credit_cap is None


def test_only_this_page_may_send_its_form_to_the_app(client: Client, app: str) -> None:
    for redirect_uri, source in [
        ("http://127.0.0.1:5/callback", "http://127.0.0.1:5"),
        ("https://app.example/callback?source=mcp", "https://app.example"),
        ("cursor://app/callback", "cursor:"),
    ]:
        policy = client.get(steps.consent_path(app, redirect_uri=redirect_uri))["Content-Security-Policy"]
        (sources,) = (part.split()[1:] for part in policy.split(";") if part.strip().startswith("form-action"))
        assert source in sources
    assert "cursor:" not in client.get("/dashboard/settings/")["Content-Security-Policy"]


def test_after_sign_in_an_error_waits_for_a_click(client: Client, app: str) -> None:
    path = steps.consent_path(app, code_challenge=None)
    signed_in = parse_qs(urlsplit(Client().get(path)["Location"]).query)["next"][0]
    response = client.get(signed_in)
    assert (response.status_code, "Location" in response, "Refresh" in response) == (400, False, False)
    redirect = client.get(path)["Location"]
    assert f'href="{escape(redirect)}"' in response.content.decode()


def test_connecting_again_continues_the_connection(client: Client, app: str, alice: User) -> None:
    steps.approve(client, steps.consent_path(app), name="Laptop", monthly_credit_cap="5", confirm_above="0")
    assert client.get(steps.consent_path(app)).context["form"]["name"].value() == "Laptop"
    steps.approve(client, steps.consent_path(app), monthly_credit_cap="6")
    connection = ApiKey.objects.get(client=app)
    assert (connection.name, connection.monthly_credit_cap, connection.confirm_above) == ("Laptop", 6, 0)
    api_keys.revoke(connection)
    steps.approve(client, steps.consent_path(app))
    assert ApiKey.objects.filter(user=alice, client=app).count() == 2


def test_a_suspended_account_gets_no_code(client: Client, app: str, alice: User) -> None:
    path = steps.consent_path(app)
    assert client.get(path).status_code == 200
    User.objects.filter(pk=alice.pk).update(suspended_at=timezone.now())
    client.post(path, {"name": "x"})
    assert not AuthorizationCode.objects.exists()


def test_connections_count_towards_the_limit_of_keys(client: Client, app: str, alice: User) -> None:
    for number in range(api_keys.LIVE_KEYS_PER_USER):
        api_keys.create(alice, name=f"Key {number}")
    response = client.post(steps.consent_path(app), {"name": "x", "allowed_models": ["openai:gpt-image-2"]})
    assert response.status_code == 422
    assert "at most 50" in response.context["form_error"]
