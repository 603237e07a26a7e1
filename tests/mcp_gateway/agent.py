"""An agent that calls the MCP endpoint over HTTP."""

import json
import ssl
from dataclasses import dataclass, field
from typing import Any

import httpx2

MODEL = "openai:gpt-image-2"
RESPONSE_TIMEOUT_SECONDS = 60

ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}


def messages(response: httpx2.Response) -> list[dict[str, Any]]:
    """Return the JSON-RPC messages of a response, sent as JSON or as an event stream."""
    if response.headers["content-type"] == "application/json":
        return [response.json()]
    return [json.loads(line.removeprefix("data: ")) for line in response.text.splitlines() if line.startswith("data: ")]


def request(method: str, parameters: dict[str, Any] | None = None, *, id: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": parameters or {}}


def tool_call(name: str, arguments: dict[str, Any], **meta: Any) -> dict[str, Any]:
    return request("tools/call", {"name": name, "arguments": arguments, "_meta": meta})


# Loading the system's certificates takes longer than most requests, and these tests use no TLS.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass
class Agent:
    """An MCP client with an API key that sends each HTTP request explicitly."""

    url: str
    key: str
    headers: dict[str, str] = field(default_factory=dict)

    def request(
        self, method: str = "POST", *, timeout: float = RESPONSE_TIMEOUT_SECONDS, **options: Any
    ) -> httpx2.Response:
        headers = {
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.key}",
            **self.headers,
            **options.pop("headers", {}),
        }
        sent = {name: value for name, value in headers.items() if value is not None}
        path = options.pop("path", "/api/mcp")
        # httpx adds default headers, but some tests omit them.
        with httpx2.Client(timeout=timeout, verify=NO_TLS) as http:
            for name in ("accept", "user-agent"):
                http.headers.pop(name, None)
            return http.request(method, self.url + path, headers=sent, **options)

    def post_raw(self, headers: list[tuple[str, str]], body: str) -> httpx2.Response:
        """POST JSON with exactly these further header lines."""
        headers = [("Content-Type", "application/json"), *headers]
        return httpx2.post(f"{self.url}/api/mcp", headers=headers, content=body)

    def send(self, message: Any, **options: Any) -> httpx2.Response:
        return self.request(content=json.dumps(message), **options)

    def send_modern(self, message: dict[str, Any], **options: Any) -> httpx2.Response:
        """Send a request of version 2026-07-28: with an envelope, and with routing headers that repeat its values."""
        parameters = message["params"]
        meta = {**ENVELOPE, **parameters.get("_meta", {})}
        headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": message["method"]}
        for parameter in ("name", "uri", "taskId"):
            if parameter in parameters:
                headers["Mcp-Name"] = parameters[parameter]
        message = {**message, "params": {**parameters, "_meta": meta}}
        return self.send(message, headers={**headers, **options.pop("headers", {})}, **options)

    def call(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        """Call a tool and return its result."""
        message = messages(self.send(tool_call(name, arguments)))[-1]
        result: dict[str, Any] = message["result"]
        return result

    def result(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a request of version 2026-07-28 and return its result."""
        response = self.send_modern(request(method, parameters)).json()
        assert "result" in response, response
        result: dict[str, Any] = response["result"]
        return result

    def error(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a request of version 2026-07-28 and return its error."""
        error: dict[str, Any] = self.send_modern(request(method, parameters)).json()["error"]
        return error

    def generate(self, prompt: str = "a quiet lake", **arguments: Any) -> dict[str, Any]:
        return self.call("getimages_generate_image", **{"prompt": prompt, "modelId": MODEL, **arguments})


def declaring(**capabilities: Any) -> dict[str, Any]:
    """Return the `_meta` of a request whose client declares these capabilities."""
    return {"io.modelcontextprotocol/clientCapabilities": capabilities}


def code_of(result: dict[str, Any]) -> str:
    """Return the error code of a tool's result, or "" if it succeeded."""
    if not result["isError"]:
        return ""
    error: dict[str, Any] = result["_meta"]["getimages/error"]
    assert result["content"][0]["text"] == f"{error['code']}: {error['message']}"
    assert "structuredContent" not in result
    return str(error["code"])


def text_of(result: dict[str, Any]) -> str:
    return "\n".join(block["text"] for block in result["content"] if block["type"] == "text")
