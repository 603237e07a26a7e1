"""One run: load on all entry points while processes are killed repeatedly, then a quiet period, then the checks."""

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
from images.models import Image, WebhookDelivery
from tests.chaos import checks, killer, load, pauses, processes
from tests.chaos.killer import Hit, Killer
from tests.chaos.load import Client, Request
from tests.chaos.processes import Fleet
from tests.chaos.storage_outages import StorageOutages
from tests.concurrency import eventually
from tests.factories import create_webhook
from tests.faults.processes import database_url
from tests.images.webhooks.receiver import Receiver

CREDITS = 1_000_000
USERS = 3
# Long enough to detect the death of the last killed worker and to repeat its generations.
QUIET_MAX_SECONDS = 120.0
# The receiver refuses these once each. The pause after a second refusal would be longer than the quiet period.
REFUSED_EVENTS = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """The size of a run; all random choices follow from the seed."""

    seed: int
    kills: int
    webs: int = 2
    workers: int = 3
    clients: int = 16


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did, and its results."""

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
    events: int
    faults: list[str]


def run(plan: Plan, folder: Path, *, report_progress: Callable[[str], object] = lambda _text: None) -> Outcome:
    """Execute the plan on the current database, with logs and other files in the folder.

    Args:
        plan: The size of the run.
        folder: A folder for this run, which is emptied first.
        report_progress: Receives a line of progress from time to time.
    """
    started_at = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pictures = Path(settings.STORAGES["pictures"]["OPTIONS"]["location"])
    keys = [_key(f"chaos-{number}@example.com") for number in range(USERS)]
    storage_outages = StorageOutages(pictures, _rng(plan, "weather"))
    with (
        Receiver() as receiver,
        pauses.in_transactions(),
        processes.running(folder, pictures, webs=plan.webs, workers=plan.workers) as fleet,
    ):
        eventually(fleet.are_ready)
        receiver.refused_events = REFUSED_EVENTS
        _create_webhooks(receiver)
        clients = [_client(plan, number, keys, fleet) for number in range(plan.clients)]
        executor = Killer(fleet, database_url(), _rng(plan, "aim"))
        with load.running(clients), storage_outages:
            executor.run(killer.plan(_rng(plan, "kills"), plan.kills), report_progress)
        _until_quiet()
    requests = [request for client in clients for request in client.requests]
    calls = folder / "calls"
    return Outcome(
        plan=plan,
        hits=executor.hits,
        requests=requests,
        starts=sum(member.starts for member in fleet.members),
        outages=storage_outages.count,
        away_seconds=storage_outages.total_seconds,
        provider_calls=checks.count_calls(calls).total(),
        slowest_seconds=_slowest_seconds(),
        seconds=time.monotonic() - started_at,
        ledger=audit.counts(),
        events=len(receiver.requests),
        faults=[*fleet.faults, *checks.faults(requests, calls), *checks.event_faults(receiver.requests)],
    )


def _rng(plan: Plan, purpose: str) -> random.Random:
    # A generator for each purpose, so that more choices for one do not change the others.
    return random.Random(f"{plan.seed} {purpose}")  # noqa: S311


def _key(email: str) -> str:
    user = User.objects.create_user(email)
    ledger.grant(user.id, amount=CREDITS, reason="to begin with")
    return api_keys.create(user, name="Chaos")[1]


def _create_webhooks(receiver: Receiver) -> None:
    """Let every user's events be sent to the receiver."""
    for user in User.objects.filter(email__startswith="chaos-"):
        create_webhook(user, receiver.hook_url)


def _client(plan: Plan, number: int, keys: list[str], fleet: Fleet) -> Client:
    name = f"client-{number}"
    return Client(name, keys[number % len(keys)], fleet.urls, _rng(plan, name))


def _until_quiet() -> None:
    """Wait until every image is final and every event delivered; the checks report those that are not."""
    waiting = WebhookDelivery.objects.filter(status=WebhookDelivery.Status.PENDING)
    with contextlib.suppress(AssertionError):
        eventually(lambda: not Image.objects.unfinished().exists() and not waiting.exists(), seconds=QUIET_MAX_SECONDS)


def _slowest_seconds() -> float:
    times = Image.objects.filter(finished_at__isnull=False).values_list("created_at", "finished_at")
    return max(((finished - created).total_seconds() for created, finished in times if finished), default=0.0)
