"""What this checkout keeps for itself in `.local/`: all local state, git-ignored, secrets readable by their owner."""

import os
from pathlib import Path

LOCAL_DIR = Path(__file__).resolve().parent.parent / ".local"


def read_secret(name: str) -> str | None:
    """Return a secret of this checkout's development, or None if there is none yet."""
    try:
        return (LOCAL_DIR / name).read_text().strip() or None
    except FileNotFoundError:
        return None


def write_secret(name: str, value: str) -> str:
    """Keep a secret in a file of mode 600, and return it."""
    LOCAL_DIR.mkdir(exist_ok=True)
    # Written beside and moved into place: two processes that start at once read one of two whole values.
    draft = LOCAL_DIR / f"{name}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(value)
    draft.replace(LOCAL_DIR / name)
    return value
