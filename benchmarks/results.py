"""Benchmark results: rows, the JSON file and the table in docs/benchmarks.md."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Literal

import psycopg

FILE = Path(__file__).parent / "results.json"
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
# The table of the last run is between these lines of the document.
TABLE_START, TABLE_END = "<!-- results -->", "<!-- end of results -->"
PACKAGES = ("Django", "fastmcp", "mcp", "procrastinate", "psycopg", "uvicorn")


@dataclass(frozen=True, slots=True)
class Row:
    """One measured value and its bound, if it has one."""

    name: str
    value: float
    unit: str
    target: float | None = None
    bound: Literal["at most", "at least"] = "at least"

    @property
    def met(self) -> bool:
        if self.target is None:
            return True
        return self.value <= self.target if self.bound == "at most" else self.value >= self.target


def write(rows: Sequence[Row], *, server_version: str) -> None:
    """Write the rows with date, machine and versions to the JSON file, and the table to docs/benchmarks.md."""
    report = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        "versions": {
            "Python": platform.python_version(),
            "PostgreSQL": server_version,
            **{package: metadata.version(package) for package in PACKAGES},
        },
        "results": [{**asdict(row), "value": round(row.value, 3), "met": row.met} for row in rows],
    }
    FILE.write_text(json.dumps(report, indent=2) + "\n")
    before, _, rest = DOCUMENT.read_text().partition(TABLE_START)
    DOCUMENT.write_text(f"{before}{TABLE_START}\n\n{table(rows)}\n\n{TABLE_END}{rest.partition(TABLE_END)[2]}")


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| Benchmark | Result | Bound | Met |", "| --- | --- | --- | --- |"]
    for row in rows:
        target = "" if row.target is None else f"{row.bound} {row.target:g}"
        met = "" if row.target is None else "yes" if row.met else "no"
        lines.append(f"| {row.name} | {format_value(row.value)} {row.unit} | {target} | {met} |")
    return "\n".join(lines)


def format_value(value: float) -> str:
    """Return the value with three significant digits, or as a whole number from 100 on."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def server_version(url: str) -> str:
    """Return the version of the database server."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]) if row else "unknown"
