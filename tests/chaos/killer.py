"""Kill processes and connections at planned stages: freeze a process, read its stage, then strike."""

import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

import psycopg

from tests.chaos.processes import Fleet, Member
from tests.chaos.stages import OF_WEB, OF_WORKER, Stage

AIM_SECONDS = 4.0
WORK_SECONDS = 15.0
AIM_POLL_SECONDS = 0.002
PAUSE_MAX_SECONDS = 0.5
# The approximate duration of a stage; the strike falls at a random moment in it.
LINGER_MAX_SECONDS = {Stage.IN: 0.8, Stage.WAITING: 1.0}
LINGER_USUAL_MAX_SECONDS = 0.02

END_CONNECTIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = %s AND pid <> pg_backend_pid()
"""


class Kind(StrEnum):
    """The kinds of strike."""

    KILL = "kill -9"
    TERMINATE = "SIGTERM"
    CONNECTIONS = "connections"


WEIGHTS = {Kind.KILL: 10, Kind.TERMINATE: 4, Kind.CONNECTIONS: 6}
# The share of strikes without an aim: they hit a random process at any stage.
UNAIMED_SHARE = 0.12
REPORT_INTERVAL = 20


@dataclass(frozen=True, slots=True)
class Strike:
    """A planned strike: its kind, and the stage to aim at, or None for any moment."""

    kind: Kind
    aim: Stage | None
    pause_seconds: float
    linger_seconds: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A completed strike: its time, the process, and the stages of the work in it at that moment."""

    seconds: float
    kind: Kind
    member: str
    aim: Stage | None
    stages: dict[Stage, int]

    @property
    def stage(self) -> Stage | None:
        """The stage that was hit; None if no work was running."""
        if self.aim in self.stages:
            return self.aim
        return max(self.stages, default=None, key=list(Stage).index)


def plan(rng: random.Random, kills: int) -> list[Strike]:
    """Return the strikes: all stages repeatedly, with an order, kind and moment that depend on the seed."""
    aims: list[Stage | None] = []
    while len(aims) < kills:
        # No requests arrive while all web processes are down, so web processes are hit half as often.
        aims += rng.sample([*OF_WEB, *OF_WORKER, *OF_WORKER], len(OF_WEB) + 2 * len(OF_WORKER))
    kinds = rng.choices(list(WEIGHTS), list(WEIGHTS.values()), k=kills)
    return [_plan_strike(rng, kind, aim) for kind, aim in zip(kinds, aims[:kills], strict=True)]


def _plan_strike(rng: random.Random, kind: Kind, aim: Stage | None) -> Strike:
    if rng.random() < UNAIMED_SHARE:
        aim = None
    longest = LINGER_MAX_SECONDS.get(aim, LINGER_USUAL_MAX_SECONDS) if aim else 0.0
    return Strike(kind, aim, rng.uniform(0, PAUSE_MAX_SECONDS), rng.uniform(0, longest))


class Killer:
    """Executes the strikes one after the other."""

    def __init__(self, fleet: Fleet, database: str, rng: random.Random) -> None:
        self.hits: list[Hit] = []
        self._fleet, self._rng = fleet, rng
        self._database = psycopg.connect(database, autocommit=True)
        self._timer = threading.Event()
        self._started_at = time.monotonic()

    def run(self, strikes: Sequence[Strike], report_progress: Callable[[str], object]) -> None:
        """Execute the strikes with pauses in between, and record them in `hits`."""
        with self._database:
            for strike in strikes:
                self._timer.wait(strike.pause_seconds)
                self.hits.append(self._hit_stage(strike) or self._hit_any_work(strike) or self._hit_anything(strike))
                if len(self.hits) % REPORT_INTERVAL == 0:
                    report_progress(f"{len(self.hits)} kills after {self.hits[-1].seconds:.0f} s\n")

    def _hit_stage(self, strike: Strike) -> Hit | None:
        """Wait until a process is at the planned stage, and hit it; None if there was none in time."""
        if strike.aim is None:
            return None
        return self._hit_within(AIM_SECONDS, strike, {strike.aim}, linger_seconds=strike.linger_seconds)

    def _hit_any_work(self, strike: Strike) -> Hit | None:
        """Hit a process with any work; a process that has just started should first get some."""
        if strike.aim is None:
            return None
        return self._hit_within(WORK_SECONDS, strike, set(OF_WEB if strike.aim in OF_WEB else OF_WORKER))

    def _hit_within(
        self, seconds: float, strike: Strike, stages: AbstractSet[Stage], *, linger_seconds: float = 0.0
    ) -> Hit | None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            candidates = [member for member in self._fleet.members if self._may_be_hit(member, strike, stages)]
            if candidates:
                self._timer.wait(linger_seconds)
                hit = self._freeze_and_hit(self._rng.choice(candidates), strike, stages)
                if hit:
                    return hit
            self._timer.wait(AIM_POLL_SECONDS)
        return None

    def _may_be_hit(self, member: Member, strike: Strike, stages: AbstractSet[Stage]) -> bool:
        """Return whether the process has work at these stages and another one of its role is up.

        The last process of a role is killed only by strikes without an aim. Otherwise each process would be killed at
        its first piece of work, and the machine would only start processes.
        """
        if not stages & member.board.read().keys():
            return False
        others = [other for other in self._fleet.members if other.role == member.role and other is not member]
        return strike.kind == Kind.CONNECTIONS or not others or any(other.board.is_up for other in others)

    def _hit_anything(self, strike: Strike) -> Hit:
        while True:
            hit = self._freeze_and_hit(self._rng.choice(self._fleet.members), strike)
            if hit:
                return hit
            self._timer.wait(AIM_POLL_SECONDS)

    def _freeze_and_hit(self, member: Member, strike: Strike, stages: AbstractSet[Stage] = frozenset()) -> Hit | None:
        """Freeze the process, read its stages, and hit it if it is at one of these, or if none is required."""
        with member.lock:
            if not member.is_alive or not member.freeze():
                return None
            hit = Hit(time.monotonic() - self._started_at, strike.kind, member.name, strike.aim, member.board.read())
            is_at_stage = not stages or bool(stages & hit.stages.keys())
            if is_at_stage:
                self._strike(member, strike.kind)
            member.send(signal.SIGCONT)
        return hit if is_at_stage else None

    def _strike(self, member: Member, kind: Kind) -> None:
        if kind == Kind.CONNECTIONS:
            self._database.execute(END_CONNECTIONS, [member.name])
        else:
            member.send(signal.SIGKILL if kind == Kind.KILL else signal.SIGTERM)
