"""A client that requests images until its standard input ends, and repeats requests that failed.

Each request has its own idempotency key, so repeating it is safe. The last line of output is the number of requests
that succeeded.
"""

import sys
import threading

import django


def main() -> None:
    """Send requests with a short pause in between."""
    django.setup()
    from django.db import OperationalError, connection  # noqa: PLC0415 - needs django.setup()
    from procrastinate.exceptions import ConnectorException  # noqa: PLC0415

    from images import generation  # noqa: PLC0415
    from tests.factories import caller_of, create_user  # noqa: PLC0415
    from tests.faults.steps import arguments  # noqa: PLC0415

    caller = caller_of(create_user("program@example.com", credits=1_000_000))
    pause, accepted = threading.Event(), 0
    while not stopping.is_set():
        try:
            generation.request(caller, arguments(idempotencyKey=f"request-{accepted}"))
            accepted += 1
        except (OperationalError, ConnectorException):
            connection.close()
        pause.wait(0.1)
    sys.stdout.write(f"{accepted}\n")


def _stop_at_end_of_input() -> None:
    sys.stdin.read()
    stopping.set()


if __name__ == "__main__":
    stopping = threading.Event()
    threading.Thread(target=_stop_at_end_of_input, daemon=True).start()
    main()
