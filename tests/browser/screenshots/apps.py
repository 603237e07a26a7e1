"""Screens of connected apps: the consent page for each kind of app, its errors, and the list of apps."""

import uuid
from datetime import timedelta
from typing import Final

from django.utils import timezone
from playwright.sync_api import Page, Route

from accounts import api_keys
from accounts.models import ApiKey, OAuthClient, User
from tests.accounts.oauth.steps import connect
from tests.browser.scenes import finished
from tests.browser.screenshots.walks import Screen, Walk
from tests.browser.test_sign_in import sign_in
from tests.website.oauth.steps import consent_path
from website.public.samples import SAMPLES

CLAUDE: Final = "https://claude.example/oauth/client.json"
LOOPBACK: Final = "http://127.0.0.1:33418/callback"
WEB: Final = "https://claude.example/api/mcp/auth_callback"
APP: Final = "cursor://anysphere.cursor-mcp/oauth/callback"
LONG_HOST: Final = "https://sign-in.of-a-department.with-a-very-long-name.example-of-a-company.example/callback"
LONG_NAME: Final = "An agent with a name that fills the whole line and more than one of them at once"


def create_apps(user: User) -> dict[str, uuid.UUID]:
    """Create clients of every kind, and connect some of them to the account. Return the id of one connection."""
    clients = {
        "claude": _client(CLAUDE, "Claude", [WEB]),
        "cursor": _client("cursor", "Cursor", [APP, LOOPBACK]),
        "chatgpt": _client("chatgpt", "ChatGPT", ["https://chatgpt.example/connector"]),
        "old": _client("old", "Image bot", [LOOPBACK]),
    }
    _client("inspector", "MCP Inspector", [LOOPBACK])
    _client("long", LONG_NAME, [LONG_HOST])
    for client, limits in (
        (clients["claude"], {"confirm_above": 1200}),
        (clients["cursor"], {"allowed_models": ["google:gemini-2.5-flash-image", "openai:gpt-image-2"]}),
        (clients["chatgpt"], {"monthly_credit_cap": 50}),
        (clients["old"], {"monthly_credit_cap": None}),
    ):
        connect(user, client, **limits)
    connections = {key.client_id: key for key in ApiKey.objects.filter(user=user).exclude(client=None)}
    finished(user, SAMPLES[3], connections[CLAUDE])
    connections["old"].tokens.all().delete()
    api_keys.revoke(connections["chatgpt"])
    ApiKey.objects.filter(client=CLAUDE).update(last_used_at=timezone.now(), last_used_client="Claude-User")
    connected_at = timezone.now() - timedelta(days=14)
    ApiKey.objects.filter(client="chatgpt").update(created_at=connected_at)
    return {"app": connections["cursor"].pk}


def _client(client_id: str, name: str, redirect_uris: list[str]) -> OAuthClient:
    fresh_until = timezone.now() + timedelta(days=1) if client_id.startswith("https") else None
    return OAuthClient.objects.create(id=client_id, name=name, redirect_uris=redirect_uris, fresh_until=fresh_until)


def _open_models(page: Page) -> None:
    page.locator(".consent-models summary").click()


def _send_errors(page: Page) -> None:
    page.get_by_label("Connection name").fill(" ")
    page.get_by_label("Monthly cap").fill("0")
    page.get_by_label("Ask me above").fill("-1")
    page.locator(".consent-models summary").click()
    for box in page.locator("input[name=allowed_models]").all():
        box.uncheck()
    # Without the browser's own checks, the server finds the errors.
    page.locator(".consent-form").evaluate("form => { form.noValidate = true; }")
    page.get_by_role("button", name="Connect").click()
    page.get_by_text("Select at least one model.").wait_for()


def _sign_in(page: Page) -> None:
    sign_in(page, "mara@example.com")
    page.get_by_role("heading", name="This app can't be connected").wait_for()


def _without_refresh(route: Route) -> None:
    """Answer a request without the header that sends the browser on."""
    response = route.fetch()
    headers = {name: value for name, value in response.headers.items() if name != "refresh"}
    route.fulfill(response=response, headers=headers)


WALKS: Final = (
    Walk(
        "active",
        (
            Screen("apps-change", "/dashboard/keys/{app}/"),
            Screen("apps-disconnect", "/dashboard/keys/{app}/revoke/"),
            Screen("consent-this-computer", consent_path("inspector", redirect_uri=LOOPBACK)),
            Screen("consent-models", action=_open_models),
            Screen("consent-errors", consent_path("inspector", redirect_uri=LOOPBACK), _send_errors, status=422),
            Screen("consent-connected", consent_path(CLAUDE, redirect_uri=WEB)),
            Screen("consent-scheme", consent_path("cursor", redirect_uri=APP, scope="images:read")),
            Screen("consent-long", consent_path("long", redirect_uri=LONG_HOST)),
            Screen("consent-refused", consent_path("cursor", redirect_uri="https://elsewhere.example/"), status=400),
            Screen("consent-unknown-app", consent_path("unknown"), status=400),
        ),
    ),
    Walk(
        "",
        (
            Screen(
                "consent-refused-after-sign-in",
                consent_path("inspector", redirect_uri=LOOPBACK, code_challenge=None),
                _sign_in,
                status=400,
            ),
        ),
    ),
    Walk("new", (Screen("consent-no-credits", consent_path(CLAUDE, redirect_uri=WEB)),)),
    Walk("ready to connect", (Screen("consent-document", consent_path(CLAUDE, redirect_uri=WEB)),)),
)
