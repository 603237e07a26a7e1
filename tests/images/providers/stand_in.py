"""A local server in place of OpenAI and Google, with both wire formats and scripted responses.

`python -m tests.images.providers.stand_in --port 9000 --delay 20` runs it alone, for benchmarks.
"""

import argparse
import asyncio
import contextlib
import email
import http
import json
import re
import sys
import threading
from collections import deque
from types import TracebackType
from typing import Self

from tests.images.providers.responses import ReceivedFile, ReceivedRequest, Response, Script, json_response, picture

OPENAI_PATH = "/v1/images/generations"
OPENAI_EDITS_PATH = "/v1/images/edits"
GOOGLE_PATH = re.compile(r"/v1beta/models/[^/:]+:generateContent")
WAIT_SECONDS = 60
TRICKLE_BYTES = 60
TRICKLE_SECONDS = 0.05
BACKLOG = 2048


class ProviderStandIn:
    """Both providers on 127.0.0.1, served by an event loop in a thread while the context is open.

    Scripted responses are sent in order, one for each request. Every other request receives a real picture in the
    requested size or ratio.
    """

    def __init__(self, *, port: int = 0, delay_seconds: float = 0, picture_bytes: int = 0) -> None:
        self.port = port
        self.delay_seconds = delay_seconds
        self.picture_bytes = picture_bytes
        self.requests: list[ReceivedRequest] = []
        self.max_concurrent = 0
        self._concurrent = 0
        self._script: deque[Script] = deque()
        self._arrival = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._open_gate = asyncio.Event()
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._thread = threading.Thread(target=self._run, name="provider stand-in")
        self._listening = threading.Event()

    @property
    def url_openai(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def url_google(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def connection_count(self) -> int:
        """The number of connections since the start."""
        return len(self._connections)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._listening.wait(WAIT_SECONDS):
            raise RuntimeError("the stand-in does not listen")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def respond_with(self, *scripts: Script | Response) -> None:
        """Add responses to the queue."""
        self._script.extend(script if callable(script) else _always(script) for script in scripts)

    def hold(self) -> None:
        """Receive requests without responding until `release` is called."""
        self._loop.call_soon_threadsafe(self._open_gate.clear)

    def release(self) -> None:
        """Respond to the held requests, and to later ones at once."""
        self._loop.call_soon_threadsafe(self._open_gate.set)

    def wait_for_requests(self, count: int, timeout_seconds: float = WAIT_SECONDS) -> None:
        """Block until this many requests have arrived since the start."""
        with self._arrival:
            if not self._arrival.wait_for(lambda: len(self.requests) >= count, timeout_seconds):
                raise TimeoutError(f"{len(self.requests)} of {count} requests arrived")

    def _run(self) -> None:
        try:
            self._open_gate.set()
            server = self._loop.run_until_complete(
                asyncio.start_server(self._connect, "127.0.0.1", self.port, backlog=BACKLOG)
            )
            self.port = server.sockets[0].getsockname()[1]
            self._listening.set()
            self._loop.run_forever()
            self._loop.run_until_complete(self._close(server))
        finally:
            self._loop.close()

    def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # asyncio calls a plain function at once. A coroutine function would run in a task of asyncio's own, and one
        # that is cancelled before its first step never gets to close its connection.
        self._connections[self._loop.create_task(self._serve(reader, writer))] = writer

    async def _close(self, server: asyncio.Server) -> None:
        """Close the server and every connection, also those that were accepted a moment ago."""
        for listener in server.sockets:
            self._loop.remove_reader(listener)
        # asyncio's own tasks, which set up accepted connections, are awaited: cancelled ones would leave their sockets
        # open, and so would those that find the server closed.
        while pending := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in pending & self._connections.keys():
                task.cancel()
            await asyncio.wait(pending)
        server.close()
        for writer in self._connections.values():
            writer.transport.abort()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._serve_one(reader, writer):
                pass
        # _close waits for the end of the connection. A wait here could be cancelled, and with it every later one.
        writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request = await _read(reader)
        if request is None:
            await _write(writer, json_response({"error": {"message": "Unknown path.", "code": 404}}, 404))
            return False
        script = self._record(request)
        self._concurrent += 1
        self.max_concurrent = max(self.max_concurrent, self._concurrent)
        try:
            await asyncio.sleep(self.delay_seconds)
            await self._open_gate.wait()
            return await _send(script(request), reader, writer)
        finally:
            self._concurrent -= 1

    def _record(self, request: ReceivedRequest) -> Script:
        with self._arrival:
            self.requests.append(request)
            self._arrival.notify_all()
        return self._script.popleft() if self._script else picture(size_bytes=self.picture_bytes)


def _always(response: Response) -> Script:
    return lambda _: response


async def _read(reader: asyncio.StreamReader) -> ReceivedRequest | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    path = head[0].split(" ")[1]
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    if path == OPENAI_PATH:
        return ReceivedRequest("openai", path, headers, json.loads(body))
    if path == OPENAI_EDITS_PATH:
        return ReceivedRequest("openai", path, headers, *_form(headers["content-type"], body))
    if GOOGLE_PATH.fullmatch(path):
        return ReceivedRequest("google", path, headers, json.loads(body))
    return None


def _form(content_type: str, body: bytes) -> tuple[dict[str, str], tuple[ReceivedFile, ...]]:
    """Return the text fields and the files of a multipart form, in their order."""
    boundary = email.message_from_string(f"Content-Type: {content_type}").get_boundary() or ""
    fields: dict[str, str] = {}
    files: list[ReceivedFile] = []
    # Between the delimiters, each of which begins with a line break, except the first one.
    for part in (b"\r\n" + body).split(f"\r\n--{boundary}".encode())[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = email.message_from_bytes(head)
        field = str(headers.get_param("name", header="content-disposition"))
        name = headers.get_filename()
        if name is None:
            assert field not in fields, f"The field {field} is there twice."
            fields[field] = content.decode()
        else:
            files.append(ReceivedFile(field, name, headers.get_content_type(), content))
    return fields, tuple(files)


async def _send(response: Response, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Send the response; return whether the connection can serve another request."""
    match response.ending:
        case "never":
            await reader.read()
        case "broken":
            await _write(writer, response, announced_bytes=len(response.body) * 2)
        case "trickle":
            await _write(writer, response, announced_bytes=TRICKLE_BYTES)
            for _ in range(TRICKLE_BYTES):
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(TRICKLE_SECONDS)
        case "whole":
            await _write(writer, response)
    return response.ending == "whole"


async def _write(writer: asyncio.StreamWriter, response: Response, *, announced_bytes: int | None = None) -> None:
    length = len(response.body) if announced_bytes is None else announced_bytes
    headers = {"Content-Length": str(length), "Content-Type": "text/plain", **response.headers}
    lines = [f"HTTP/1.1 {response.status} {http.HTTPStatus(response.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + response.body)
    await writer.drain()


def main() -> None:
    """Serve until the process is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0, help="seconds before each response")
    parser.add_argument("--picture-bytes", type=int, default=0, help="minimum size of each picture, in bytes")
    options = parser.parse_args()
    stand_in = ProviderStandIn(port=options.port, delay_seconds=options.delay, picture_bytes=options.picture_bytes)
    with stand_in, contextlib.suppress(KeyboardInterrupt):
        sys.stdout.write(f"{stand_in.url_google}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
