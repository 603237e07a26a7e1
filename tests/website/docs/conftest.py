"""Fixtures of the tests that run the code samples of the documentation."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.web_server import Server
from tests.website.docs.samples import Run, program
from website.templatetags.code_blocks import snippet_text

SAMPLE_TIMEOUT_SECONDS = 120


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The empty working directory of the samples."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def run_sample(transactional_db: None, server: Server, alices_key: str, home: Path, settings: Any) -> Run:
    """Run a sample of a folder with Alice's key in an empty folder, and return its output."""
    settings.SANDBOX_PROVIDERS = "on"
    # Links in responses use the URL of the test server.
    settings.SITE_URL = server.url

    program("curl")

    def run(folder: str, name: str, *command: str, **variables: str) -> str:
        file = home / name
        file.write_text(snippet_text(f"{folder}/{name}", server.url))
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "GET_IMAGES_API_KEY": alices_key, **variables}
        process = subprocess.run(
            [*(command or (program("bash"), "-eu")), file],
            cwd=home,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SAMPLE_TIMEOUT_SECONDS,
            check=False,
        )
        file.unlink()
        assert process.returncode == 0, process.stderr
        return process.stdout

    return run
