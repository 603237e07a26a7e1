"""One part of the benchmark suite, run in a new process with a new database."""

import importlib
import os
import sys

from benchmarks import process_environment, results
from benchmarks.results import Row


def measure(part: str, url: str) -> list[Row]:
    """Migrate the database, run the part and print each row as soon as it is measured."""
    os.environ.update(process_environment.settings(url))
    import django  # noqa: PLC0415 - needs the environment set above

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    rows = []
    for row in importlib.import_module(f"benchmarks.{part}").measure():
        sys.stdout.write(f"{row.name}: {results.format_value(row.value)} {row.unit}\n")
        sys.stdout.flush()
        rows.append(row)
    return rows
