"""A web process as a deployment runs it, which a test can stop and kill while calls wait in it."""

import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from development import launcher
from tests.concurrency import eventually
from tests.faults.processes import CHECKOUT, END_SECONDS, environment
from tests.images.providers.stand_in import ProviderStandIn

ANSWER_TIMEOUT_SECONDS = 60.0
COMMANDS = {
    "uvicorn": ["uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--log-level", "warning", "--port"],
    "daphne": ["daphne", "config.asgi:application", "--bind", "127.0.0.1", "--verbosity", "0", "--port"],
}


class WebProcess:
    """uvicorn or daphne, on a port of its own and the test's database."""

    def __init__(self, provider: ProviderStandIn, log: Path, *, program: str = "uvicorn", **more: str) -> None:
        port = launcher.free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._calls = ThreadPoolExecutor(4)
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *COMMANDS[program], str(port)],
                cwd=CHECKOUT,
                env={**environment(provider), "SITE_URL": self.url, "DEBUG": "1", **more},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        eventually(lambda: self.process.poll() is not None or launcher.is_taken(port))

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
        answer = httpx2.post(url, json=message, headers=headers, timeout=ANSWER_TIMEOUT_SECONDS).json()
        result: dict[str, Any] = answer["result"]
        return result

    def begin_call(self, key: str, tool: str, **arguments: Any) -> Future[dict[str, Any]]:
        """Call a tool beside the test."""
        return self._calls.submit(lambda: self.call(key, tool, **arguments))
