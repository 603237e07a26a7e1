"""What is pasted to use a new key: for the clients most people have, for programs, and for every other client."""

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from django.conf import settings

from website.docs import clients, mcp
from website.docs.clients import Client, Snippet

# Each of these has a tab of its own; the others share one.
FIRST: Final = ("claude-code", "cursor", "codex-cli")
PROMPT: Final = "A red kite over a calm sea"


class Setup(NamedTuple):
    """How one client gets the key: a link that does it, or texts to paste."""

    name: str
    link: str | None
    snippets: Sequence[Snippet]


class Panel(NamedTuple):
    """What one tab shows."""

    name: str
    setups: Sequence[Setup]


def panels(secret: str) -> list[Panel]:
    """Return the tabs, with the key in each snippet."""
    connecting = [client for client in clients.CLIENTS if client.connects]
    first = [clients.BY_SLUG[slug] for slug in FIRST]
    others = [_setup(client, secret) for client in connecting if client not in first]
    return [
        *(Panel(client.name, [_setup(client, secret)]) for client in first),
        Panel("REST", [_rest(secret)]),
        Panel("More", others),
    ]


def _setup(client: Client, secret: str) -> Setup:
    with_key = [each for each in client.snippets(mcp.endpoint(), secret) if secret in each.text]
    return Setup(client.name, client.link(mcp.endpoint(), secret), with_key)


def _rest(secret: str) -> Setup:
    body = json.dumps({"prompt": PROMPT, "modelId": "openai:gpt-image-2"})
    text = (
        f"curl {settings.SITE_URL}/api/v1/images \\\n"
        f'  -H "Authorization: Bearer {secret}" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d '{body}'"
    )
    return Setup("REST", None, [Snippet("Terminal", "bash", text)])
