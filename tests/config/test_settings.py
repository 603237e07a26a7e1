"""An invalid value stops the start with one line that names the variable; a valid one passes the deploy check."""

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "SECRET_KEY": secrets.token_urlsafe(64),
    "SITE_URL": "https://images.example",
    "ALLOWED_HOSTS": "images.example",
    "TRUSTED_PROXIES": "1",
    "OPENAI_API_KEY": "from-the-provider",
    "EMAIL_URL": "submission://user:password@mail.example:587",
}


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": os.environ["DATABASE_URL"], **variables}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "eighty"),
        ("DEBUG", "maybe"),
        ("SITE_URL", "images.example"),
        ("SITE_URL", "https://images.example/a/path"),
        ("DATABASE_URL", "mysql://localhost/images"),
        ("EMAIL_URL", "pigeon://home"),
        ("TERMS_URL", "/terms"),
        ("PRIVACY_URL", "javascript:alert(1)"),
        ("TERMS_FILE", "/no/such/file.md"),
        ("SUPPORT_URL", "https://"),
        ("SUPPORT_EMAIL", "support"),
        ("SANDBOX_PROVIDERS", "sometimes"),
        ("MCP_RATE_LIMIT_STATUS", "200"),
        ("RATE_LIMIT_PER_MINUTE", "-1"),
        ("WORKER_CONCURRENCY", "0"),
        ("ALLOWED_ORIGINS", "images.example"),
        ("SECRET_KEY", ""),
    ],
)
def test_an_invalid_value_stops_the_start_with_one_line(variable: str, value: str) -> None:
    done = manage("check", **{"SECRET_KEY": "x", variable: value})
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert variable in done.stderr


def test_production_disallows_urls_of_this_machine_and_cursors_behind_a_pooling_proxy() -> None:
    direct = {**PRODUCTION, "DATABASE_DIRECT_URL": os.environ["DATABASE_URL"]}
    done = manage("diffsettings", "--output", "unified", **direct)
    assert "'DISABLE_SERVER_SIDE_CURSORS': True" in done.stdout
    assert "OUTBOUND_ALLOW_LOOPBACK = False" in done.stdout


def test_urls_of_this_machine_are_allowed_in_development() -> None:
    done = manage("diffsettings", "--output", "unified", **PRODUCTION, DEBUG="1")
    assert "OUTBOUND_ALLOW_LOOPBACK = True" in done.stdout


def test_a_valid_production_configuration_passes_without_output() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "changes_by_check",
    [
        {
            "accounts.W001": {"SITE_URL": "http://images.example"},
            "accounts.W002": {"ALLOWED_HOSTS": "other.example"},
            "accounts.W003": {"EMAIL_URL": "console://"},
            "accounts.W004": {"S3_BUCKET": "pictures", "DATABASE_URL": ""},
            "images.W001": {"SANDBOX_PROVIDERS": "on"},
            "security.W009": {"SECRET_KEY": "short"},
        },
        {"images.W002": {"OPENAI_API_KEY": ""}},
    ],
)
def test_an_invalid_production_configuration_fails_its_checks(changes_by_check: dict[str, dict[str, str]]) -> None:
    changes = {name: value for changes in changes_by_check.values() for name, value in changes.items()}
    done = manage("check", "--deploy", "--fail-level", "WARNING", **{**PRODUCTION, **changes})
    assert done.returncode == 1
    assert set(changes_by_check) <= set(re.findall(r"\w+\.W\d+", done.stderr))
