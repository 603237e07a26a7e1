"""What the client of one request can do. Since 2026-07-28 every request declares it."""

from dataclasses import dataclass
from typing import Any, Final

from mcp.server.apps import client_supports_apps
from mcp.server.context import ServerRequestContext
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

TASKS_EXTENSION: Final = "io.modelcontextprotocol/tasks"


@dataclass(frozen=True, slots=True)
class ClientFeatures:
    """The optional features that this server uses: forms, pages to open, tasks, and the viewer."""

    forms: bool = False
    urls: bool = False
    tasks: bool = False
    viewer: bool = False

    @classmethod
    def declared(cls, context: ServerRequestContext[Any, Any]) -> "ClientFeatures":
        """Return what the request declares.

        The declarations of earlier versions came in a handshake, which this server does not remember. Their clients
        get nothing but the viewer, because those that can't show it ignore its metadata.
        """
        if context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            return cls(viewer=True)
        capabilities = context.session.client_capabilities
        if capabilities is None:
            return cls()
        elicitation = capabilities.elicitation
        return cls(
            # An empty object declares forms: they are older than pages.
            forms=elicitation is not None and (elicitation.form is not None or elicitation.url is None),
            urls=elicitation is not None and elicitation.url is not None,
            tasks=TASKS_EXTENSION in (capabilities.extensions or {}),
            viewer=client_supports_apps(context),
        )
