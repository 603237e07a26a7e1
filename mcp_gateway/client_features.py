"""What the client of one request can do. Since 2026-07-28 every request declares it."""

from dataclasses import dataclass
from typing import Any, Final

from mcp.server.context import ServerRequestContext
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

TASKS_EXTENSION: Final = "io.modelcontextprotocol/tasks"


@dataclass(frozen=True, slots=True)
class ClientFeatures:
    """The optional features that this server uses: forms, pages to open, and tasks."""

    forms: bool = False
    urls: bool = False
    tasks: bool = False

    @classmethod
    def declared(cls, context: ServerRequestContext[Any, Any]) -> "ClientFeatures":
        """Return what the request declares; nothing for earlier versions, whose declarations came in a handshake."""
        capabilities = context.session.client_capabilities
        if capabilities is None or context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            return cls()
        elicitation = capabilities.elicitation
        return cls(
            # An empty object declares forms: they are older than pages.
            forms=elicitation is not None and (elicitation.form is not None or elicitation.url is None),
            urls=elicitation is not None and elicitation.url is not None,
            tasks=TASKS_EXTENSION in (capabilities.extensions or {}),
        )
