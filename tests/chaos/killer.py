"""Kills processes and connections at chosen stages: a process is frozen, its stage read, and then it is struck."""

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
# How long a stage lasts, roughly: the strike comes somewhere in it.
LINGER_MAX_SECONDS = {Stage.IN: 0.8, Stage.WAITING: 1.0}
LINGER_USUAL_MAX_SECONDS = 0.02

END_CONNECTIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = %s AND pid <> pg_backend_pid()
"""


class Kind(StrEnum):
    """How something is struck."""

    KILL = "kill -9"
    TERMINATE = "SIGTERM"
    CONNECTIONS = "connections"


WEIGHTS = {Kind.KILL: 10, Kind.TERMINATE: 4, Kind.CONNECTIONS: 6}
# One in so many strikes is aimed at nothing: it hits whoever, wherever they are.
UNAIMED_SHARE = 0.12
SAID_EVERY = 20


@dataclass(frozen=True, slots=True)
class Strike:
    """What is about to be done: how, and at which stage; none takes things as they come."""

    kind: Kind
    aim: Stage | None
    pause_seconds: float
    linger_seconds: float


@dataclass(frozen=True, slots=True)
class Hit:
    """What was done and when, to whom, and where its work was at that moment."""

    seconds: float
    kind: Kind
    member: str
    aim: Stage | None
    stages: dict[Stage, int]

    @property
    def stage(self) -> Stage | None:
        """The stage that was struck; None if no work was under way."""
        if self.aim in self.stages:
            return self.aim
        return max(self.stages, default=None, key=list(Stage).index)


def plan(choose: random.Random, kills: int) -> list[Strike]:
    """Return the strikes: every stage again and again, in an order, manner and moment that the seed decides."""
    aims: list[Stage | None] = []
    while len(aims) < kills:
        # Nothing is asked for while no web process lives, so they are left in peace for half as often.
        aims += choose.sample([*OF_WEB, *OF_WORKER, *OF_WORKER], len(OF_WEB) + 2 * len(OF_WORKER))
    kinds = choose.choices(list(WEIGHTS), list(WEIGHTS.values()), k=kills)
    return [_strike(choose, kind, aim) for kind, aim in zip(kinds, aims[:kills], strict=True)]


def _strike(choose: random.Random, kind: Kind, aim: Stage | None) -> Strike:
    if choose.random() < UNAIMED_SHARE:
        aim = None
    longest = LINGER_MAX_SECONDS.get(aim, LINGER_USUAL_MAX_SECONDS) if aim else 0.0
    return Strike(kind, aim, choose.uniform(0, PAUSE_MAX_SECONDS), choose.uniform(0, longest))


class Killer:
    """Carries out one strike after the other."""

    def __init__(self, fleet: Fleet, database: str, choose: random.Random) -> None:
        self.hits: list[Hit] = []
        self._fleet, self._choose = fleet, choose
        self._database = psycopg.connect(database, autocommit=True)
        self._waiting = threading.Event()
        self._begun = time.monotonic()

    def run(self, strikes: Sequence[Strike], say: Callable[[str], object]) -> None:
        """Strike, with pauses in between; what was hit stands in `hits`."""
        with self._database:
            for strike in strikes:
                self._waiting.wait(strike.pause_seconds)
                self.hits.append(self._aimed(strike) or self._at_work(strike) or self._anywhere(strike))
                if len(self.hits) % SAID_EVERY == 0:
                    say(f"{len(self.hits)} kills after {self.hits[-1].seconds:.0f} s\n")

    def _aimed(self, strike: Strike) -> Hit | None:
        """Wait until somebody is at the stage, and strike there; None if nobody was for a while."""
        if strike.aim is None:
            return None
        return self._within(AIM_SECONDS, strike, {strike.aim}, linger_seconds=strike.linger_seconds)

    def _at_work(self, strike: Strike) -> Hit | None:
        """After a stage that nobody reaches any work will do: what just came back should get to something first."""
        if strike.aim is None:
            return None
        return self._within(WORK_SECONDS, strike, set(OF_WEB if strike.aim in OF_WEB else OF_WORKER))

    def _within(
        self, seconds: float, strike: Strike, stages: AbstractSet[Stage], *, linger_seconds: float = 0.0
    ) -> Hit | None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            there = [each for each in self._fleet.members if self._may_be_struck(each, strike, stages)]
            if there:
                self._waiting.wait(linger_seconds)
                hit = self._struck(self._choose.choice(there), strike, stages)
                if hit:
                    return hit
            self._waiting.wait(AIM_POLL_SECONDS)
        return None

    def _may_be_struck(self, member: Member, strike: Strike, stages: AbstractSet[Stage]) -> bool:
        """Whether it is at work there. The last one of its kind dies only by strikes that are aimed at nothing.

        Else the machine would do nothing but start processes, each of which dies at its first piece of work.
        """
        if not stages & member.board.read().keys():
            return False
        others = [each for each in self._fleet.members if each.role == member.role and each is not member]
        return strike.kind == Kind.CONNECTIONS or not others or any(other.board.is_up for other in others)

    def _anywhere(self, strike: Strike) -> Hit:
        while True:
            hit = self._struck(self._choose.choice(self._fleet.members), strike)
            if hit:
                return hit
            self._waiting.wait(AIM_POLL_SECONDS)

    def _struck(self, member: Member, strike: Strike, stages: AbstractSet[Stage] = frozenset()) -> Hit | None:
        """Freeze it, look where it is, and strike if that is one of the stages, or none is asked for."""
        with member.held:
            if not member.is_alive or not member.freeze():
                return None
            hit = Hit(time.monotonic() - self._begun, strike.kind, member.name, strike.aim, member.board.read())
            is_there = not stages or bool(stages & hit.stages.keys())
            if is_there:
                self._strike(member, strike.kind)
            member.send(signal.SIGCONT)
        return hit if is_there else None

    def _strike(self, member: Member, kind: Kind) -> None:
        if kind == Kind.CONNECTIONS:
            self._database.execute(END_CONNECTIONS, [member.name])
        else:
            member.send(signal.SIGKILL if kind == Kind.KILL else signal.SIGTERM)
