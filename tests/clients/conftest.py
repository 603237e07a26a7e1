"""The running service, with web and worker processes, for third-party clients."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts import api_keys
from development import launcher
from tests.browser.visitor import CHROMIUM
from tests.clients.service import CREDITS, Access
from tests.database import reset_tables
from tests.factories import create_user, session_of
from tests.faults.processes import database_url


@pytest.fixture(scope="module")
def access(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Access]:
    """Run the service on the test database, once per test file: the clients only add data."""
    # Without the django_db mark there is no test database, and this fixture would fill and then empty a real one.
    assert connection.settings_dict["NAME"].startswith("test_")
    with django_db_blocker.unblock():
        alice = create_user("alice@example.com", credits=CREDITS)
        key, session = api_keys.create(alice, name="Laptop")[1], session_of(alice)
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url(),
        "TEST_MEDIA_ROOT": str(tmp_path_factory.mktemp("media")),
        "SANDBOX_PROVIDERS": "on",
        "RATE_LIMIT_PER_MINUTE": "0",
        "MAX_RUNNING_PER_USER": "0",
    }
    with launcher.running(launcher.free_port(), environment) as running:
        yield Access(f"{running.url}/api/mcp", key, session)
    with django_db_blocker.unblock():
        reset_tables()


@pytest.fixture
def person(access: Access, tmp_path: Path) -> dict[str, str]:
    """The environment of a client that opens its pages in Chromium, where Alice is signed in."""
    if not CHROMIUM:
        assert not os.environ.get("REQUIRE_CHROMIUM"), "Chromium is missing: install it, with apt for instance."
        pytest.skip("needs Chromium")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("browser", "xdg-open"):
        program = programs / name
        # In the background: some clients answer the redirect only after this program has ended.
        command = f'"{sys.executable}" "{Path(__file__).with_name("person.py")}" "$1" >"{tmp_path}/person.log" 2>&1 &'
        program.write_text(f"#!/bin/sh\n{command}\n")
        program.chmod(0o755)
    return {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "BROWSER": str(programs / "browser"),
        "CHROMIUM": CHROMIUM,
        "SESSION": access.session,
    }
