"""Development email backend: prints messages to the terminal and stores them for the page /dev/mail."""

import email
import email.policy
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend

KEPT_MESSAGES: Final = 50


@dataclass(frozen=True, slots=True)
class Message:
    """A stored message, as shown on the page."""

    subject: str
    to: str
    body: str
    sent_at: datetime


class MailboxBackend(EmailBackend):
    """Print each message and store it as a file."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            save(message)
        sent: int | None = super().send_messages(email_messages)
        return sent or 0


def save(message: EmailMessage) -> None:
    """Store a message and delete all but the latest KEPT_MESSAGES."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{time.time_ns()}.eml"
    path.touch(mode=0o600)
    path.write_bytes(message.message().as_bytes())
    for expired in _newest_first()[KEPT_MESSAGES:]:
        expired.unlink(missing_ok=True)


def messages() -> list[Message]:
    """Return the stored messages, newest first."""
    return [_read(path) for path in _newest_first()]


def _read(path: Path) -> Message:
    parsed = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = parsed.get_body(("plain",))
    sent_at = datetime.fromtimestamp(int(path.stem) / 1e9, tz=UTC)
    return Message(str(parsed["subject"]), str(parsed["to"]), body.get_content() if body else "", sent_at)


def _newest_first() -> list[Path]:
    return sorted(_folder().glob("*.eml"), key=lambda path: int(path.stem), reverse=True)


def _folder() -> Path:
    return Path(settings.DEVELOPMENT_MAIL_DIR)
