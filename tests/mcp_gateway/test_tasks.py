"""Tasks (io.modelcontextprotocol/tasks): an unfinished image is a task, which ends with the result of the tool."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import Client

from accounts.models import OAuthToken, User
from images import generation
from images.failures import TimedOut
from images.models import Image
from images.worker import attempts
from tests.concurrency import eventually
from tests.factories import balance, caller_of, complete, finished_image, queued_image
from tests.mcp_gateway.agent import MODEL, Agent, code_of, declaring, messages, request
from tests.web_server import Server
from tests.website.oauth import steps

pytestmark = pytest.mark.django_db(transaction=True)

EXTENSION = "io.modelcontextprotocol/tasks"
TASKS = declaring(extensions={EXTENSION: {}})
ARGUMENTS = {"prompt": "a quiet lake", "modelId": MODEL}


def send(agent: Agent, method: str, /, **parameters: Any) -> dict[str, Any]:
    """Send a request that declares the extension and return the response."""
    message = request(method, {"_meta": TASKS, **parameters})
    return messages(agent.send_modern(message))[-1]


def result_of(agent: Agent, method: str, /, **parameters: Any) -> dict[str, Any]:
    result: dict[str, Any] = send(agent, method, **parameters)["result"]
    return {name: value for name, value in result.items() if name != "_meta"}


def call(agent: Agent, tool: str = "getimages_generate_image", /, **arguments: Any) -> dict[str, Any]:
    return result_of(agent, "tools/call", name=tool, arguments={**ARGUMENTS, **arguments})


def test_an_unfinished_image_is_a_task_that_ends_with_the_result_of_the_tool(agent: Agent, alice: User) -> None:
    created = call(agent)
    image = Image.objects.get()
    time = f"{image.created_at:%Y-%m-%dT%H:%M:%S.%fZ}"
    task = {
        "taskId": str(image.id),
        "status": "working",
        "statusMessage": f"Image {image.id}: queued.",
        "createdAt": time,
        "lastUpdatedAt": time,
        "ttlMs": None,
        "pollIntervalMs": 2000,
    }
    assert created == {"resultType": "task", **task}
    assert result_of(agent, "tasks/get", taskId=task["taskId"]) == {"resultType": "complete", **task}
    complete(image)
    done = result_of(agent, "tasks/get", taskId=task["taskId"])
    result = done.pop("result")
    finished = f"{image.finished_at:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert done == {
        "resultType": "complete",
        **task,
        "status": "completed",
        "lastUpdatedAt": finished,
        "statusMessage": f"Image {image.id}: succeeded.",
    }
    same = agent.generate(waitSeconds=0, idempotencyKey="k")
    assert result["structuredContent"].keys() == same["structuredContent"].keys()
    assert [block["type"] for block in result["content"]] == ["image", "text", "resource_link"]
    assert balance(alice) == 90


def test_a_call_that_ends_within_a_second_has_its_result(agent: Agent) -> None:
    with ThreadPoolExecutor() as pool:
        pending = pool.submit(call, agent, imageOutput="none")
        complete(eventually(Image.objects.first))
        result = pending.result()
    assert (result["resultType"], result["structuredContent"]["status"]) == ("complete", "succeeded")


def test_an_edit_can_be_a_task(agent: Agent, alice: User) -> None:
    source = finished_image(alice)
    task = call(agent, "getimages_edit_image", sources=[str(source.id)], waitSeconds=0)
    assert (task["resultType"], task["status"]) == ("task", "working")


def test_a_client_without_the_extension_gets_no_task(agent: Agent) -> None:
    call = {"name": "getimages_generate_image", "arguments": {**ARGUMENTS, "waitSeconds": 0}}
    modern = agent.send_modern(request("tools/call", call))
    earlier = agent.send(
        request("tools/call", {**call, "_meta": TASKS}), headers={"MCP-Protocol-Version": "2025-11-25"}
    )
    for response in (modern, earlier):
        assert messages(response)[-1]["result"]["structuredContent"]["status"] == "queued"


def test_a_failure_is_a_completed_task_with_the_error_of_the_tool(agent: Agent, alice: User) -> None:
    image = queued_image(alice)
    attempt = attempts.claim(image.id)
    assert attempt
    attempts.fail(attempt, TimedOut())
    task = result_of(agent, "tasks/get", taskId=str(image.id))
    assert (task["status"], code_of(task["result"])) == ("completed", "timed_out")


def test_cancelling_refunds_a_queued_image_and_changes_no_other(agent: Agent, alice: User) -> None:
    queued, running, finished = queued_image(alice), queued_image(alice), finished_image(alice)
    attempts.claim(running.id)
    for image in (queued, queued, running, finished):
        assert result_of(agent, "tasks/cancel", taskId=str(image.id)) == {"resultType": "complete"}
    statuses = [result_of(agent, "tasks/get", taskId=str(image.id))["status"] for image in (queued, running, finished)]
    assert statuses == ["cancelled", "working", "completed"]
    assert balance(alice) == 90


def test_an_update_is_acknowledged(agent: Agent, alice: User) -> None:
    responses = {"unknown": {"action": "accept"}, "price": {"anything": [1]}}
    image = queued_image(alice)
    assert result_of(agent, "tasks/update", taskId=str(image.id), inputResponses=responses) == {
        "resultType": "complete"
    }


@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel"])
def test_the_tasks_of_others_do_not_exist(agent: Agent, bobs_agent: Agent, alice: User, method: str) -> None:
    image = queued_image(alice)
    extra: dict[str, Any] = {"inputResponses": {}} if method == "tasks/update" else {}
    deleted = finished_image(alice)
    generation.delete(caller_of(alice), deleted.id)
    unknown = "6a1f0c9e-2f55-4c0b-b3a8-5d1f5a4c9e02"
    responses = [send(bobs_agent, method, taskId=task, **extra) for task in (str(image.id), unknown, "none", "")]
    responses.append(send(agent, method, taskId=str(deleted.id), **extra))
    errors = {(response["error"]["code"], response["error"]["message"]) for response in responses}
    assert errors == {(-32602, "Task not found. Use the taskId of a task that this account created.")}
    image.refresh_from_db()
    assert image.status == "queued"


@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel", "subscriptions/listen"])
def test_a_request_must_declare_the_extension(agent: Agent, alice: User, method: str) -> None:
    task_id = str(queued_image(alice).id)
    parameters = {"taskId": task_id, "inputResponses": {}, "notifications": {"taskIds": [task_id]}, "_meta": {}}
    response = agent.send_modern(request(method, parameters))
    error = messages(response)[-1]["error"]
    assert (response.status_code, error["code"]) == (400, -32021)
    assert error["data"] == {"requiredCapabilities": {"extensions": {EXTENSION: {}}}}
    earlier = agent.send(
        request(method, {**parameters, "_meta": TASKS}), headers={"MCP-Protocol-Version": "2025-11-25"}
    )
    assert "error" in messages(earlier)[-1]


@pytest.mark.parametrize("method", ["tasks/list", "tasks/result"])
def test_methods_of_the_experimental_tasks_do_not_exist(agent: Agent, method: str) -> None:
    assert send(agent, method, taskId="x")["error"]["code"] == -32601


def test_the_header_with_the_task_must_match(agent: Agent, alice: User) -> None:
    message = request("tasks/get", {"taskId": str(queued_image(alice).id), "_meta": TASKS})
    for name in ("other", None):
        response = agent.send_modern(message, headers={"Mcp-Name": name})
        assert (response.status_code, messages(response)[-1]["error"]["code"]) == (400, -32020)


def test_the_extension_is_advertised_to_clients_that_can_use_it(agent: Agent) -> None:
    capabilities = messages(agent.send_modern(request("server/discover")))[-1]["result"]["capabilities"]
    assert EXTENSION in capabilities["extensions"]
    assert not capabilities["tools"].get("listChanged")


def test_a_subscription_receives_each_task_when_it_ends(
    agent: Agent, bobs_agent: Agent, alice: User, bob: User
) -> None:
    first, second, finished, bobs = queued_image(alice), queued_image(alice), finished_image(alice), queued_image(bob)
    ids = [str(image.id) for image in (first, finished, second, bobs)]
    message = request("subscriptions/listen", {"_meta": TASKS, "notifications": {"taskIds": [*ids, "none"]}}, id="s")
    with ThreadPoolExecutor() as pool:
        pending = pool.submit(lambda: messages(agent.send_modern(message)))
        complete(first)
        generation.cancel(caller_of(alice), second.id)
        acknowledged, *notifications, end = pending.result()
    subscription = {"io.modelcontextprotocol/subscriptionId": "s"}
    assert acknowledged == {
        "jsonrpc": "2.0",
        "method": "notifications/subscriptions/acknowledged",
        "params": {"notifications": {"taskIds": ids[:3]}, "_meta": subscription},
    }
    assert {notification["method"] for notification in notifications} == {"notifications/tasks"}
    received = {notification["params"]["taskId"]: notification["params"] for notification in notifications}
    assert {task_id: task["status"] for task_id, task in received.items()} == {
        ids[0]: "completed",
        ids[1]: "completed",
        ids[2]: "cancelled",
    }
    polled = result_of(agent, "tasks/get", taskId=ids[2])
    assert {**polled, "_meta": subscription} == {**received[ids[2]], "resultType": "complete"}
    assert end["result"]["resultType"] == "complete"
    assert end["result"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == "s"


@pytest.mark.parametrize("task_ids", [[], "x", [1], {}, [None], ["x"] * 21, 5])
def test_a_subscription_names_1_to_20_tasks(agent: Agent, task_ids: Any) -> None:
    response = send(agent, "subscriptions/listen", notifications={"taskIds": task_ids})
    assert response["error"] == {"code": -32602, "message": "taskIds must be a list of 1 to 20 task ids."}


@pytest.mark.parametrize("notifications", [{}, {"toolsListChanged": True}, {"taskIds": None}])
def test_there_are_no_other_subscriptions(agent: Agent, notifications: Any) -> None:
    assert send(agent, "subscriptions/listen", notifications=notifications)["error"]["code"] == -32601


def test_a_connection_sees_tasks_that_its_scopes_cover(server: Server, client: Client, alice: User) -> None:
    app = Agent(server.url, steps.connect(client, alice)["access_token"])
    others = str(queued_image(alice).id)
    own = call(app, waitSeconds=0)["taskId"]
    OAuthToken.objects.update(scopes=["images:generate"])
    assert result_of(app, "tasks/get", taskId=own)["status"] == "working"
    assert send(app, "tasks/get", taskId=others)["error"]["code"] == -32602
    assert send(app, "tasks/cancel", taskId=others)["error"]["code"] == -32602
    OAuthToken.objects.update(scopes=["images:read"])
    assert result_of(app, "tasks/get", taskId=others)["status"] == "working"
    for method in ("tasks/cancel", "tasks/update"):
        message = request(method, {"taskId": own, "inputResponses": {}, "_meta": TASKS})
        response = app.send_modern(message)
        assert response.status_code == 403
        assert 'scope="images:generate"' in response.headers["www-authenticate"]
    assert json.loads(response.text)["error"]["code"] == "insufficient_scope"


def test_a_suspended_account_has_no_tasks(agent: Agent, alice: User) -> None:
    task_id = str(queued_image(alice).id)
    User.objects.update(suspended_at="2026-01-01T00:00Z")
    for method in ("tasks/get", "tasks/cancel"):
        error = send(agent, method, taskId=task_id)["error"]
        assert (error["code"], "suspended" in error["message"]) == (-32600, True)
