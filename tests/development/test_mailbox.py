"""The development mailbox at /dev/mail, which does not exist in production."""

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import send_mail
from django.test import Client


@pytest.fixture(autouse=True)
def _development(settings: Any, tmp_path: Path) -> None:
    settings.DEBUG = True
    settings.EMAIL_BACKEND = "development.mailbox.MailboxBackend"
    settings.DEVELOPMENT_MAIL_DIR = tmp_path / "mail"


def test_the_newest_message_is_listed_first(client: Client) -> None:
    send_mail("First", "The earlier text", None, ["alice@example.com"])
    send_mail("Second", "The later text", None, ["bob@example.com"])
    page = client.get("/dev/mail").content.decode()
    assert page.index("The later text") < page.index("The earlier text")
    assert "To bob@example.com" in page


def test_a_message_is_printed_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    send_mail("A code", "407193", None, ["alice@example.com"])
    assert "407193" in capsys.readouterr().out


def test_only_the_latest_fifty_messages_are_kept(client: Client, settings: Any) -> None:
    for number in range(52):
        send_mail(f"Message {number}", "text", None, ["alice@example.com"])
    assert len(list(settings.DEVELOPMENT_MAIL_DIR.iterdir())) == 50
    assert "Message 1<" not in client.get("/dev/mail").content.decode()


def test_the_page_is_not_found_in_production(client: Client, settings: Any) -> None:
    settings.DEBUG = False
    assert client.get("/dev/mail").status_code == 404
