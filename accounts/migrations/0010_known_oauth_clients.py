"""Copies of the metadata documents of well-known clients.

Some of these documents cannot be fetched from data centres. They are fetched at the first use, and stay if that fails.
"""

from datetime import UTC, datetime
from typing import Any, Final

from django.db import migrations

OUTDATED: Final = datetime(2026, 1, 1, tzinfo=UTC)
# As published in 2026.
CLIENTS: Final = (
    ("https://claude.ai/oauth/mcp-oauth-client-metadata", "Claude", ["https://claude.ai/api/mcp/auth_callback"]),
    (
        "https://claude.ai/oauth/claude-code-client-metadata",
        "Claude Code",
        ["http://localhost/callback", "http://127.0.0.1/callback"],
    ),
    (
        "https://chatgpt.com/oauth/codex/client.json",
        "Codex",
        ["http://127.0.0.1/callback", "http://localhost/callback"],
    ),
    (
        "https://chatgpt.com/oauth/client.json",
        "ChatGPT",
        ["https://chatgpt.com/connector_platform_oauth_redirect"],
    ),
    (
        "https://vscode.dev/oauth/client-metadata.json",
        "Visual Studio Code",
        ["http://127.0.0.1:33418/", "https://vscode.dev/redirect"],
    ),
    (
        "https://opencode.ai/oauth/opencode/client.json",
        "opencode",
        ["http://127.0.0.1/callback", "http://localhost/callback"],
    ),
    ("https://zed.dev/oauth/client-metadata.json", "Zed", ["http://127.0.0.1/callback"]),
)


def add_clients(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001 - the signature is Django's
    clients = apps.get_model("accounts", "OAuthClient").objects
    for client_id, name, redirect_uris in CLIENTS:
        defaults = {"name": name, "redirect_uris": redirect_uris, "auth_method": "none", "fresh_until": OUTDATED}
        clients.get_or_create(id=client_id, defaults=defaults)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_oauth")]

    operations = [migrations.RunPython(add_clients, migrations.RunPython.noop)]
