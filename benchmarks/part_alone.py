"""One part of the benchmark, in a process and a database that nothing else has used."""

import importlib
import os
import sys

from benchmarks import process_environment, results
from benchmarks.results import Row


def measure(part: str, url: str) -> list[Row]:
    """Make the tables, measure, and print each row as it comes."""
    os.environ.update(process_environment.settings(url))
    import django  # noqa: PLC0415 - the settings are known only now

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    rows = []
    for row in importlib.import_module(f"benchmarks.{part}").measure():
        sys.stdout.write(f"{row.name}: {results.shown(row.value)} {row.unit}\n")
        sys.stdout.flush()
        rows.append(row)
    return rows
