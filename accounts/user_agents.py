"""Display names of API clients, derived from User-Agent."""

import re
from typing import Final

# Keys are the first product name of User-Agent in lower case: agents first, then HTTP libraries.
NAMES: Final = {
    "claude-code": "Claude Code",
    "claude-user": "Claude",
    "claude": "Claude",
    "cursor": "Cursor",
    "visual studio code": "VS Code",
    "vscode": "VS Code",
    "windsurf": "Windsurf",
    "cline": "Cline",
    "roo-code": "Roo Code",
    "kilo-code": "Kilo Code",
    "codex": "Codex CLI",
    "codex-cli": "Codex CLI",
    "codex_cli_rs": "Codex CLI",
    "codex-mcp-client": "Codex CLI",
    "gemini-cli": "Gemini CLI",
    "geminicli": "Gemini CLI",
    "zed": "Zed",
    "jetbrains": "JetBrains",
    "warp": "Warp",
    "lm-studio": "LM Studio",
    "lmstudio": "LM Studio",
    "goose": "Goose",
    "opencode": "OpenCode",
    "openai-mcp": "ChatGPT",
    "chatgpt-user": "ChatGPT",
    "mcp-remote": "mcp-remote",
    "python-httpx": "Python, httpx",
    "python-httpx2": "Python, httpx",
    "python-requests": "Python, requests",
    "python-urllib": "Python",
    "aiohttp": "Python, aiohttp",
    "node": "Node",
    "node-fetch": "Node, node-fetch",
    "undici": "Node",
    "bun": "Bun",
    "deno": "Deno",
    "go-http-client": "Go",
    "mozilla": "A browser",
}
NAME_MAX_CHARACTERS: Final = 40
PRODUCT: Final = re.compile(r"[^/(;,]+")


def client_name(user_agent: str) -> str:
    """Return the client's display name: for an unknown client its product name, "" for an empty User-Agent."""
    match = PRODUCT.search(user_agent.strip())
    if match is None:
        return ""
    product = match.group().strip()
    return NAMES.get(product.lower(), product[:NAME_MAX_CHARACTERS])
