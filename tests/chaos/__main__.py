"""`make chaos`: run the chaos test on its own database and write the results to a file."""

import json
import os
import secrets
import signal
import sys
from pathlib import Path

from infrastructure.postgresql import embedded_server

CHECKOUT = Path(__file__).resolve().parents[2]
LOCAL_DIR = CHECKOUT / ".local" / "chaos"
FILE = CHECKOUT / "benchmarks" / "chaos.json"
KILLS = 200


def main() -> int:
    """Return 0 if there was no fault, and at least half of the kills hit running work."""
    # SIGTERM must end the child processes too, so it becomes an exception.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))
    embedded_server.stop(LOCAL_DIR, force=True, remove=True)
    with embedded_server.use(LOCAL_DIR) as url:
        os.environ.update(
            DATABASE_URL=url,
            SECRET_KEY=secrets.token_urlsafe(48),
            DJANGO_SETTINGS_MODULE="tests.settings",
            TEST_MEDIA_ROOT=str(LOCAL_DIR / "pictures"),
            SANDBOX_PROVIDERS="on",
        )
        passed = _run(url)
    embedded_server.stop(LOCAL_DIR, force=True, remove=True)
    return 0 if passed else 1


def _run(url: str) -> bool:
    import django  # noqa: PLC0415 - the settings are complete only now

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from benchmarks import results  # noqa: PLC0415
    from tests.chaos import report  # noqa: PLC0415
    from tests.chaos.run import Plan, run  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    plan = Plan(seed=_number("CHAOS_SEED", secrets.randbelow(1_000_000)), kills=_number("CHAOS_KILLS", KILLS))
    _print(f"Seed {plan.seed}: {plan.kills} kills. Logs are in {LOCAL_DIR / 'logs'}.\n")
    outcome = run(plan, LOCAL_DIR / "logs", report_progress=_print)
    record = report.record(outcome, server_version=results.server_version(url))
    FILE.write_text(json.dumps(record, indent=2) + "\n")
    _print(report.table(outcome) + "\n")
    return not outcome.faults and 2 * report.under_way(outcome) >= len(outcome.hits) >= plan.kills


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _number(variable: str, default: int) -> int:
    value = os.environ.get(variable) or str(default)
    if not value.isdecimal():
        sys.exit(f"{variable} must be a whole number, not {value!r}.")
    return int(value)


if __name__ == "__main__":
    sys.exit(main())
