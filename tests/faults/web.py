"""A web process as a deployment runs it, which a test can stop and kill while calls wait in it."""

import socket
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from tests.faults.processes import CHECKOUT, END_SECONDS, environment
from tests.images.providers.stand_in import ProviderStandIn

START_TIMEOUT_SECONDS = 60.0
RESPONSE_TIMEOUT_SECONDS = 60.0
BACKLOG = 512
COMMANDS = {
    "uvicorn": ["uvicorn", "config.asgi:application", "--log-level", "warning", "--fd"],
    "daphne": ["daphne", "config.asgi:application", "--verbosity", "0", "--fd"],
}


class WebProcess:
    """uvicorn or daphne with the test's database, on a socket that listens before the process starts.

    A port number that was free a moment ago may be taken when the process binds it seconds later. With an inherited
    socket the port is reserved from the start, and requests wait in its queue until the process accepts them.
    """

    def __init__(self, provider: ProviderStandIn, log: Path, *, program: str = "uvicorn", **variables: str) -> None:
        self._calls = ThreadPoolExecutor(4)
        with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener, log.open("wb") as output:
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            self.process = subprocess.Popen(
                [sys.executable, "-m", *COMMANDS[program], str(listener.fileno())],
                cwd=CHECKOUT,
                env={**environment(provider), "SITE_URL": self.url, "DEBUG": "1", **variables},
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[listener.fileno()],
            )
        try:
            httpx2.get(f"{self.url}/healthz", timeout=START_TIMEOUT_SECONDS).raise_for_status()
        except httpx2.HTTPError as error:
            self.kill()
            raise AssertionError(f"{program} did not start: {log.read_text()}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()
        self._calls.shutdown()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(END_SECONDS)

    def call(self, key: str, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool and return its result."""
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
        headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        url = f"{self.url}/api/mcp"
        response = httpx2.post(url, json=message, headers=headers, timeout=RESPONSE_TIMEOUT_SECONDS).json()
        result: dict[str, Any] = response["result"]
        return result

    def start_call(self, key: str, tool: str, **arguments: Any) -> Future[dict[str, Any]]:
        """Call a tool in a thread, and return without waiting for the result."""
        return self._calls.submit(lambda: self.call(key, tool, **arguments))
