"""LiteLLM's proxy without a database, in a virtual environment of its own: the gateway of the comparison.

Its dependencies conflict with ours, and their installation takes minutes, so it is not part of `make test`.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import processes
from development import launcher

VERSION: Final = "1.106.12"
FOLDER: Final = Path(__file__).resolve().parent.parent / ".local" / "litellm"
# Written after a complete installation.
STAMP: Final = FOLDER / f"installed-{VERSION}"
MODEL: Final = "gpt-image-2"
# Importing its modules alone takes a quarter of a minute.
START_TIMEOUT_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running proxy: the URL of its OpenAI-compatible API, and its process."""

    url: str
    pid: int


def install() -> None:
    """Install the proxy unless it is installed.

    Raises:
        subprocess.CalledProcessError: The installation failed.
    """
    if STAMP.exists():
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(FOLDER)], check=True)
    subprocess.run([str(FOLDER / "bin" / "pip"), "install", "--quiet", f"litellm[proxy]=={VERSION}"], check=True)
    STAMP.touch()


@contextlib.contextmanager
def running(provider_url: str) -> Iterator[Proxy]:
    """Run the proxy in one process, with the provider of this URL, during the block."""
    port = launcher.free_port()
    # The proxy would use the database of the measured service, which this process's environment names.
    command = ["env", "-u", "DATABASE_URL", str(FOLDER / "bin" / "litellm"), "--host", launcher.HOST]
    command += ["--config", str(_write_config(provider_url))]
    command += ["--port", str(port), "--num_workers", "1", "--telemetry", "False"]
    environment = {"LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    # It listens on this machine only and checks no keys.
    environment["LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY"] = "true"
    with processes.serving(command, port, environment, timeout_seconds=START_TIMEOUT_SECONDS) as process:
        yield Proxy(f"http://{launcher.HOST}:{port}/v1", process.pid)


def _write_config(provider_url: str) -> Path:
    upstream = {"model": "openai/gpt-image-1", "api_base": f"{provider_url}/v1", "api_key": "benchmark"}
    config = {"model_list": [{"model_name": MODEL, "litellm_params": upstream}]}
    path = FOLDER / "config.yaml"
    # JSON is YAML.
    path.write_text(json.dumps(config))
    return path
