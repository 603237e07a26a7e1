"""The results of the suite by scenario, compared with a file of expected failures."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = re.compile(r"(?:server|authorization)-(?P<scenario>.+)-\d{4}-\d\d-\d\dT[\d-]+Z")
ENTRY: Final = re.compile(r"  - (?P<scenario>[^\s:]+):(?P<check>\S+)  # (?P<reason>.+)")
PASSED_STATUS: Final = "SUCCESS"
# The suite itself counts a warning as a failure when failures are expected.
FAILED_STATUSES: Final = frozenset({"WARNING", "FAILURE"})

# The reason of each expected failure, by scenario and check.
ExpectedFailures = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario: the statuses of each of its checks, and the checks that are expected to fail."""

    name: str
    checks: Mapping[str, Sequence[str]]
    expected: Mapping[str, str]

    @property
    def passed(self) -> int:
        return sum(status == PASSED_STATUS for statuses in self.checks.values() for status in statuses)

    @property
    def failed(self) -> int:
        return sum(status in FAILED_STATUSES for statuses in self.checks.values() for status in statuses)

    @property
    def problems(self) -> list[str]:
        """Unexpected failures, and expected failures that passed."""
        failed_checks = [check for check, statuses in self.checks.items() if not FAILED_STATUSES.isdisjoint(statuses)]
        unexpected = [f"{check} failed" for check in failed_checks if check not in self.expected]
        return unexpected + [
            f"{check} is expected to fail and did not" for check in self.expected if check not in failed_checks
        ]

    @property
    def verdict(self) -> str:
        """The result of the scenario in the summary."""
        if self.problems:
            return "FAILED"
        if self.failed:
            return "expected"
        return "passed" if self.passed else "no checks"

    def __str__(self) -> str:
        reasons = self.problems or sorted(set(self.expected.values()))
        counts = f"{self.passed} of {self.passed + self.failed}"
        return f"  {self.verdict:<10} {self.name:<45} {counts:<8} {', '.join(reasons)}".rstrip()


def expected(file: Path) -> ExpectedFailures:
    """Return the expected failures in a file.

    Raises:
        ValueError: A line does not consist of a scenario, a check and a reason.
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


def read(folder: Path, reasons: ExpectedFailures) -> list[Scenario]:
    """Return the scenarios with results in this folder, and expected scenarios without results."""
    statuses = {}
    for file in folder.glob("*/checks.json"):
        name = FOLDER.fullmatch(file.parent.name)
        assert name is not None, file
        statuses[name["scenario"]] = _statuses(json.loads(file.read_text()))
    names = {*statuses, *reasons}
    return [Scenario(name, statuses.get(name, {}), reasons.get(name, {})) for name in names]


def _statuses(checks: Iterable[Mapping[str, str]]) -> dict[str, list[str]]:
    statuses: dict[str, list[str]] = {}
    for check in checks:
        statuses.setdefault(check["id"], []).append(check["status"])
    return statuses


def summary(scenarios: Iterable[Scenario]) -> str:
    """Return a line for each scenario, failures last, and a line of totals."""
    order = ["passed", "no checks", "expected", "FAILED"]
    ordered = sorted(scenarios, key=lambda scenario: (order.index(scenario.verdict), scenario.name))
    counts = [f"{sum(scenario.verdict == verdict for scenario in ordered)} {verdict}" for verdict in order]
    passed, failed = sum(scenario.passed for scenario in ordered), sum(scenario.failed for scenario in ordered)
    checks = f"{passed} of {passed + failed} checks passed"
    return "\n".join([*map(str, ordered), f"  {len(ordered)} scenarios: {', '.join(counts)}; {checks}"])
