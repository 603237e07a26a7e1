"""The user's input that a repeated call brings (2026-07-28)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp_types import CallToolRequestParams, ElicitResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from mcp_gateway.request_state import PriceState


@dataclass(frozen=True, slots=True)
class UserInput:
    """The responses by name of the request, and the state of the request for a price; empty for a first call."""

    responses: Mapping[str, Any] = field(default_factory=dict)
    price_state: PriceState | None = None

    @classmethod
    def received(cls, context: ServerRequestContext[Any, Any], parameters: CallToolRequestParams) -> "UserInput":
        """Return the input of a call whose state the middleware has opened.

        The parameters mean nothing in earlier versions, and the middleware leaves them as the client sent them.
        """
        if context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            return cls()
        state = parameters.request_state
        return cls(parameters.input_responses or {}, PriceState.model_validate_json(state) if state else None)

    def action(self, name: str) -> str:
        """Return accept, decline or cancel, or an empty string without a response."""
        response = self.responses.get(name)
        return response.action if isinstance(response, ElicitResult) else ""
