"""The running service, with web and worker processes, for third-party clients."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from accounts import api_keys
from development import launcher
from tests.browser.visitor import session_of
from tests.clients.service import CREDITS, NODE, Access
from tests.database import empty_tables, restore_initial_data
from tests.factories import create_user
from tests.faults.processes import database_url

# The programs that a marked test requires, and the command that installs them.
REQUIREMENTS = {"needs_node": ("clients", "make node"), "agents": ("clients/agents", "make clients")}


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, (programs, command) in REQUIREMENTS.items():
        if item.get_closest_marker(marker) and not (NODE / programs / ".installed").exists():
            reason = f"{item.name} is skipped: it requires npm and the programs that `{command}` installs"
            if os.environ.get("REQUIRE_NODE"):
                pytest.fail(reason)
            pytest.skip(reason)


@pytest.fixture(scope="module")
def access(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Access]:
    """Run the service on the test database, once per test file: the clients only add data."""
    # Without the django_db mark there is no test database, and this fixture would fill and then empty a real one.
    assert connection.settings_dict["NAME"].startswith("test_")
    with django_db_blocker.unblock():
        restore_initial_data()
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
        empty_tables()
