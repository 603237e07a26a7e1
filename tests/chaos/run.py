"""One run: load on all doors while everything is killed again and again, then quiet, then the checks."""

import contextlib
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from accounts import api_keys
from accounts.models import User
from billing import ledger
from images import audit
from images.models import Image
from tests.chaos import checks, killer, pauses, processes
from tests.chaos.killer import Hit, Killer
from tests.chaos.load import Client, Request, from_clients
from tests.chaos.processes import Fleet
from tests.chaos.weather import Weather
from tests.concurrency import eventually
from tests.faults.processes import database_url

CREDITS = 1_000_000
USERS = 3
# A worker that dies last of all must be noticed, and what it did made anew.
QUIET_MAX_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything; what is chosen at random follows from the seed."""

    seed: int
    kills: int
    webs: int = 2
    workers: int = 3
    clients: int = 16


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done and what came of it."""

    plan: Plan
    hits: list[Hit]
    requests: list[Request]
    starts: int
    outages: int
    away_seconds: float
    provider_calls: int
    slowest_seconds: float
    seconds: float
    ledger: dict[str, int]
    faults: list[str]


def run(plan: Plan, folder: Path, *, say: Callable[[str], object] = lambda _words: None) -> Outcome:
    """Carry the plan out on the database in use; logs and what else is left lie in the folder.

    Args:
        plan: How much of everything.
        folder: A folder of the run's own, emptied first.
        say: Is told from time to time how far it has come.
    """
    begun = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pictures = Path(settings.STORAGES["pictures"]["OPTIONS"]["location"])
    keys = [_key(f"chaos-{number}@example.com") for number in range(USERS)]
    weather = Weather(pictures, _chosen(plan, "weather"))
    with (
        pauses.in_transactions(),
        processes.running(folder, pictures, webs=plan.webs, workers=plan.workers) as fleet,
    ):
        eventually(fleet.are_ready)
        clients = [_client(plan, number, keys, fleet) for number in range(plan.clients)]
        striker = Killer(fleet, database_url(), _chosen(plan, "aim"))
        with from_clients(clients), weather:
            striker.run(killer.plan(_chosen(plan, "kills"), plan.kills), say)
        _until_quiet()
    requests = [request for client in clients for request in client.requests]
    calls = folder / "calls"
    return Outcome(
        plan=plan,
        hits=striker.hits,
        requests=requests,
        starts=sum(member.starts for member in fleet.members),
        outages=weather.outages,
        away_seconds=weather.away_seconds,
        provider_calls=checks.called(calls).total(),
        slowest_seconds=_slowest_seconds(),
        seconds=time.monotonic() - begun,
        ledger=audit.counts(),
        faults=[*fleet.faults, *checks.faults(requests, calls)],
    )


def _chosen(plan: Plan, what: str) -> random.Random:
    # Each has a source of its own, so that one of them choosing more often changes nothing for the others.
    return random.Random(f"{plan.seed} {what}")  # noqa: S311


def _key(email: str) -> str:
    user = User.objects.create_user(email)
    ledger.grant(user.id, amount=CREDITS, reason="to begin with")
    return api_keys.create(user, name="Chaos")[1]


def _client(plan: Plan, number: int, keys: list[str], fleet: Fleet) -> Client:
    name = f"client-{number}"
    return Client(name, keys[number % len(keys)], fleet.urls, _chosen(plan, name))


def _until_quiet() -> None:
    """Wait until every image is final; one that never is, the checks name."""
    with contextlib.suppress(AssertionError):
        eventually(lambda: not Image.objects.unfinished().exists(), seconds=QUIET_MAX_SECONDS)


def _slowest_seconds() -> float:
    ended = Image.objects.filter(finished_at__isnull=False).values_list("created_at", "finished_at")
    return max(((finished - created).total_seconds() for created, finished in ended if finished), default=0.0)
