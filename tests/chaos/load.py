"""Clients that ask for images of every kind, and repeat with the same key whatever was not answered."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx2

from tests.chaos import entry_points
from tests.chaos.entry_points import Answer, Caller, Lost, Refused

Result = TypeVar("Result")

CASES = {"picture": 9, "slow": 5, "flaky": 3, "fail": 2, "moderation": 2, "garbage": 2}
MANNERS = {"waits": 5, "polls": 4, "leaves": 4, "asks twice at once": 3, "cancels": 1}
MODELS = ("openai:gpt-image-1.5", "openai:gpt-image-2", "google:gemini-3-pro-image-preview")
RATIOS = ("1:1", "3:2", "9:16")
WAIT_SECONDS = 20
# Nobody waits past an image's deadline of twelve minutes; that much patience would hide what is stuck.
PATIENCE_SECONDS = 180.0
REPEAT_PAUSE_SECONDS = 0.3
REPEATED_SHARE = 0.3


@dataclass
class Request:
    """One image that a client wants, and all that it was told about it."""

    key: str
    case: str
    manner: str
    fields: dict[str, Any]
    ids: set[str] = field(default_factory=set)
    finals: set[str] = field(default_factory=set)
    lost: Counter[str] = field(default_factory=Counter)
    repeats: int = 0
    content: bytes = b""
    faults: list[str] = field(default_factory=list)

    def hear(self, answer: Answer) -> None:
        if answer.image_id:
            self.ids.add(answer.image_id)
        if answer.is_final:
            self.finals.add(answer.status)

    @property
    def outcome(self) -> str:
        return next(iter(self.finals), "unanswered")


class Client:
    """Asks for one image after the other until it is told to stop, and sees each one through."""

    def __init__(self, name: str, key: str, urls: Sequence[str], choose: random.Random) -> None:
        self.requests: list[Request] = []
        self.stopping = threading.Event()
        self._name, self._key, self._urls, self._choose = name, key, urls, choose
        self._pause = threading.Event()
        self._http = httpx2.Client()

    def run(self) -> None:
        with self._http:
            while not self.stopping.is_set():
                request = self._next()
                self.requests.append(request)
                try:
                    self._see_through(request)
                except Refused as refused:
                    request.faults.append(f"{request.key} was refused: {refused}")

    def _next(self) -> Request:
        key = f"{self._name}-{len(self.requests)}"
        case = self._choose.choices(list(CASES), list(CASES.values()))[0]
        seconds = self._choose.uniform(0.1, 3.0)
        directive = {"picture": "", "slow": f"[sandbox:slow={seconds:.2f}]"}.get(case, f"[sandbox:{case}]")
        fields = {
            "prompt": f"A lighthouse for {key} {directive}".strip(),
            "modelId": self._choose.choice(MODELS),
            "aspectRatio": self._choose.choice(RATIOS),
        }
        return Request(key, case, self._choose.choices(list(MANNERS), list(MANNERS.values()))[0], fields)

    def _see_through(self, request: Request) -> None:
        self._begin(request)
        self._until_told(request, lambda: self._ask(request), lambda: bool(request.finals))
        if self._choose.random() < REPEATED_SHARE:
            told = request.repeats
            self._until_told(request, lambda: self._ask(request), lambda: request.repeats > told)
        if request.finals == {"succeeded"} and request.ids:
            image_id = min(request.ids)
            self._until_told(request, lambda: self._fetch(request, image_id), lambda: bool(request.content))

    def _begin(self, request: Request) -> None:
        """Ask for the first time, in the client's manner; how it goes on is the same for all."""
        try:
            if request.manner == "leaves":
                self._ask(request, patience=self._choose.uniform(0.02, 1.5))
            elif request.manner == "asks twice at once":
                self._ask_twice(request)
            elif request.manner in {"polls", "cancels"}:
                self._ask(request, wait=0)
                self._poll(request)
        except Lost as lost:
            request.lost[str(lost)] += 1

    def _ask(self, request: Request, *, wait: int = WAIT_SECONDS, patience: float | None = None) -> None:
        door = self._choose.choice(list(entry_points.ASK))
        patience = patience or wait + entry_points.GRACE_SECONDS
        request.hear(entry_points.ASK[door](self._caller(), request.fields, request.key, wait, patience))
        request.repeats += 1

    def _ask_twice(self, request: Request) -> None:
        callers = [self._caller(), self._caller()]
        with ThreadPoolExecutor(2) as pool:
            both = [
                pool.submit(
                    ask, caller, request.fields, request.key, WAIT_SECONDS, WAIT_SECONDS + entry_points.GRACE_SECONDS
                )
                for ask, caller in zip(entry_points.ASK.values(), callers, strict=True)
            ]
        for answer in both:
            request.hear(answer.result())

    def _poll(self, request: Request) -> None:
        if not request.ids:
            return
        image_id = min(request.ids)
        if request.manner == "cancels":
            entry_points.cancel(self._caller(), image_id)
        find = self._choose.choice(list(entry_points.FIND.values()))
        request.hear(find(self._caller(), image_id, WAIT_SECONDS))

    def _fetch(self, request: Request, image_id: str) -> None:
        request.content = entry_points.content(self._caller(), image_id)

    def _until_told(self, request: Request, step: Callable[[], None], told: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not told():
            if time.monotonic() > end:
                request.faults.append(f"{request.key} had no answer within {PATIENCE_SECONDS:.0f} s")
                return
            try:
                step()
            except Lost as lost:
                request.lost[str(lost)] += 1
                self._pause.wait(REPEAT_PAUSE_SECONDS)

    def _caller(self) -> Caller:
        return Caller(self._http, self._choose.sample(self._urls, len(self._urls)), self._key)


@contextmanager
def from_clients(clients: Sequence[Client]) -> Iterator[None]:
    """Let the clients ask for as long as the block lasts, and then see through what they have begun."""
    threads = [threading.Thread(target=client.run, name="client") for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for client in clients:
            client.stopping.set()
        for thread in threads:
            thread.join()
