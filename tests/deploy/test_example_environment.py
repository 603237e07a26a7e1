"""Every variable is documented, and deploy/example.env is a valid configuration once it is filled in."""

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLE = dict(re.findall(r"^(\w+)=(.*)$", (PROJECT / "deploy/example.env").read_text(), re.MULTILINE))
DOCUMENTED = set(re.findall(r"`([A-Z0-9_]+)`", (PROJECT / "docs/configuration.md").read_text()))
# Variables that boto3 and compose.yml read.
EXTERNAL = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "POSTGRES_PASSWORD"}


def test_every_variable_of_the_example_is_documented() -> None:
    assert set(EXAMPLE) - EXTERNAL <= DOCUMENTED


def test_every_variable_that_the_settings_read_is_documented() -> None:
    source = (PROJECT / "config/settings/environment.py").read_text()
    variables = set(re.findall(r'env\.\w+\(\s*"([A-Z0-9_]+)"', source))
    assert len(variables) > 30
    assert variables <= DOCUMENTED


def test_the_completed_example_passes_the_deploy_check_without_output() -> None:
    completed = {**EXAMPLE, "SECRET_KEY": secrets.token_urlsafe(64), "OPENAI_API_KEY": "from-the-provider"}
    environment = {"PATH": os.environ["PATH"], **completed}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
