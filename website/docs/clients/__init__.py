"""The catalogue of MCP clients: how to configure each one, with snippets, and how to check the connection.

The clients are defined in `editors`, `terminals` and `chats`. The documentation pages, the page that shows a new API
key and `/llms.txt` use this catalogue.
"""

from typing import Final

from website.docs.clients.chats import CHATGPT, CLAUDE_AI, CLAUDE_DESKTOP, LM_STUDIO, OTHER
from website.docs.clients.client import ENVIRONMENT_VARIABLE, KEY_PLACEHOLDER, SERVER_NAME, Client, Snippet
from website.docs.clients.editors import CLINE, CURSOR, JETBRAINS, ROO_AND_KILO, VS_CODE, WINDSURF, ZED
from website.docs.clients.terminals import CLAUDE_CODE, CODEX, GEMINI, WARP

__all__ = ["BY_SLUG", "CLIENTS", "ENVIRONMENT_VARIABLE", "KEY_PLACEHOLDER", "SERVER_NAME", "Client", "Snippet"]

CLIENTS: Final = (
    CLAUDE_CODE,
    CLAUDE_AI,
    CLAUDE_DESKTOP,
    CURSOR,
    VS_CODE,
    WINDSURF,
    CLINE,
    ROO_AND_KILO,
    CODEX,
    GEMINI,
    ZED,
    JETBRAINS,
    WARP,
    LM_STUDIO,
    CHATGPT,
    OTHER,
)
BY_SLUG: Final = {client.slug: client for client in CLIENTS}
