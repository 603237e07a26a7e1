"""Google and GitHub: offered when both id and secret are set, and a half of the two stops the start."""

import pytest

from tests.config.test_settings import manage
from tests.faults.processes import database_url

BUTTONS = """
from django.test import Client
page = Client().get("/accounts/login/", HTTP_HOST="127.0.0.1").content.decode()
print(*(name for name in ("Google", "GitHub") if f"Continue with {name}" in page))
"""


@pytest.mark.parametrize("variable", ["GOOGLE_CLIENT_ID", "GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"])
def test_half_of_the_credentials_stops_the_start(variable: str) -> None:
    missing = variable.replace("_ID", "_SECRET") if variable.endswith("_ID") else variable.replace("_SECRET", "_ID")
    done = manage("check", **{"SECRET_KEY": "x", variable: "half"})
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert missing in done.stderr


@pytest.mark.django_db
def test_a_provider_with_credentials_is_offered() -> None:
    credentials = {"GOOGLE_CLIENT_ID": "id", "GOOGLE_CLIENT_SECRET": "secret"}
    more = {"SECRET_KEY": "x", "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": database_url()}
    done = manage("shell", "--no-imports", "-c", BUTTONS, **credentials, **more)
    assert (done.stdout.strip(), done.stderr) == ("Google", "")
