"""The `.local/` folder: all local state of a checkout, ignored by git, with secrets readable only by their owner."""

import os
from pathlib import Path

LOCAL_DIR = Path(__file__).resolve().parent.parent / ".local"


def read_secret(name: str) -> str | None:
    """Return a development secret, or None if it has not been created yet."""
    try:
        return (LOCAL_DIR / name).read_text().strip() or None
    except FileNotFoundError:
        return None


def write_secret(name: str, value: str) -> str:
    """Store a secret in a file with mode 600 and return it."""
    LOCAL_DIR.mkdir(exist_ok=True)
    # Write to a temporary file and rename it, so that processes starting at the same time never read a partial value.
    temporary = LOCAL_DIR / f"{name}.{os.getpid()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(value)
    temporary.replace(LOCAL_DIR / name)
    return value
