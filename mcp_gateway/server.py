"""The MCP server as the SDK knows it: its name, what it says of itself, and its two methods about tools."""

import logging
import time
from typing import Any, Final, cast

from django.conf import settings
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, CallToolRequestParams, PaginatedRequestParams

from accounts.authentication import Caller
from infrastructure import database, metrics
from infrastructure.exceptions import ServiceError, Unavailable
from infrastructure.tracebacks import redacted
from mcp_gateway.tools import errors
from mcp_gateway.tools.call import Progress, ToolCall
from mcp_gateway.tools.declarations import DECLARATIONS, TOOLS, Tool

VERSION: Final = "0.1.0"
TOOL_LIST_LIFETIME_MS = 5 * 60 * 1000
NAME_SHOWN_CHARACTERS = 100

INSTRUCTIONS: Final = """\
Get Images makes pictures with models of several providers, paid with credits.
- Before you generate, check the balance (getimages_get_account) and choose a model by price (getimages_list_models).
- Generating spends credits at once: tell the user the model and its price, and confirm before each picture.
- Save a picture from imageUrl in structuredContent: a plain GET without a key, within 15 minutes. For a fresh link
  call getimages_get_image with the image's id.
- If a call is cut off, the picture is still made: find it with getimages_list_images (status all) instead of paying \
again, or repeat the call with the same idempotencyKey."""

logger = logging.getLogger(__name__)


async def list_tools(_context: ServerRequestContext[Any, Any], _parameters: PaginatedRequestParams) -> dict[str, Any]:
    """Answer tools/list; the list is one page."""
    return {"tools": DECLARATIONS, "resultType": "complete"}


async def call_tool(context: ServerRequestContext[Any, Any], parameters: CallToolRequestParams) -> dict[str, Any]:
    """Answer tools/call; whatever the tool has to say against it is a result, too.

    Raises:
        MCPError: There is no such tool, or something happened that nobody expected.
    """
    tool = TOOLS.get(parameters.name)
    if tool is None:
        raise MCPError(INVALID_PARAMS, f"Unknown tool: {parameters.name[:NAME_SHOWN_CHARACTERS]}")
    caller = cast("Caller", context.request)
    call = ToolCall(caller, parameters.arguments or {}, _progress(context))
    begun = time.perf_counter()
    outcome = "cut off"
    try:
        result, outcome = await _result(tool, call)
    except MCPError:
        outcome = "failed"
        raise
    finally:
        _log(tool, call, outcome, time.perf_counter() - begun)
    return result


def _progress(context: ServerRequestContext[Any, Any]) -> Progress:
    async def report(progress: float, message: str) -> None:
        await context.session.report_progress(progress, None, message)

    return report


async def _result(tool: Tool, call: ToolCall) -> tuple[dict[str, Any], str]:
    try:
        call.caller.require_active()
        answer = await tool.function(call)
        return answer.to_result(), "ok"
    except ServiceError as error:
        return errors.result(error), error.code
    except database.UNAVAILABLE_ERRORS as error:
        logger.error("tool %s: the database is away: %s", tool.name, redacted(error))  # noqa: TRY400
        return errors.result(Unavailable()), Unavailable.code
    except Exception as error:
        # Neither the message nor the arguments: they can hold prompts, and an answer must hold nothing internal.
        logger.error("tool %s failed: %s", tool.name, redacted(error))  # noqa: TRY400
        raise MCPError(INTERNAL_ERROR, "Internal error") from None


def _log(tool: Tool, call: ToolCall, outcome: str, seconds: float) -> None:
    ids = {"user": call.caller.user_id, "key": call.caller.key and call.caller.key.id, "image": call.image_id}
    about = {name: str(value) for name, value in ids.items() if value is not None}
    metrics.tool_calls.labels(tool.name, outcome).inc()
    logger.info("tool %s: %s in %.0f ms", tool.name, outcome, seconds * 1000, extra=about)


def _server() -> Server[Any]:
    server: Server[Any] = Server(
        "get-images",
        version=VERSION,
        title="Get Images",
        instructions=INSTRUCTIONS,
        website_url=settings.SITE_URL,
        cache_hints={"tools/list": CacheHint(ttl_ms=TOOL_LIST_LIFETIME_MS, scope="public")},
    )
    # Its own spans would hold what errors say. Ours do not, and begin before the SDK is reached.
    server.middleware.clear()
    server.add_request_handler("tools/list", PaginatedRequestParams, list_tools)
    server.add_request_handler("tools/call", CallToolRequestParams, call_tool)
    return server


SERVER: Final = _server()
