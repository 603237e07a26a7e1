"""Status notifications of tasks: the method `subscriptions/listen` with `taskIds`."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import SUBSCRIPTION_ID_META_KEY
from mcp_types import INVALID_PARAMS, SERVER_INFO_META_KEY, ServerNotification
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel

from images import snapshots
from images.exceptions import ImageNotFound
from images.models import DEADLINE
from images.snapshots import ImageSnapshot
from mcp_gateway.tasks import methods

METHOD: Final = "subscriptions/listen"
TASKS_MAX: Final = 20
INVALID_TASK_IDS: Final = f"taskIds must be a list of 1 to {TASKS_MAX} task ids."

Context = ServerRequestContext[Any, Any]


class _Notification(BaseModel):
    method: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TaskSubscriptions:
    """Middleware of the SDK's server that serves subscriptions to tasks, and no others.

    A handler would make the SDK declare that all lists of the server can change and that clients can subscribe to it.
    """

    server: Server[Any]

    async def __call__(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        if ctx.method != METHOD or ctx.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            return await call_next(ctx)
        task_ids = _task_ids(ctx.params)
        if task_ids is None:
            return await call_next(ctx)
        methods.require_extension(ctx)
        await _serve(ctx, _checked(task_ids))
        stamp = {SERVER_INFO_META_KEY: self.server.server_info_stamp}
        return {"resultType": "complete", "_meta": {**_subscription(ctx), **stamp}}


def _task_ids(parameters: Mapping[str, Any] | None) -> Any:
    notifications = (parameters or {}).get("notifications")
    return notifications.get("taskIds") if isinstance(notifications, Mapping) else None


def _checked(task_ids: Any) -> list[str]:
    is_valid = isinstance(task_ids, list) and all(isinstance(task_id, str) for task_id in task_ids)
    if not is_valid or not 1 <= len(task_ids) <= TASKS_MAX:
        raise MCPError(INVALID_PARAMS, INVALID_TASK_IDS)
    return list(dict.fromkeys(task_ids))


async def _serve(context: Context, task_ids: list[str]) -> None:
    """Name the tasks that the caller has, and send the state of each when it is final."""
    found = [snapshot async for snapshot in _found(context, task_ids)]
    agreed = {"notifications": {"taskIds": [str(snapshot.image.id) for snapshot in found]}}
    await _notify(context, "notifications/subscriptions/acknowledged", agreed)
    async with asyncio.TaskGroup() as group:
        for snapshot in found:
            group.create_task(_follow(context, snapshot))


async def _found(context: Context, task_ids: list[str]) -> AsyncIterator[ImageSnapshot]:
    for task_id in task_ids:
        try:
            yield await methods.find(context, task_id)
        except MCPError:
            continue


async def _follow(context: Context, snapshot: ImageSnapshot) -> None:
    caller = methods.caller_of(context)
    try:
        snapshot = await snapshots.wait_until_final(caller, snapshot, seconds=DEADLINE.total_seconds())
    except ImageNotFound:
        return
    # Not final if the process is about to stop: the client then polls or subscribes again.
    if snapshot.image.is_final:
        await _notify(context, "notifications/tasks", await methods.detailed_task(snapshot))


async def _notify(context: Context, method: str, parameters: dict[str, Any]) -> None:
    # The SDK has no type for the extension's notification; it only serializes the object.
    notification = _Notification(method=method, params={**parameters, "_meta": _subscription(context)})
    await context.session.send_notification(cast("ServerNotification", notification), context.request_id)


def _subscription(context: Context) -> dict[str, Any]:
    return {SUBSCRIPTION_ID_META_KEY: context.request_id}
