"""One measured line each, kept as JSON and printed as a table."""

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
README = Path(__file__).resolve().parent.parent / "README.md"
# What stands between these lines of README is a run's table.
BEGINNING, END = "<!-- measured -->", "<!-- end of what was measured -->"
PACKAGES = ("Django", "fastmcp", "mcp", "procrastinate", "psycopg", "uvicorn")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, and the bound that it must keep, if there is one."""

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
    """Write the rows with machine, date and versions beside them, and put the table into README."""
    facts = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        "versions": {
            "Python": platform.python_version(),
            "PostgreSQL": server_version,
            **{package: metadata.version(package) for package in PACKAGES},
        },
        "results": [{**asdict(row), "value": round(row.value, 3), "met": row.met} for row in rows],
    }
    FILE.write_text(json.dumps(facts, indent=2) + "\n")
    before, _, rest = README.read_text().partition(BEGINNING)
    README.write_text(f"{before}{BEGINNING}\n\n{table(rows)}\n\n{END}{rest.partition(END)[2]}")


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| what | measured | must be | met |", "| --- | --- | --- | --- |"]
    for row in rows:
        target = "" if row.target is None else f"{row.bound} {row.target:g}"
        met = "" if row.target is None else "yes" if row.met else "no"
        lines.append(f"| {row.name} | {shown(row.value)} {row.unit} | {target} | {met} |")
    return "\n".join(lines)


def shown(value: float) -> str:
    """Return a figure with as many digits as mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def server_version(url: str) -> str:
    """Return the version of the database that was measured with."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]) if row else "unknown"
