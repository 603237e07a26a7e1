"""Local server that replaces the language models of agents: the streaming APIs of Anthropic, OpenAI and Google.

If a request offers the tool that generates an image and contains no tool result yet, the response is a call of that
tool. Otherwise it is a short text.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any, Final

from tests.http_server import HttpServer

Json = dict[str, Any]

# Clients add the name of the server to the name of a tool.
TOOL: Final = "getimages_generate_image"
TEXT: Final = "The model has finished."
MODEL: Final = "stand-in"


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as the client names it; Codex groups the tools of a server in a namespace."""

    name: str
    namespace: str | None = None


class Api(ABC):
    """The wire format of one API. Events are the JSON objects of a response, in their order."""

    path: re.Pattern[str]
    # What follows the last event.
    end = ""

    @abstractmethod
    def tools(self, request: Json) -> Iterator[Tool]:
        """Yield the tools that the request offers."""

    @abstractmethod
    def results(self, request: Json) -> Iterator[Any]:
        """Yield the results of earlier tool calls."""

    @abstractmethod
    def call(self, tool: Tool, arguments: Json) -> list[Json]:
        """Return the events of a tool call."""

    @abstractmethod
    def text(self) -> list[Json]:
        """Return the events of a text."""

    def respond(self, request: Json, arguments: Json) -> list[Json]:
        """Return the events of the response to a request."""
        tool = next((tool for tool in self.tools(request) if tool.name.endswith(TOOL)), None)
        return self.call(tool, arguments) if tool and not any(self.results(request)) else self.text()


class AnthropicMessages(Api):
    """Anthropic's Messages API."""

    path = re.compile("/v1/messages")

    def tools(self, request: Json) -> Iterator[Tool]:
        return (Tool(tool["name"]) for tool in request.get("tools", ()))

    def results(self, request: Json) -> Iterator[Any]:
        for message in request["messages"]:
            blocks = message["content"] if isinstance(message["content"], list) else ()
            yield from (block["content"] for block in blocks if block["type"] == "tool_result")

    def call(self, tool: Tool, arguments: Json) -> list[Json]:
        block = {"type": "tool_use", "id": "toolu_1", "name": tool.name, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(arguments)}
        return self._message(block, delta, stop_reason="tool_use")

    def text(self) -> list[Json]:
        return self._message({"type": "text", "text": ""}, {"type": "text_delta", "text": TEXT}, stop_reason="end_turn")

    @staticmethod
    def _message(block: Json, delta: Json, *, stop_reason: str) -> list[Json]:
        message: Json = {"id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "content": []}
        message |= {"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
        stop = {"stop_reason": stop_reason, "stop_sequence": None}
        return [
            {"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 1}},
            {"type": "message_stop"},
        ]


class OpenAIResponses(Api):
    """OpenAI's Responses API."""

    path = re.compile("/v1/responses")

    def tools(self, request: Json) -> Iterator[Tool]:
        for tool in request.get("tools", ()):
            if tool["type"] == "namespace":
                yield from (Tool(function["name"], tool["name"]) for function in tool["tools"])
            elif tool["type"] == "function":
                yield Tool(tool["name"])

    def results(self, request: Json) -> Iterator[Any]:
        return (item["output"] for item in request["input"] if item["type"] == "function_call_output")

    def call(self, tool: Tool, arguments: Json) -> list[Json]:
        item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": tool.name}
        item |= {"namespace": tool.namespace} if tool.namespace else {}
        return self._response(item | {"arguments": json.dumps(arguments)})

    def text(self) -> list[Json]:
        content = {"type": "output_text", "text": TEXT, "annotations": []}
        return self._response({"type": "message", "id": "msg_1", "role": "assistant", "content": [content]})

    @staticmethod
    def _response(item: Json) -> list[Json]:
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        return [
            {"type": "response.created", "response": {"id": "resp_1"}},
            {"type": "response.output_item.done", "output_index": 0, "item": {**item, "status": "completed"}},
            {"type": "response.completed", "response": {"id": "resp_1", "usage": usage}},
        ]


class OpenAIChat(Api):
    """OpenAI's chat completions, which many other providers have as well."""

    path = re.compile("/v1/chat/completions")
    end = "data: [DONE]\n\n"

    def tools(self, request: Json) -> Iterator[Tool]:
        return (Tool(tool["function"]["name"]) for tool in request.get("tools", ()))

    def results(self, request: Json) -> Iterator[Any]:
        return (message["content"] for message in request["messages"] if message["role"] == "tool")

    def call(self, tool: Tool, arguments: Json) -> list[Json]:
        function = {"name": tool.name, "arguments": json.dumps(arguments)}
        call = {"index": 0, "id": "call_1", "type": "function", "function": function}
        return self._chunks({"tool_calls": [call]}, finish_reason="tool_calls")

    def text(self) -> list[Json]:
        return self._chunks({"content": TEXT}, finish_reason="stop")

    @staticmethod
    def _chunks(delta: Json, *, finish_reason: str) -> list[Json]:
        chunk = {"id": "chatcmpl_1", "object": "chat.completion.chunk", "created": 0, "model": MODEL}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        return [
            {**chunk, "choices": [{"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": None}]},
            {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": finish_reason}], "usage": usage},
        ]


class GoogleGemini(Api):
    """Google's Gemini API."""

    path = re.compile("/v1beta/models/.+:streamGenerateContent")

    def tools(self, request: Json) -> Iterator[Tool]:
        for tool in request.get("tools", ()):
            yield from (Tool(function["name"]) for function in tool.get("functionDeclarations", ()))

    def results(self, request: Json) -> Iterator[Any]:
        for content in request["contents"]:
            yield from (part["functionResponse"] for part in content["parts"] if "functionResponse" in part)

    def call(self, tool: Tool, arguments: Json) -> list[Json]:
        return self._content({"functionCall": {"name": tool.name, "args": arguments}})

    def text(self) -> list[Json]:
        return self._content({"text": TEXT})

    @staticmethod
    def _content(part: Json) -> list[Json]:
        candidate = {"index": 0, "content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}
        usage = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
        return [{"candidates": [candidate], "usageMetadata": usage}]


APIS: Final = (AnthropicMessages(), OpenAIResponses(), OpenAIChat(), GoogleGemini())


class ModelStandIn(HttpServer):
    """The models on 127.0.0.1, in a thread that runs while the context is open."""

    def __init__(self, arguments: Json) -> None:
        super().__init__(_handler(self))
        # The arguments of the tool call.
        self.arguments = arguments
        # The bodies of all requests.
        self.received = ""

    def respond(self, path: str, body: str) -> str | None:
        """Return the event stream of the response, or None if there is nothing at this path."""
        api = next((api for api in APIS if api.path.fullmatch(path)), None)
        if api is None:
            return None
        self.received += body
        return "".join(map(_encode, api.respond(json.loads(body), self.arguments))) + api.end


def _encode(event: Json) -> str:
    """Encode a server-sent event; those of two APIs have a name, which is their type."""
    name = f"event: {event['type']}\n" if "type" in event else ""
    return f"{name}data: {json.dumps(event)}\n\n"


def _handler(models: ModelStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Buffers head and body into one packet. Two packets would wait for the acknowledgement of the first.
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            events = models.respond(self.path.partition("?")[0], body)
            content = (events or "").encode()
            self.send_response(404 if events is None else 200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    return Handler
