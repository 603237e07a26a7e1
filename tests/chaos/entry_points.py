"""Requests for images, and uploads, over MCP and REST, as a client sends them that follows the documentation."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

GRACE_SECONDS = 15.0
FINAL_STATUS = {"moderation_rejected": "rejected", "cancelled": "cancelled"}
FAILURES = {"moderation_rejected", "cancelled", "provider_error", "source_deleted", "timed_out"}
FINAL = {"succeeded", "rejected", "failed", "cancelled"}


class ResponseLost(Exception):
    """No response arrived, or a temporary error: the request may have been accepted or not."""


class Refused(Exception):
    """The service rejected a valid request."""


@dataclass(frozen=True, slots=True)
class ImageState:
    """The image's status and id in a response; an error over MCP contains no id."""

    status: str
    image_id: str | None

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


@dataclass(frozen=True, slots=True)
class Caller:
    """Access to the service with one key, at the first of its addresses that accepts the connection."""

    http: httpx2.Client
    urls: Sequence[str]
    key: str

    def send(self, method: str, path: str, *, seconds: float, **options: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        for url in self.urls:
            try:
                return self.http.request(method, url + path, headers=headers, timeout=seconds, **options)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                # The process is down. A reverse proxy would try the next one as well.
                continue
            except httpx2.TransportError as error:
                raise ResponseLost(type(error).__name__) from error
        raise ResponseLost("no connection")


def request_rest(caller: Caller, fields: dict[str, Any], key: str, wait: int, timeout_seconds: float) -> ImageState:
    headers = {"Idempotency-Key": key, "Prefer": f"wait={wait}"}
    return _read_rest(caller.send("POST", "/api/v1/images", seconds=timeout_seconds, json=fields, headers=headers))


def get_rest(caller: Caller, image_id: str, wait: int) -> ImageState:
    path, headers = f"/api/v1/images/{image_id}", {"Prefer": f"wait={wait}"}
    return _read_rest(caller.send("GET", path, seconds=wait + GRACE_SECONDS, headers=headers))


def cancel(caller: Caller, image_id: str) -> None:
    """Try to cancel; a conflict means that it is too late, which is no fault."""
    response = caller.send("POST", f"/api/v1/images/{image_id}/cancel", seconds=GRACE_SECONDS)
    if response.status_code != 409:
        _read_rest(response)


def content(caller: Caller, image_id: str) -> bytes:
    response = caller.send("GET", f"/api/v1/images/{image_id}/content", seconds=GRACE_SECONDS)
    if response.status_code >= 500:
        raise ResponseLost(f"REST {response.status_code}")
    if response.status_code != 200:
        raise Refused(f"the picture of {image_id}: {response.status_code} {response.text[:200]}")
    return response.content


def upload(caller: Caller, picture: bytes) -> str:
    """Upload a PNG and return its id. A lost response may leave an upload that no request names."""
    headers = {"Content-Type": "image/png"}
    response = caller.send("POST", "/api/v1/uploads", seconds=GRACE_SECONDS, content=picture, headers=headers)
    if response.status_code >= 500:
        raise ResponseLost(f"REST {response.status_code}")
    if response.status_code != 201:
        raise Refused(f"an upload: {response.status_code} {response.text[:200]}")
    upload_id: str = response.json()["id"]
    return upload_id


def delete_upload(caller: Caller, upload_id: str) -> None:
    response = caller.send("DELETE", f"/api/v1/uploads/{upload_id}", seconds=GRACE_SECONDS)
    if response.status_code >= 500:
        raise ResponseLost(f"REST {response.status_code}")
    # 404: an earlier attempt, whose response was lost, has deleted it.
    if response.status_code not in {204, 404}:
        raise Refused(f"the deletion of {upload_id}: {response.status_code} {response.text[:200]}")


def _read_rest(response: httpx2.Response) -> ImageState:
    body = response.json() if "json" in response.headers.get("Content-Type", "") else {}
    if response.status_code in {200, 201, 202}:
        return ImageState(body["status"], body["id"])
    if body.get("code") in FAILURES and "instance" in body:
        return ImageState(FINAL_STATUS.get(body["code"], "failed"), body["instance"].rpartition("/")[2])
    if response.status_code >= 500:
        raise ResponseLost(f"REST {response.status_code} {body.get('code')}")
    raise Refused(f"REST {response.status_code} {response.text[:200]}")


def request_mcp(caller: Caller, fields: dict[str, Any], key: str, wait: int, timeout_seconds: float) -> ImageState:
    arguments = {**fields, "idempotencyKey": key, "waitSeconds": wait, "imageOutput": "preview"}
    tool = "getimages_edit_image" if "sources" in fields else "getimages_generate_image"
    return _read_mcp(_call(caller, tool, arguments, timeout_seconds))


def get_mcp(caller: Caller, image_id: str, wait: int) -> ImageState:
    arguments = {"id": image_id, "waitSeconds": wait}
    return _read_mcp(_call(caller, "getimages_get_image", arguments, wait + GRACE_SECONDS))


def _call(caller: Caller, tool: str, arguments: dict[str, Any], timeout_seconds: float) -> httpx2.Response:
    params = {"name": tool, "arguments": arguments, "_meta": {"progressToken": 1}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {"Accept": "application/json, text/event-stream"}
    return caller.send("POST", "/api/mcp", seconds=timeout_seconds, json=message, headers=headers)


def _read_mcp(response: httpx2.Response) -> ImageState:
    if response.status_code >= 500:
        raise ResponseLost(f"MCP {response.status_code}")
    message = _message(response)
    if "result" not in message:
        if message.get("error", {}).get("code") == -32603:
            raise ResponseLost("MCP internal error")
        raise Refused(f"MCP {response.status_code} {response.text[:200]}")
    result = message["result"]
    if result.get("isError"):
        return _failure(result["_meta"]["getimages/error"])
    content = result["structuredContent"]
    image = content.get("image", content)
    return ImageState(image["status"], image["id"])


def _message(response: httpx2.Response) -> dict[str, Any]:
    """Return the response message: the body, or the last event of a stream, which may have been cut off."""
    if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
        message: dict[str, Any] = response.json()
        return message
    events = [json.loads(line.removeprefix("data:")) for line in response.text.splitlines() if line.startswith("data:")]
    responses = [event for event in events if "id" in event]
    if not responses:
        raise ResponseLost("MCP stream without a response")
    last: dict[str, Any] = responses[-1]
    return last


def _failure(error: dict[str, Any]) -> ImageState:
    if error["code"] in FAILURES:
        return ImageState(FINAL_STATUS.get(error["code"], "failed"), None)
    if error["retryable"]:
        raise ResponseLost(f"MCP {error['code']}")
    raise Refused(f"MCP {error['code']}: {error['message'][:200]}")


SendRequest = Callable[[Caller, dict[str, Any], str, int, float], ImageState]
GetImage = Callable[[Caller, str, int], ImageState]
SEND_REQUEST: dict[str, SendRequest] = {"MCP": request_mcp, "REST": request_rest}
GET_IMAGE: dict[str, GetImage] = {"MCP": get_mcp, "REST": get_rest}
