"""Runs every benchmark, each with a database and a service of its own, and writes down what came out.

`python -m benchmarks account listing` runs only these, and prints what came out without writing it down.
"""

import argparse
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

import psycopg

from benchmarks import part_alone, process_environment, results
from benchmarks.results import Row
from infrastructure import embedded_postgres

PARTS = ("account", "charging", "generating", "listing", "scale", "starting")


def main() -> int:
    """Return 0 if every bound was kept."""
    parser = argparse.ArgumentParser(description="Measure what the service reaches.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"only these of {', '.join(PARTS)}")
    chosen = parser.parse_args().parts
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    rows: list[Row] = []
    embedded_postgres.stop(process_environment.LOCAL_DIR, force=True, remove=True)
    with embedded_postgres.use(process_environment.LOCAL_DIR) as url:
        for part in chosen or PARTS:
            # Settings are read once in a process, and they name the database.
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as apart:
                rows += apart.submit(part_alone.measure, part, _own_database(url, part)).result()
        if not chosen:
            results.write(rows, server_version=results.server_version(url))
    embedded_postgres.stop(process_environment.LOCAL_DIR, force=True, remove=True)
    sys.stdout.write(results.table(rows) + "\n")
    return 0 if all(row.met for row in rows) else 1


def _own_database(url: str, part: str) -> str:
    """Make a database for this part, so that what another one has written is not in its way; return its URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {part}")
    return f"{url.rpartition('/')[0]}/{part}"


if __name__ == "__main__":
    sys.exit(main())
