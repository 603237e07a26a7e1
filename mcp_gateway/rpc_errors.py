"""Errors of the service as JSON-RPC errors, for the methods whose results have no place for an error.

A tool reports an error in its result: see mcp_gateway.tools.errors.
"""

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, NoReturn, TypeVar, cast

from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from accounts.authentication import Caller
from accounts.exceptions import AccountSuspended
from infrastructure import database
from infrastructure.exceptions import ServiceError, Unavailable
from infrastructure.observability.tracebacks import redacted

# "Resource not found" of the versions before 2026-07-28, which uses INVALID_PARAMS.
RESOURCE_NOT_FOUND: Final = -32002
URI_MAX_CHARACTERS: Final = 200

Context = ServerRequestContext[Any, Any]
ParametersType = TypeVar("ParametersType")
MethodHandler = Callable[[Context, ParametersType], Awaitable[dict[str, Any]]]

logger = logging.getLogger(__name__)


def caller_of(context: Context) -> Caller:
    """Return the authenticated caller of a request."""
    return cast("Caller", context.request)


def reported(handler: MethodHandler[ParametersType]) -> MethodHandler[ParametersType]:
    """Turn the errors of a handler into JSON-RPC errors, and reject the requests of a suspended account."""

    @functools.wraps(handler)
    async def report(context: Context, parameters: ParametersType) -> dict[str, Any]:
        try:
            caller_of(context).require_active()
            return await handler(context, parameters)
        except MCPError:
            raise
        except ServiceError as error:
            _raise(error)
        except database.UNAVAILABLE_ERRORS as error:
            logger.error("%s: the database is unavailable: %s", context.method, redacted(error))  # noqa: TRY400
            _raise(Unavailable())
        except Exception as error:
            logger.error("%s failed: %s", context.method, redacted(error))  # noqa: TRY400
            raise MCPError(INTERNAL_ERROR, "Internal error") from None

    return report


def _raise(error: ServiceError) -> NoReturn:
    code = INVALID_PARAMS
    if isinstance(error, AccountSuspended):
        code = INVALID_REQUEST
    elif isinstance(error, Unavailable):
        code = INTERNAL_ERROR
    data = {"code": error.code, "retryable": error.retryable}
    raise MCPError(code, f"{error.code}: {error.message}", data) from None


def resource_not_found(context: Context, uri: str) -> MCPError:
    """Return the error for a URI that is not a resource of the caller."""
    code = INVALID_PARAMS if context.protocol_version in MODERN_PROTOCOL_VERSIONS else RESOURCE_NOT_FOUND
    message = "Resource not found. Call resources/list or resources/templates/list to find the right URI."
    return MCPError(code, message, {"uri": uri[:URI_MAX_CHARACTERS]})


def invalid(message: str) -> MCPError:
    """Return the error for parameters that are not accepted; the message lists what is."""
    return MCPError(INVALID_PARAMS, message)
