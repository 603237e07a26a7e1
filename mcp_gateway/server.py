"""The MCP server: its identity and instructions, the table of its methods, and the handlers of the tools."""

import logging
import time
from typing import Any, Final, cast

from django.conf import settings
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, CallToolRequestParams, PaginatedRequestParams

from accounts.authentication import Caller
from infrastructure import database
from infrastructure.exceptions import ServiceError, Unavailable
from infrastructure.observability import metrics
from infrastructure.observability.tracebacks import redacted
from mcp_gateway import icons, request_state, resources, viewer
from mcp_gateway.client_features import TASKS_EXTENSION, ClientFeatures
from mcp_gateway.prompts import methods as prompts
from mcp_gateway.tasks.methods import TASK_METHODS
from mcp_gateway.tasks.subscription import TaskSubscriptions
from mcp_gateway.tools import errors, input_requests
from mcp_gateway.tools.call import ProgressReporter, ToolCall
from mcp_gateway.tools.declarations import TOOLS, VARIANTS, Tool
from mcp_gateway.tools.user_input import UserInput
from mcp_gateway.transport.methods import Identity, Method, Parameters, Service

VERSION: Final = "0.1.0"
TOOL_LIST_LIFETIME_MS: Final = 5 * 60 * 1000
TOOL_NAME_MAX_CHARACTERS: Final = 100
# The version that introduced icons. Versions are dates.
ICONS_SINCE: Final = "2025-11-25"
# The version that introduced the content block resource_link.
RESOURCE_LINKS_SINCE: Final = "2025-06-18"

INSTRUCTIONS: Final = """\
Get Images generates and edits images with models from several providers and charges credits for them.
- Before generating, check the balance (getimages_get_account) and compare prices (getimages_list_models).
- Generating an image spends credits immediately. Tell the user the model and its price, and confirm before each image.
- To change an image or use it as a reference, call getimages_edit_image with its id in sources. Upload only other \
pictures: getimages_upload_image takes the url of a picture on the web; without arguments it returns a \
curl command for a file, and a page for the user. Never write base64.
- To save an image, download imageUrl from structuredContent with a plain GET request, without a key, within 15 \
minutes. For a new link, call getimages_get_image with the image's ID.
- If a call times out or is interrupted, the image is still generated. Find it with getimages_list_images (status \
all), or repeat the call with the same idempotencyKey. Neither charges again."""

logger = logging.getLogger(__name__)


async def list_tools(context: ServerRequestContext[Any, Any], _parameters: PaginatedRequestParams) -> dict[str, Any]:
    """Return the result of tools/list: all tools on one page."""
    has_icons = context.protocol_version >= ICONS_SINCE
    return {"tools": VARIANTS[has_icons, ClientFeatures.declared(context).viewer], "resultType": "complete"}


async def call_tool(context: ServerRequestContext[Any, Any], parameters: CallToolRequestParams) -> dict[str, Any]:
    """Return the result of tools/call. An error of the service is a result with `isError`.

    Raises:
        MCPError: The tool is unknown, or it failed unexpectedly.
    """
    tool = TOOLS.get(parameters.name)
    if tool is None:
        raise MCPError(INVALID_PARAMS, f"Unknown tool: {parameters.name[:TOOL_NAME_MAX_CHARACTERS]}")
    caller = cast("Caller", context.request)
    call = ToolCall(
        caller,
        parameters.arguments or {},
        _progress_reporter(context),
        ClientFeatures.declared(context),
        UserInput.received(context, parameters),
    )
    started = time.perf_counter()
    outcome = "cut off"
    try:
        result, outcome = await _run(tool, call)
    except MCPError:
        outcome = "failed"
        raise
    finally:
        _log(tool, call, outcome, time.perf_counter() - started)
    return _for_version(result, context.protocol_version)


def _for_version(result: dict[str, Any], protocol_version: str) -> dict[str, Any]:
    """Return a tool's result without the content blocks that the client's protocol version does not have."""
    if protocol_version >= RESOURCE_LINKS_SINCE:
        return result
    return {**result, "content": [block for block in result["content"] if block["type"] != "resource_link"]}


def _progress_reporter(context: ServerRequestContext[Any, Any]) -> ProgressReporter:
    async def report(progress: float, message: str) -> None:
        await context.session.report_progress(progress, None, message)

    return report


async def _run(tool: Tool, call: ToolCall) -> tuple[dict[str, Any], str]:
    """Run a tool and return its result, and its outcome for the log and the metrics: "ok" or an error code."""
    try:
        call.caller.require_active()
        result = await tool.function(call)
        return result.to_json(), "ok"
    except ServiceError as error:
        requested = input_requests.result_of(call, error)
        if requested is not None:
            return requested, input_requests.OUTCOME
        return errors.to_result(input_requests.error_of(call, error)), error.code
    except database.UNAVAILABLE_ERRORS as error:
        logger.error("tool %s: the database is unavailable: %s", tool.name, redacted(error))  # noqa: TRY400
        return errors.to_result(Unavailable()), Unavailable.code
    except Exception as error:
        # Exception messages and arguments can contain prompts and internal details: log only the redacted traceback.
        logger.error("tool %s failed: %s", tool.name, redacted(error))  # noqa: TRY400
        raise MCPError(INTERNAL_ERROR, "Internal error") from None


def _log(tool: Tool, call: ToolCall, outcome: str, seconds: float) -> None:
    ids = {"user": call.caller.user_id, "key": call.caller.key and call.caller.key.id, "image": call.image_id}
    log_fields = {name: str(value) for name, value in ids.items() if value is not None}
    metrics.tool_calls.labels(tool.name, outcome).inc()
    logger.info("tool %s: %s in %.0f ms", tool.name, outcome, seconds * 1000, extra=log_fields)


def _tool_scope(parameters: Parameters) -> str | None:
    name = parameters.get("name")
    tool = TOOLS.get(name) if isinstance(name, str) else None
    return tool.scope if tool is not None else None


TOOL_METHODS: Final = {
    "tools/list": Method(
        PaginatedRequestParams, list_tools, cache_hint=CacheHint(ttl_ms=TOOL_LIST_LIFETIME_MS, scope="public")
    ),
    "tools/call": Method(CallToolRequestParams, call_tool, required_scope=_tool_scope),
}

# Each part of the server has its own table, which it adds here.
METHODS: Final = {**TOOL_METHODS, **resources.METHODS, **prompts.METHODS, **TASK_METHODS}
# The protocol extensions that the server supports, with their settings.
EXTENSIONS: Final[dict[str, dict[str, Any]]] = {TASKS_EXTENSION: {}, **viewer.EXTENSION}

IDENTITY: Final = Identity(
    name="get-images",
    version=VERSION,
    title="Get Images",
    instructions=INSTRUCTIONS,
    website_url=settings.SITE_URL,
    icons=icons.SERVER,
)

SERVICE: Final = Service.build(IDENTITY, METHODS, extensions=EXTENSIONS)
SERVICE.sdk_server.middleware += [request_state.seal(), TaskSubscriptions(SERVICE.sdk_server)]
