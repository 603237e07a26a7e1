"""Clients sign in without a key, with Chromium as the person, and generate an image."""

import json
import sys
from pathlib import Path

import pytest

from tests.clients.service import NODE, Access, run

pytestmark = pytest.mark.django_db

HERE = Path(__file__).parent
CLIENT = HERE / "sign_in_client.py"


def generated(output: str) -> str:
    """Return the status of the image that the last line of the output describes."""
    return str(json.loads(output.strip().splitlines()[-1])["status"])


@pytest.mark.parametrize("kind", ["sdk", pytest.param("fastmcp", marks=pytest.mark.long)])
def test_python_clients_sign_in(access: Access, person: dict[str, str], tmp_path: Path, kind: str) -> None:
    assert generated(run(sys.executable, CLIENT, kind, access.url, folder=tmp_path, **person)) == "succeeded"


@pytest.mark.needs_node
def test_the_typescript_sdk_signs_in(access: Access, person: dict[str, str]) -> None:
    output = run("node", HERE / "typescript_sign_in.mjs", access.url, folder=NODE / "clients", **person)
    assert generated(output) == "succeeded"


@pytest.mark.needs_node
def test_mcp_remote_signs_in(access: Access, person: dict[str, str], tmp_path: Path) -> None:
    program = str(NODE / "clients/node_modules/.bin/mcp-remote")
    output = run(sys.executable, CLIENT, "mcp-remote", access.url, program, folder=tmp_path, **person)
    assert generated(output) == "succeeded"
