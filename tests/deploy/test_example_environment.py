"""The example environment: docs/configuration.md explains every variable, and the deploy check accepts it."""

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLE = dict(re.findall(r"^(\w+)=(.*)$", (PROJECT / "deploy/example.env").read_text(), re.MULTILINE))
# What boto3 and compose.yml read.
OTHERS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "POSTGRES_PASSWORD"}


def test_every_variable_is_explained() -> None:
    explained = set(re.findall(r"`([A-Z0-9_]+)`", (PROJECT / "docs/configuration.md").read_text()))
    assert set(EXAMPLE) - OTHERS <= explained


def test_filled_in_it_passes_the_deploy_check_in_silence() -> None:
    filled = {**EXAMPLE, "SECRET_KEY": secrets.token_urlsafe(64), "OPENAI_API_KEY": "from-the-provider"}
    environment = {"PATH": os.environ["PATH"], **filled}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
