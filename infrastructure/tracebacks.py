"""What is logged of an error that nobody expected: where it happened, and nothing of what it was about."""

import traceback


def redacted(error: BaseException) -> str:
    """Return an error's type and the lines it came through.

    Its message is left out: messages of databases, parsers and providers repeat the values they stumbled over, which
    can be prompts and keys.
    """
    lines = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__name__}\n{lines}"
