"""A host of MCP Apps: a page with a chat that shows the viewer in a sandboxed frame and answers its messages.

Every message, in both directions, is checked with the schema that npm's @modelcontextprotocol/ext-apps publishes.
"""

import functools
import html
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Final

import jsonschema
from mcp_types import CallToolRequestParams
from playwright.sync_api import Frame, FrameLocator, Page

from mcp_gateway import viewer
from tests.browser.scenes import STATIC
from tests.browser.visitor import AXE
from tests.clients.service import NODE

PACKAGE: Final = NODE / "clients/node_modules/@modelcontextprotocol/ext-apps"
CAPABILITIES: Final[dict[str, Any]] = {
    "openLinks": {},
    "downloadFile": {},
    "serverTools": {},
    "message": {"text": {}},
    "updateModelContext": {"text": {}},
    "sandbox": {},
}
# The names of the messages' schemas.
REQUESTS: Final = {
    "ui/initialize": "Initialize",
    "ui/open-link": "OpenLink",
    "ui/download-file": "DownloadFile",
    "ui/message": "Message",
    "ui/update-model-context": "UpdateModelContext",
}
NOTIFICATIONS: Final = {
    "ui/notifications/initialized": "Initialized",
    "ui/notifications/size-changed": "SizeChanged",
    "ui/notifications/tool-input": "ToolInput",
    "ui/notifications/tool-result": "ToolResult",
    "ui/notifications/tool-cancelled": "ToolCancelled",
    "ui/notifications/host-context-changed": "HostContextChanged",
}
CHAT: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Chat</title><style>
:root { color-scheme: light dark; }
body { margin: 0; padding: 24px max(8px, (100% - 800px) / 2); background: light-dark(#f7f7f7, #212124); }
iframe { display: block; width: 100%; height: 40px; border: 0; }
</style>
<script>
const log = [], answers = [];
addEventListener("message", async ({ source, data }) => {
  const frame = document.querySelector("iframe");
  if (source === frame?.contentWindow) {
    if (data.method === "ui/notifications/size-changed") frame.style.height = `${data.params.height}px`;
    const reply = await window.receive(data);
    if (!data.method) answers.push(data.id);
    log.push(data.method === "tools/call" ? data.params.name : data.method);
    if (reply) frame.contentWindow.postMessage(reply, "*");
  }
});
function show(allow, document_) {
  const frame = document.createElement("iframe");
  Object.assign(frame, { title: "Get Images", sandbox: "allow-scripts", allow, srcdoc: document_ });
  document.body.replaceChildren(frame);
}
</script><body></body></html>"""
SENT: Final = "([name, count]) => log.filter((logged) => logged === name).length >= count"


def style_variables(**own: str) -> dict[str, str]:
    """Return the style variables of a host: the schema requires all of them, empty where the host has none."""
    names: list[str] = _schemas()["McpUiStyles"]["required"]
    return {name: own.get(name.removeprefix("--").replace("-", "_"), "") for name in names}


@dataclass
class Host:
    """One chat. `call_tool` returns the result of a tool; a refused method is answered with `isError`."""

    page: Page
    url: str
    call_tool: Callable[..., dict[str, Any]]
    capabilities: dict[str, Any] = field(default_factory=lambda: dict(CAPABILITIES))
    context: dict[str, Any] = field(default_factory=dict)
    received: list[dict[str, Any]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    # Tools whose results the host loses: it calls them and answers with an error.
    lost: set[str] = field(default_factory=set)
    # Methods or tools whose answers wait for `release`.
    held: set[str] = field(default_factory=set)
    # What was wrong with messages: an exception in a function that the page calls would not fail the test.
    failures: list[str] = field(default_factory=list)
    _waiting: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.expose_function("receive", self._receive)
        self.page.route(f"{self.url}/chat", lambda route: route.fulfill(body=CHAT, content_type="text/html"))
        self.page.goto(f"{self.url}/chat")

    def open(self, *, clipboard: bool = False, **context: Any) -> FrameLocator:
        """Show the viewer in a new frame, wait until it is connected, and return it."""
        self.received.clear()
        self.page.evaluate("log.length = 0")
        self.context = {"toolInfo": {"tool": {"name": "getimages_generate_image", "inputSchema": {"type": "object"}}}}
        self.context |= context
        self.capabilities = {
            **self.capabilities,
            "sandbox": {"permissions": {"clipboardWrite": {}} if clipboard else {}},
        }
        self.page.evaluate("([allow, text]) => show(allow, text)", ["clipboard-write" if clipboard else "", _framed()])
        self.wait_for("ui/notifications/initialized")
        return self.frame

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    @property
    def content(self) -> Frame:
        """The document in the frame."""
        return self.page.frames[-1]

    def send(self, name: str, parameters: dict[str, Any]) -> None:
        """Send a notification to the viewer."""
        method = f"ui/notifications/{name}"
        _check(f"{NOTIFICATIONS[method]}Notification", {"method": method, "params": parameters})
        self._post({"jsonrpc": "2.0", "method": method, "params": parameters})

    def show(self, result: dict[str, Any], **arguments: Any) -> None:
        """Send the arguments and the result of a tool call."""
        self.send("tool-input", {"arguments": arguments})
        self.send("tool-result", result)

    def request(self, method: str) -> dict[str, Any]:
        """Send a request without parameters to the viewer and return its response."""
        self._post({"jsonrpc": "2.0", "id": method, "method": method, "params": {}})
        self.page.wait_for_function("id => answers.includes(id)", arg=method)
        return next(message for message in self.received if message.get("id") == method)

    def wait_for(self, method: str, *, count: int = 1) -> dict[str, Any]:
        """Wait for this many messages of a method, or calls of a tool, and return the last one."""
        self.page.wait_for_function(SENT, arg=[method, count])
        return self.sent(method)[-1]

    def sent(self, name: str) -> list[dict[str, Any]]:
        """Return the parameters of all messages of a method, or the arguments of all calls of a tool."""
        calls = [message["params"] for message in self.received if message.get("method") == "tools/call"]
        own = [message.get("params", {}) for message in self.received if message.get("method") == name]
        return own or [call["arguments"] for call in calls if call["name"] == name]

    def release(self, *, hold: Collection[str] = ()) -> None:
        """Send the answers that were held back, and hold only those of these methods or tools from now on."""
        self.held = set(hold)
        waiting, self._waiting = self._waiting, []
        for message in waiting:
            self._post(self._answer(message))

    def violations(self) -> list[str]:
        """Return what axe finds in the viewer."""
        if not self.content.evaluate("Boolean(window.axe)"):
            self.content.evaluate(_axe())
        run = "options => axe.run(document, options).then(({ violations }) => violations)"
        results = self.content.evaluate(run, AXE)
        return [f"{rule['id']}: {node['target']}" for rule in results for node in rule["nodes"]]

    def _post(self, message: dict[str, Any]) -> None:
        self.page.evaluate(
            "message => document.querySelector('iframe').contentWindow.postMessage(message, '*')", message
        )

    def _receive(self, message: dict[str, Any]) -> dict[str, Any] | None:
        try:
            return self._reply(message)
        except Exception as error:
            self.failures.append(f"{message}: {error!r}")
            raise

    def _reply(self, message: dict[str, Any]) -> dict[str, Any] | None:
        assert message.pop("jsonrpc") == "2.0"
        self.received.append(message)
        method = message.get("method", "")
        if method in NOTIFICATIONS:
            _check(f"{NOTIFICATIONS[method]}Notification", message)
            return None
        if not method:
            return None
        if _names(message) & self.held:
            self._waiting.append(message)
            return None
        return self._answer(message)

    def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        answer = {"jsonrpc": "2.0", "id": message["id"]}
        method, parameters = message["method"], message["params"]
        if method == "tools/call":
            assert "serverTools" in self.capabilities
            CallToolRequestParams.model_validate(parameters)
            result = self.call_tool(parameters["name"], **parameters["arguments"])
            is_lost = parameters["name"] in self.lost
            lost = {"error": {"code": -32000, "message": "Request timed out"}}
            return {**answer, **(lost if is_lost else {"result": result})}
        _check(f"{REQUESTS[method]}Request", {"method": method, "params": parameters})
        result = self._initialize_result() if method == "ui/initialize" else {}
        result |= {"isError": True} if method in self.refused else {}
        if method != "ui/update-model-context":
            _check(f"{REQUESTS[method]}Result", result)
        return {**answer, "result": result}

    def _initialize_result(self) -> dict[str, Any]:
        return {
            "protocolVersion": "2026-01-26",
            "hostInfo": {"name": "chat", "version": "1"},
            "hostCapabilities": self.capabilities,
            "hostContext": self.context,
        }


def _names(message: dict[str, Any]) -> set[str]:
    return {message["method"], message.get("params", {}).get("name", "")}


def _framed() -> str:
    """Return the viewer with the content security policy that a host derives from the resource's metadata."""
    resource = viewer.content()
    domains = " ".join(resource["_meta"]["ui"]["csp"]["resourceDomains"])
    policy = (
        f"default-src 'none'; script-src 'unsafe-inline' {domains}; style-src 'unsafe-inline' {domains}; "
        f"img-src data: {domains}; font-src {domains}; connect-src 'none'; base-uri 'none'; form-action 'none'"
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">'
    page: str = resource["text"]
    return page.replace("<head>", f"<head>{meta}", 1)


def _check(name: str, message: dict[str, Any]) -> None:
    content = {key: value for key, value in message.items() if key != "id"}
    jsonschema.validate(content, _schemas()[f"McpUi{name}"])


@functools.cache
def _schemas() -> dict[str, Any]:
    definitions: dict[str, Any] = json.loads((PACKAGE / "dist/src/generated/schema.json").read_text())["$defs"]
    return definitions


@functools.cache
def _axe() -> str:
    source: str = (STATIC / "vendor/axe/axe.min.js").read_text()
    return source
