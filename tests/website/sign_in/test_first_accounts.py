"""The users of a new development database can sign in with the passwords that `make run` prints."""

from pathlib import Path

import pytest
from django.test import Client

from development import first_data
from infrastructure import local_state
from tests.website.sign_in.steps import sign_in


@pytest.mark.django_db
def test_demo_user_and_staff_sign_in_with_the_printed_passwords(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(local_state, "LOCAL_DIR", tmp_path)
    credentials = first_data.ensure()
    assert first_data.ensure() == credentials
    for email, password in [
        (first_data.DEMO_EMAIL, credentials.demo_password),
        (first_data.STAFF_EMAIL, credentials.staff_password),
    ]:
        assert sign_in(Client(), email, password).headers["Location"] == "/dashboard/"
