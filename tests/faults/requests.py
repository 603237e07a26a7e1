"""A client that asks for images until its standard input ends, and repeats what was not answered.

Each request has an idempotency key of its own, so that repeating it is safe. The last line says how many were answered.
"""

import sys
import threading

import django


def main() -> None:
    """Ask, with a short pause in between."""
    django.setup()
    from django.db import OperationalError, connection  # noqa: PLC0415 - after the set-up
    from procrastinate.exceptions import ConnectorException  # noqa: PLC0415

    from images import generation  # noqa: PLC0415
    from tests.factories import caller_of, create_user  # noqa: PLC0415
    from tests.faults.steps import arguments  # noqa: PLC0415

    caller = caller_of(create_user("busy@example.com", credits=1_000_000))
    pause, answered = threading.Event(), 0
    while not ended.is_set():
        try:
            generation.request(caller, arguments(idempotencyKey=f"request-{answered}"))
            answered += 1
        except (OperationalError, ConnectorException):
            connection.close()
        pause.wait(0.1)
    sys.stdout.write(f"{answered}\n")


def _listen() -> None:
    sys.stdin.read()
    ended.set()


if __name__ == "__main__":
    ended = threading.Event()
    threading.Thread(target=_listen, daemon=True).start()
    main()
