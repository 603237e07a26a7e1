"""Run every benchmark, each with its own database and service, and record the results.

`python -m benchmarks account lists` runs only the named parts and prints the results without recording them.
"""

import argparse
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

import psycopg

from benchmarks import part_process, process_environment, results
from benchmarks.results import Row
from infrastructure.postgresql import embedded_server

PARTS = ("account", "ledger_charges", "generation", "gateway", "edits", "webhooks", "lists", "scale", "startup")


def main() -> int:
    """Return 0 if every result is within its bound."""
    parser = argparse.ArgumentParser(description="Run the benchmarks.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"run only these parts: {', '.join(PARTS)}")
    parts = parser.parse_args().parts
    if unknown := set(parts) - set(PARTS):
        parser.error(f"unknown part: {', '.join(sorted(unknown))} (choose from {', '.join(PARTS)})")
    rows: list[Row] = []
    embedded_server.stop(process_environment.LOCAL_DIR, force=True, remove=True)
    with embedded_server.use(process_environment.LOCAL_DIR) as url:
        for part in parts or PARTS:
            # Django reads its settings, which name the database, once per process: each part needs a new one.
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
                rows += executor.submit(part_process.measure, part, _create_database(url, part)).result()
        if not parts:
            results.write(rows, server_version=results.server_version(url))
    embedded_server.stop(process_environment.LOCAL_DIR, force=True, remove=True)
    sys.stdout.write(results.table(rows) + "\n")
    return 0 if all(row.met for row in rows) else 1


def _create_database(url: str, part: str) -> str:
    """Create an empty database for one part and return its URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {part}")
    return f"{url.rpartition('/')[0]}/{part}"


if __name__ == "__main__":
    sys.exit(main())
