"""The methods tasks/get, tasks/update and tasks/cancel."""

import contextlib
import uuid
from typing import Any, Final, cast

from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    RequestParams,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from accounts.authentication import Caller
from accounts.exceptions import AccountSuspended
from accounts.oauth import scopes
from images import generation, snapshots
from images.exceptions import ImageNotFound, NotCancellable
from images.schemas import UUID_PATTERN
from images.snapshots import ImageSnapshot
from infrastructure import database
from mcp_gateway.client_features import TASKS_EXTENSION, ClientFeatures
from mcp_gateway.tasks.task import Task
from mcp_gateway.tools import image_tools
from mcp_gateway.transport.methods import Method, Parameters

NOT_FOUND: Final = "Task not found. Use the taskId of a task that this account created."
ACKNOWLEDGED: Final[dict[str, Any]] = {"resultType": "complete"}

Context = ServerRequestContext[Any, Any]


class TaskParams(RequestParams):
    """The task of a request."""

    task_id: str


class UpdateTaskParams(TaskParams):
    """The task of a request, and responses to its requests for input."""

    # Their form depends on requests that no task has made.
    input_responses: dict[str, Any]


async def get_task(context: Context, parameters: TaskParams) -> dict[str, Any]:
    """Return the task, with the result of the tool once the image is final.

    Raises:
        MCPError: The caller has no such task, or the request does not declare the extension.
    """
    require_extension(context)
    return {"resultType": "complete", **await detailed_task(await find(context, parameters.task_id))}


async def update_task(context: Context, parameters: UpdateTaskParams) -> dict[str, Any]:
    """Acknowledge the responses. A task never requests input: a price is confirmed before there is a task.

    Raises:
        MCPError: As in get_task.
    """
    require_extension(context)
    await find(context, parameters.task_id)
    return ACKNOWLEDGED


async def cancel_task(context: Context, parameters: TaskParams) -> dict[str, Any]:
    """Cancel and refund a queued image. The request changes nothing if the image is running or final.

    Raises:
        MCPError: As in get_task.
    """
    require_extension(context)
    snapshot = await find(context, parameters.task_id)
    with contextlib.suppress(NotCancellable, ImageNotFound):
        await database.run_blocking(generation.cancel, caller_of(context), snapshot.image.id)
    return ACKNOWLEDGED


async def detailed_task(snapshot: ImageSnapshot) -> dict[str, Any]:
    """Return the fields of a task, with the result of the tool if it has one."""
    task = Task.of(snapshot.image)
    result = {"result": await image_tools.final_result(snapshot)} if task.status == "completed" else {}
    return {**task.to_json(), **result}


def require_extension(context: Context) -> None:
    """Check that the request declares the extension. Earlier versions have no such method.

    Raises:
        MCPError: The request does not declare it.
    """
    if context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        raise MCPError(METHOD_NOT_FOUND, "Method not found", context.method)
    if not ClientFeatures.declared(context).tasks:
        raise MCPError(
            MISSING_REQUIRED_CLIENT_CAPABILITY,
            f"Declare the extension {TASKS_EXTENSION} in the request's client capabilities.",
            {"requiredCapabilities": {"extensions": {TASKS_EXTENSION: {}}}},
        )


async def find(context: Context, task_id: str) -> ImageSnapshot:
    """Return the caller's image with this id. A connection that may not see all images sees those that it requested.

    Raises:
        MCPError: The caller has no such image, or the account is suspended.
    """
    caller = caller_of(context)
    try:
        caller.require_active()
        snapshot = await snapshots.find(caller, _image_id(task_id))
    except AccountSuspended as error:
        raise MCPError(INVALID_REQUEST, error.message) from None
    except ImageNotFound:
        raise MCPError(INVALID_PARAMS, NOT_FOUND) from None
    if not caller.has_scope(scopes.READ) and snapshot.image.api_key_id != (caller.key and caller.key.id):
        raise MCPError(INVALID_PARAMS, NOT_FOUND)
    return snapshot


def _image_id(task_id: str) -> uuid.UUID:
    if not UUID_PATTERN.fullmatch(task_id):
        raise MCPError(INVALID_PARAMS, NOT_FOUND)
    return uuid.UUID(task_id)


def caller_of(context: Context) -> Caller:
    """Return the authenticated user of a request."""
    return cast("Caller", context.request)


def _generate_scope(_parameters: Parameters) -> str:
    return scopes.GENERATE


TASK_METHODS: Final = {
    "tasks/get": Method(TaskParams, get_task, name_parameter="taskId"),
    "tasks/update": Method(UpdateTaskParams, update_task, required_scope=_generate_scope, name_parameter="taskId"),
    "tasks/cancel": Method(TaskParams, cancel_task, required_scope=_generate_scope, name_parameter="taskId"),
}
