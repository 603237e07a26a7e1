"""The results of a run, as JSON and as a table."""

import os
import platform
from collections import Counter
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from tests.chaos.killer import Hit, Kind
from tests.chaos.run import Outcome
from tests.chaos.stages import Stage

PACKAGES = ("Django", "procrastinate", "psycopg", "uvicorn")
IDLE = "nothing under way"
ROWS = [*(str(stage) for stage in Stage), IDLE]


def record(outcome: Outcome, *, server_version: str) -> dict[str, Any]:
    """Return the results of a run for the file that keeps them."""
    return {
        "seed": outcome.plan.seed,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "duration_seconds": round(outcome.seconds, 1),
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        "versions": {
            "Python": platform.python_version(),
            "PostgreSQL": server_version,
            **{package: metadata.version(package) for package in PACKAGES},
        },
        "processes": {"web": outcome.plan.webs, "worker": outcome.plan.workers, "started": outcome.starts},
        "kills": {
            "total": len(outcome.hits),
            "while_work_was_under_way": under_way(outcome),
            "by_kind": {kind.value: sum(hit.kind == kind for hit in outcome.hits) for kind in Kind},
            "by_stage": by_stage(outcome),
            "one_by_one": [_line(hit) for hit in outcome.hits],
        },
        "storage": {"outages": outcome.outages, "seconds_away": round(outcome.away_seconds, 1)},
        "requests": _requests(outcome),
        "provider_calls": outcome.provider_calls,
        "webhook_requests": outcome.events,
        "slowest_image_seconds": round(outcome.slowest_seconds, 1),
        "ledger": outcome.ledger,
        "faults": outcome.faults,
    }


def under_way(outcome: Outcome) -> int:
    """Return how many strikes hit a process with running work."""
    return sum(hit.stage is not None for hit in outcome.hits)


def by_stage(outcome: Outcome) -> dict[str, dict[str, int]]:
    """Return the number of strikes for each stage and kind."""
    counts = Counter((str(hit.stage or IDLE), hit.kind.value) for hit in outcome.hits)
    return {row: {kind.value: counts[row, kind.value] for kind in Kind} for row in ROWS}


def _line(hit: Hit) -> str:
    work = ", ".join(f"{number} {stage}" for stage, number in hit.stages.items())
    return f"{hit.seconds:.1f} s: {hit.kind} of {hit.member}: {hit.stage or IDLE}" + (f" ({work})" if work else "")


def _requests(outcome: Outcome) -> dict[str, Any]:
    requests = outcome.requests
    return {
        "accepted": sum(bool(request.finals) for request in requests),
        "by_outcome": dict(sorted(Counter(request.outcome for request in requests).items())),
        "by_case": dict(sorted(Counter(request.case for request in requests).items())),
        "edits": sum("sources" in request.fields for request in requests),
        "by_manner": dict(sorted(Counter(request.manner for request in requests).items())),
        "with_a_lost_answer": sum(bool(request.lost) for request in requests),
        "lost_answers": dict(sorted(sum((request.lost for request in requests), Counter[str]()).items())),
        "answered_more_than_once": sum(request.repeats > 1 for request in requests),
    }


def table(outcome: Outcome) -> str:
    """Return the strikes by stage and kind as a Markdown table, with a summary below it."""
    kinds = [kind.value for kind in Kind]
    lines = [f"| struck | {' | '.join(kinds)} | all |", "| --- |" + " --- |" * (len(kinds) + 1)]
    for row, counts in by_stage(outcome).items():
        cells = " | ".join(str(counts[kind]) for kind in kinds)
        lines.append(f"| {row} | {cells} | {sum(counts.values())} |")
    return "\n".join([*lines, "", *_summary(outcome)])


def _summary(outcome: Outcome) -> list[str]:
    requests = _requests(outcome)
    outcomes = ", ".join(f"{number} {name}" for name, number in requests["by_outcome"].items())
    kills = (
        f"Seed {outcome.plan.seed}, {outcome.seconds:.0f} s: {len(outcome.hits)} kills, {under_way(outcome)} of them "
        f"while work was under way; storage was unavailable {outcome.outages} times."
    )
    responses = (
        f"{requests['accepted']} of {len(outcome.requests)} requests accepted: {outcomes}. "
        f"{requests['with_a_lost_answer']} lost a response and were repeated. The slowest image took "
        f"{outcome.slowest_seconds:.1f} s."
    )
    events = f"The receiver of the webhook events got {outcome.events} requests."
    return [kills, responses, events, f"{len(outcome.faults)} faults.", *(f"  {fault}" for fault in outcome.faults)]
