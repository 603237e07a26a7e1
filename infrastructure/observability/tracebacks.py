"""Redacted tracebacks for the log."""

import traceback


def redacted(error: BaseException) -> str:
    """Return the type and traceback of an error without its message.

    Messages from databases, parsers and providers can quote the value that caused the error, such as a prompt or key.
    """
    lines = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__name__}\n{lines}"
