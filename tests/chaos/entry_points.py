"""Asking for an image over MCP and REST, as a client that knows only the documentation does."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

GRACE_SECONDS = 15.0
FINAL_STATUS = {"moderation_rejected": "rejected", "cancelled": "cancelled"}
FAILURES = {"moderation_rejected", "cancelled", "provider_error", "timed_out"}
FINAL = {"succeeded", "rejected", "failed", "cancelled"}


class Lost(Exception):
    """No answer arrived, or one that says to try again: nobody knows whether the request was accepted."""


class Refused(Exception):
    """The service says no to a request that is right."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client was told: the image's state, and which image (an error over MCP does not say)."""

    status: str
    image_id: str | None

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


@dataclass(frozen=True, slots=True)
class Caller:
    """How to reach the service with one key, at whichever of its addresses answers first."""

    http: httpx2.Client
    urls: Sequence[str]
    key: str

    def send(self, method: str, path: str, *, seconds: float, **more: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        for url in self.urls:
            try:
                return self.http.request(method, url + path, headers=headers, timeout=seconds, **more)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                # Nobody is there: a proxy in front would go to the next one too.
                continue
            except httpx2.TransportError as error:
                raise Lost(type(error).__name__) from error
        raise Lost("no connection")


def ask_rest(caller: Caller, fields: dict[str, Any], key: str, wait: int, patience: float) -> Answer:
    headers = {"Idempotency-Key": key, "Prefer": f"wait={wait}"}
    return _of_rest(caller.send("POST", "/api/v1/images", seconds=patience, json=fields, headers=headers))


def find_rest(caller: Caller, image_id: str, wait: int) -> Answer:
    path, headers = f"/api/v1/images/{image_id}", {"Prefer": f"wait={wait}"}
    return _of_rest(caller.send("GET", path, seconds=wait + GRACE_SECONDS, headers=headers))


def cancel(caller: Caller, image_id: str) -> None:
    """Try to cancel; that it is too late is no news."""
    response = caller.send("POST", f"/api/v1/images/{image_id}/cancel", seconds=GRACE_SECONDS)
    if response.status_code != 409:
        _of_rest(response)


def content(caller: Caller, image_id: str) -> bytes:
    response = caller.send("GET", f"/api/v1/images/{image_id}/content", seconds=GRACE_SECONDS)
    if response.status_code >= 500:
        raise Lost(f"REST {response.status_code}")
    if response.status_code != 200:
        raise Refused(f"the picture of {image_id}: {response.status_code} {response.text[:200]}")
    return response.content


def _of_rest(response: httpx2.Response) -> Answer:
    facts = response.json() if "json" in response.headers.get("Content-Type", "") else {}
    if response.status_code in {200, 201, 202}:
        return Answer(facts["status"], facts["id"])
    if facts.get("code") in FAILURES and "instance" in facts:
        return Answer(FINAL_STATUS.get(facts["code"], "failed"), facts["instance"].rpartition("/")[2])
    if response.status_code >= 500:
        raise Lost(f"REST {response.status_code} {facts.get('code')}")
    raise Refused(f"REST {response.status_code} {response.text[:200]}")


def ask_mcp(caller: Caller, fields: dict[str, Any], key: str, wait: int, patience: float) -> Answer:
    arguments = {**fields, "idempotencyKey": key, "waitSeconds": wait, "imageOutput": "preview"}
    return _of_mcp(_call(caller, "getimages_generate_image", arguments, patience))


def find_mcp(caller: Caller, image_id: str, wait: int) -> Answer:
    arguments = {"id": image_id, "waitSeconds": wait}
    return _of_mcp(_call(caller, "getimages_get_image", arguments, wait + GRACE_SECONDS))


def _call(caller: Caller, tool: str, arguments: dict[str, Any], patience: float) -> httpx2.Response:
    params = {"name": tool, "arguments": arguments, "_meta": {"progressToken": 1}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {"Accept": "application/json, text/event-stream"}
    return caller.send("POST", "/api/mcp", seconds=patience, json=message, headers=headers)


def _of_mcp(response: httpx2.Response) -> Answer:
    if response.status_code >= 500:
        raise Lost(f"MCP {response.status_code}")
    message = _message(response)
    if "result" not in message:
        if message.get("error", {}).get("code") == -32603:
            raise Lost("MCP internal error")
        raise Refused(f"MCP {response.status_code} {response.text[:200]}")
    result = message["result"]
    if result.get("isError"):
        return _failure(result["_meta"]["getimages/error"])
    facts = result["structuredContent"]
    image = facts.get("image", facts)
    return Answer(image["status"], image["id"])


def _message(response: httpx2.Response) -> dict[str, Any]:
    """Return the message that answers: the body, or the last event of a stream that may have been cut off."""
    if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
        message: dict[str, Any] = response.json()
        return message
    events = [json.loads(line.removeprefix("data:")) for line in response.text.splitlines() if line.startswith("data:")]
    answers = [event for event in events if "id" in event]
    if not answers:
        raise Lost("MCP stream without an answer")
    last: dict[str, Any] = answers[-1]
    return last


def _failure(error: dict[str, Any]) -> Answer:
    if error["code"] in FAILURES:
        return Answer(FINAL_STATUS.get(error["code"], "failed"), None)
    if error["retryable"]:
        raise Lost(f"MCP {error['code']}")
    raise Refused(f"MCP {error['code']}: {error['message'][:200]}")


Ask = Callable[[Caller, dict[str, Any], str, int, float], Answer]
Find = Callable[[Caller, str, int], Answer]
ASK: dict[str, Ask] = {"MCP": ask_mcp, "REST": ask_rest}
FIND: dict[str, Find] = {"MCP": find_mcp, "REST": find_rest}
