"""How each MCP client is connected: where its setting goes, what is pasted there, and how to check it.

What one client needs stands once, in `editors`, `terminals` and `chats`; the pages, the answer that shows a new key and
`/llms.txt` all read it here.
"""

from typing import Final

from website.docs.clients.chats import CHATGPT, CLAUDE_DESKTOP, LM_STUDIO, OTHER
from website.docs.clients.client import ENVIRONMENT_VARIABLE, PLACE, SERVER_NAME, Client, Snippet
from website.docs.clients.editors import CLINE, CURSOR, JETBRAINS, ROO_AND_KILO, VS_CODE, WINDSURF, ZED
from website.docs.clients.terminals import CLAUDE_CODE, CODEX, GEMINI, WARP

__all__ = ["BY_SLUG", "CLIENTS", "ENVIRONMENT_VARIABLE", "PLACE", "SERVER_NAME", "Client", "Snippet"]

CLIENTS: Final = (
    CLAUDE_CODE,
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
