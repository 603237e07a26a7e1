"""Screens of the public pages, the error pages and the development mailbox."""

from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page

from images.statistics import service_status
from images.statistics.service_status import ProviderHealth, ServiceStatus
from tests.browser.screenshots.walks import Screen, Walk

CLIENTS: Final = ("claude-code", "claude-desktop", "cursor", "vs-code", "codex-cli", "chatgpt", "other")
ERRORS: Final = (("400", 400), ("403", 403), ("403_csrf", 403), ("404", 404), ("429", 429), ("500", 500))


def _choose_codex(page: Page) -> None:
    page.get_by_role("radio", name="Codex CLI").check(force=True)


def _show_working_status(page: Page) -> None:
    providers = [ProviderHealth("openai", True, 1204, 9, 11.0), ProviderHealth("google", True, 873, 0, 13.5)]
    cache.set(service_status.CACHE_KEY, ServiceStatus(timezone.now(), True, True, providers))
    page.reload()


WALKS: Final = (
    Walk(
        "",
        (
            Screen("landing", "/"),
            Screen("landing-other-client", "/", _choose_codex),
            Screen("pricing", "/pricing"),
            *(Screen(f"docs-mcp-{client}", f"/docs/mcp/{client}") for client in CLIENTS),
            Screen("docs-api", "/docs/api"),
            Screen("docs-openai", "/docs/openai"),
        ),
    ),
    Walk(
        "ready to connect",
        (
            Screen("landing-signed-in", "/"),
            Screen("pricing-signed-in", "/pricing"),
            Screen("docs-mcp-signed-in", "/docs/mcp/claude-code"),
        ),
    ),
    Walk("active", (Screen("docs-mcp-connected", "/docs/mcp/claude-code"),)),
    Walk("new", (Screen("docs-mcp-without-key", "/docs/mcp/claude-code"),)),
    Walk(
        "",
        tuple(Screen(f"error-{name}", f"/errors/{name}/{status}", status=status) for name, status in ERRORS),
        settings={"ROOT_URLCONF": "tests.browser.screenshots.errors"},
    ),
    Walk(
        "",
        (
            Screen("shared-with-prompt", "/s/{shared_with_prompt}"),
            Screen("shared-without-prompt", "/s/{shared_without_prompt}"),
            Screen("shared-revoked", "/s/nothing", status=404),
        ),
    ),
    Walk(
        "",
        (
            Screen("models", "/models"),
            Screen("status", "/status"),
            Screen("status-working", "/status", _show_working_status),
        ),
    ),
    Walk("", (Screen("terms", "/terms"),), settings={"TERMS_FILE": str(settings.BASE_DIR / "SECURITY.md")}),
    Walk("", (Screen("privacy", "/privacy"),), settings={"PRIVACY_FILE": str(settings.BASE_DIR / "SECURITY.md")}),
    Walk("", (Screen("development-mail", "/dev/mail"),), settings={"DEBUG": True}),
)
