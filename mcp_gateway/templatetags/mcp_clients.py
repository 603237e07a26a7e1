"""What the landing page, which may not know of MCP, shows of its clients."""

from collections.abc import Sequence
from typing import Final

from django import template

from mcp_gateway import clients
from mcp_gateway.clients import Client
from mcp_gateway.pages import docs

register = template.Library()

# Each has a tab with what it is given.
WITH_TABS: Final = ("claude-code", "cursor", "codex-cli")
NAMED: Final = (
    "claude-code",
    "cursor",
    "vs-code",
    "codex-cli",
    "gemini-cli",
    "zed",
    "jetbrains",
    "windsurf",
    "lm-studio",
)
KEY: Final = "sk_..."


@register.inclusion_tag("landing/_commands.html")
def connecting_commands() -> dict[str, object]:
    """Show what a few clients are given, and what a program sends instead."""
    chosen = [clients.BY_SLUG[slug] for slug in WITH_TABS]
    return {"ways": [(client, client.snippets(docs.endpoint(), KEY)[0]) for client in chosen]}


@register.inclusion_tag("landing/_clients.html")
def named_clients() -> dict[str, object]:
    """Name those that most people have, and say how many more there are."""
    named: Sequence[Client] = [clients.BY_SLUG[slug] for slug in NAMED]
    return {"named": named, "more": len(clients.CLIENTS) - len(named)}
