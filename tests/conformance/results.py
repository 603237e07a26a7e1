"""What the suite found, scenario by scenario, held against what a file says is expected to fail."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = re.compile(r"server-(?P<scenario>.+)-\d{4}-\d\d-\d\dT[\d-]+Z")
ENTRY: Final = re.compile(r"  - (?P<scenario>[^\s:]+):(?P<check>\S+)  # (?P<reason>.+)")
GOOD: Final = "SUCCESS"
# The suite itself counts a warning as a failure when failures are expected.
BAD: Final = frozenset({"WARNING", "FAILURE"})

# Reasons by scenario and check.
Expected = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario: how each of its checks went, every time it was made, and which are expected to fail."""

    name: str
    checks: Mapping[str, Sequence[str]]
    expected: Mapping[str, str]

    @property
    def passed(self) -> int:
        return sum(status == GOOD for statuses in self.checks.values() for status in statuses)

    @property
    def failed(self) -> int:
        return sum(status in BAD for statuses in self.checks.values() for status in statuses)

    @property
    def problems(self) -> list[str]:
        """What differs from what is expected, in either direction."""
        bad = [check for check, statuses in self.checks.items() if not BAD.isdisjoint(statuses)]
        surprises = [f"{check} failed" for check in bad if check not in self.expected]
        return surprises + [f"{check} is expected to fail and did not" for check in self.expected if check not in bad]

    @property
    def verdict(self) -> str:
        """One or two words for the summary."""
        if self.problems:
            return "FAILED"
        if self.failed:
            return "expected"
        return "passed" if self.passed else "no checks"

    def __str__(self) -> str:
        reasons = self.problems or sorted(set(self.expected.values()))
        counted = f"{self.passed} of {self.passed + self.failed}"
        return f"  {self.verdict:<10} {self.name:<45} {counted:<8} {', '.join(reasons)}".rstrip()


def expected(file: Path) -> Expected:
    """Return the reasons that a file of expected failures gives.

    Raises:
        ValueError: A line of it names no single check with its reason.
    """
    reasons: dict[str, dict[str, str]] = {}
    for line in file.read_text().splitlines():
        if not line or line.startswith(("#", "server:")):
            continue
        entry = ENTRY.fullmatch(line)
        if entry is None:
            raise ValueError(f"{file.name}: not '  - scenario:check  # reason': {line!r}")
        reasons.setdefault(entry["scenario"], {})[entry["check"]] = entry["reason"]
    return reasons


def read(folder: Path, reasons: Expected) -> list[Scenario]:
    """Return the scenarios whose results lie in this folder, and those that are expected there and are missing."""
    found = {}
    for file in folder.glob("*/checks.json"):
        name = FOLDER.fullmatch(file.parent.name)
        assert name is not None, file
        found[name["scenario"]] = _statuses(json.loads(file.read_text()))
    names = {*found, *reasons}
    return [Scenario(name, found.get(name, {}), reasons.get(name, {})) for name in names]


def _statuses(checks: Iterable[Mapping[str, str]]) -> dict[str, list[str]]:
    statuses: dict[str, list[str]] = {}
    for check in checks:
        statuses.setdefault(check["id"], []).append(check["status"])
    return statuses


def summary(scenarios: Iterable[Scenario]) -> str:
    """Return a line for each scenario, the worst last, and a line of sums."""
    order = ["passed", "no checks", "expected", "FAILED"]
    ordered = sorted(scenarios, key=lambda scenario: (order.index(scenario.verdict), scenario.name))
    counts = [f"{sum(each.verdict == verdict for each in ordered)} {verdict}" for verdict in order]
    passed, failed = sum(each.passed for each in ordered), sum(each.failed for each in ordered)
    checks = f"{passed} of {passed + failed} checks passed"
    return "\n".join([*map(str, ordered), f"  {len(ordered)} scenarios: {', '.join(counts)}; {checks}"])
