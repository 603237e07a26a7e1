"""Set-up snippets that contain a newly created key: one tab for each common client, REST, and the other clients."""

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from django.conf import settings
from django.urls import reverse

from website.docs import clients, mcp
from website.docs.clients import Client, Snippet

# Clients with a tab of their own; the others share the tab "More".
CLIENTS_WITH_TABS: Final = ("claude-code", "cursor", "codex-cli")
EXAMPLE_PROMPT: Final = "A red kite over a calm sea"


class Setup(NamedTuple):
    """How to add the key to one client: an install link if the client supports one, snippets, and the guide's URL."""

    name: str
    link: str | None
    snippets: Sequence[Snippet]
    guide: str


class Panel(NamedTuple):
    """Content of one tab."""

    name: str
    setups: Sequence[Setup]


def panels(secret: str) -> list[Panel]:
    """Return the tabs; every snippet contains the secret."""
    supported = [client for client in clients.CLIENTS if client.connects]
    with_tabs = [clients.BY_SLUG[slug] for slug in CLIENTS_WITH_TABS]
    others = [_client_setup(client, secret) for client in supported if client not in with_tabs]
    return [
        *(Panel(client.name, [_client_setup(client, secret)]) for client in with_tabs),
        Panel("REST", [_rest_setup(secret)]),
        Panel("More", others),
    ]


def _client_setup(client: Client, secret: str) -> Setup:
    # Further snippets of a client, such as a command that checks the connection, do not contain the key.
    snippets = [snippet for snippet in client.snippets(mcp.endpoint(), secret) if secret in snippet.text]
    return Setup(client.name, client.link(mcp.endpoint(), secret), snippets, reverse("mcp-client", args=[client.slug]))


def _rest_setup(secret: str) -> Setup:
    body = json.dumps({"prompt": EXAMPLE_PROMPT, "modelId": "openai:gpt-image-2"})
    text = (
        f"curl {settings.SITE_URL}/api/v1/images \\\n"
        f'  -H "Authorization: Bearer {secret}" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d '{body}'"
    )
    return Setup("REST", None, [Snippet("Terminal", "bash", text)], reverse("api-docs"))
