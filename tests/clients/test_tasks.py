"""The Python SDK follows a task to its result, and receives its notification."""

import asyncio
from typing import Any, Literal

import httpx2
import pytest
from mcp.client import Client, ClientExtension
from mcp.client.extension import ClaimContext, ResultClaim
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, Request, RequestParams, Result

from accounts.models import User
from images.models import Image
from mcp_gateway.client_features import TASKS_EXTENSION
from tests.clients.service import CLIENT_TIMEOUT_SECONDS
from tests.factories import MODEL, complete
from tests.web_server import Server

pytestmark = pytest.mark.django_db(transaction=True)


class CreateTaskResult(Result):
    """The result of a call that became a task."""

    result_type: Literal["task"] = "task"
    task_id: str
    status: str


class TaskResult(Result):
    """A task, with the result of the tool once it has one."""

    result_type: str = "complete"
    status: str
    result: dict[str, Any] | None = None


class GetTaskParams(RequestParams):
    """The task of a request."""

    task_id: str


class GetTask(Request[GetTaskParams, Literal["tasks/get"]]):
    """A request for a task."""

    name_param = "taskId"
    method: Literal["tasks/get"] = "tasks/get"
    params: GetTaskParams


class Tasks(ClientExtension):
    """The extension in a client: it polls a task until it has a result."""

    identifier = TASKS_EXTENSION

    def __init__(self) -> None:
        self.statuses: list[str] = []

    def claims(self) -> list[ResultClaim[CreateTaskResult]]:
        return [ResultClaim(result_type="task", model=CreateTaskResult, resolve=self._resolve)]

    async def _resolve(self, created: CreateTaskResult, context: ClaimContext) -> CallToolResult:
        request = GetTask(params=GetTaskParams(task_id=created.task_id))
        while True:
            task = await context.session.send_request(request, TaskResult)
            self.statuses.append(task.status)
            if task.result is not None:
                return CallToolResult.model_validate(task.result)
            await asyncio.to_thread(complete, await Image.objects.aget())


async def generate(url: str, key: str, extension: Tasks) -> CallToolResult:
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=CLIENT_TIMEOUT_SECONDS) as http:
        transport = streamable_http_client(f"{url}/api/mcp", http_client=http, max_sse_event_size=None)
        async with Client(transport, mode="2026-07-28", extensions=[extension]) as client:
            arguments = {"prompt": "a lake", "modelId": MODEL}
            return await client.call_tool("getimages_generate_image", arguments)


def test_the_python_sdk_follows_a_task_to_its_result(server: Server, alices_key: str, alice: User) -> None:
    extension = Tasks()
    result = asyncio.run(generate(server.url, alices_key, extension))
    assert extension.statuses == ["working", "completed"]
    assert [block.type for block in result.content] == ["image", "text"]
    assert result.structured_content["status"] == "succeeded"
