"""What a process does before its first request or image."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
WEB = """
import gc, json, sys
import config.asgi
print(json.dumps({"frozen": gc.get_freeze_count(), "all": gc.get_freeze_count() + len(gc.get_objects()),
                  "loaded": "config.urls" in sys.modules}))
"""
WORKER = """
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from images.providers import registry
registry.load()
print(json.dumps([name for name in ("openai", "google.genai") if name in sys.modules]))
"""


def run(program: str, **variables: str) -> Any:
    kept = {name: os.environ[name] for name in ("PATH", "DATABASE_URL")}
    environment = {**kept, "SECRET_KEY": "x", "DEBUG": "1", **variables}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_web_process_imports_the_pages_and_excludes_modules_from_garbage_collection() -> None:
    objects = run(WEB)
    assert objects["loaded"]
    assert objects["frozen"] > 0.9 * objects["all"]


@pytest.mark.parametrize(
    ("variables", "loaded"),
    [
        ({"OPENAI_API_KEY": "a key"}, ["openai"]),
        ({"OPENAI_API_KEY": "a key", "GEMINI_API_KEY": "a key"}, ["openai", "google.genai"]),
        ({"OPENAI_API_KEY": "a key", "SANDBOX_PROVIDERS": "on"}, []),
        ({}, []),
    ],
)
def test_a_worker_imports_the_sdks_of_the_providers_that_have_a_key(
    variables: dict[str, str], loaded: list[str]
) -> None:
    assert run(WORKER, **variables) == loaded
