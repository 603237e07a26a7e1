"""Runs every benchmark against a service and a database of its own, and writes down what came out.

`python -m benchmarks account listing` runs only these, and prints what came out without writing it down.
"""

import argparse
import os
import sys

from benchmarks import surroundings
from config import embedded_postgres

PARTS = ("account", "charging", "generating", "listing", "scale", "starting")


def main() -> int:
    """Return 0 if every bound was kept."""
    parser = argparse.ArgumentParser(description="Measure what the service reaches.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"only these of {', '.join(PARTS)}")
    chosen = parser.parse_args().parts
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    embedded_postgres.stop(surroundings.LOCAL_DIR, force=True, remove=True)
    with embedded_postgres.use(surroundings.LOCAL_DIR) as url:
        os.environ.update(surroundings.settings(url))
        met = _measure(chosen, url)
    embedded_postgres.stop(surroundings.LOCAL_DIR, force=True, remove=True)
    return 0 if met else 1


def _measure(chosen: list[str], url: str) -> bool:
    import django  # noqa: PLC0415 - the settings are known only now

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from benchmarks import account, charging, generating, listing, results, scale, starting  # noqa: PLC0415

    modules = (account, charging, generating, listing, scale, starting)
    measures = {name: module.measure for name, module in zip(PARTS, modules, strict=True)}
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    rows = []
    for part in chosen or PARTS:
        for row in measures[part]():
            sys.stdout.write(f"{row.name}: {results.shown(row.value)} {row.unit}\n")
            sys.stdout.flush()
            rows.append(row)
    if not chosen:
        results.write(rows, server_version=results.server_version(url))
    sys.stdout.write(results.table(rows) + "\n")
    return all(row.met for row in rows)


if __name__ == "__main__":
    sys.exit(main())
