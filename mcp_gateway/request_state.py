"""The `requestState` of a call that needs the user's input (2026-07-28): the client receives it and sends it back.

It is encrypted and authenticated, and bound to the API key or connection, the tool, its arguments and an expiry.
"""

from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel

from accounts.authentication import Caller

# How long a person may take to respond.
LIFETIME_SECONDS: Final = 10 * 60
AUDIENCE: Final = "get-images"
REFUSED: Final = "This requestState is not valid or has expired. Repeat the call without it to get a new one."


class PriceState(BaseModel):
    """The price in credits that the user has to confirm, and the id that the image will get."""

    credits: int
    image_id: UUID


@dataclass(frozen=True, slots=True)
class RequestStateSeal:
    """Middleware of the SDK's server that seals each `requestState` it sends and opens each one it receives.

    Requests of earlier protocol versions have no such parameter.
    """

    boundary: RequestStateBoundary

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            return await call_next(ctx)
        try:
            return await self.boundary(ctx, call_next)
        except MCPError as error:
            if error.error.data == {"reason": "invalid_request_state"}:
                raise MCPError(INVALID_PARAMS, REFUSED, error.error.data) from None
            raise


def seal() -> RequestStateSeal:
    """Return the middleware with keys derived from SECRET_KEY; the keys of SECRET_KEY_FALLBACKS open states too."""
    secrets = dict.fromkeys([settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])
    keys = [
        salted_hmac("mcp_gateway.request_state", "key", secret=secret, algorithm="sha256").digest()
        for secret in secrets
    ]
    security = RequestStateSecurity(keys=keys, ttl=LIFETIME_SECONDS, bind_principal=_key_id, audience=AUDIENCE)
    return RequestStateSeal(RequestStateBoundary(security, default_audience=AUDIENCE))


def _key_id(context: ServerRequestContext[Any, Any]) -> str:
    key = cast("Caller", context.request).key
    # Only the dashboard has callers without a key.
    return str(key and key.id)
