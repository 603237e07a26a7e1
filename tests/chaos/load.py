"""Clients that upload pictures and request images and edits of all cases.

They repeat unanswered requests with the same idempotency key.
"""

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
from tests.chaos.entry_points import Caller, ImageState, Refused, ResponseLost
from tests.images.upload_files import png

Result = TypeVar("Result")

CASES = {"picture": 9, "slow": 5, "flaky": 3, "fail": 2, "moderation": 2, "garbage": 2}
MANNERS = {"waits": 5, "polls": 4, "leaves": 4, "asks twice at once": 3, "cancels": 1, "deletes a source": 1}
EDITED_SHARE = 0.35
MODELS = ("openai:gpt-image-1.5", "openai:gpt-image-2", "google:gemini-3-pro-image-preview")
EDITING_MODELS = ("openai:gpt-image-2", "google:gemini-3-pro-image-preview")
COLOURS = ("teal", "orange", "maroon")
RATIOS = ("1:1", "3:2", "9:16")
WAIT_SECONDS = 20
# Shorter than an image's deadline of 12 minutes: waiting for that long would hide an image that is stuck.
RESPONSE_MAX_SECONDS = 180.0
REPEAT_PAUSE_SECONDS = 0.3
REPEATED_SHARE = 0.3


@dataclass
class Request:
    """One request for an image, and the content of all responses to it."""

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

    def record(self, state: ImageState) -> None:
        if state.image_id:
            self.ids.add(state.image_id)
        if state.is_final:
            self.finals.add(state.status)

    @property
    def outcome(self) -> str:
        return next(iter(self.finals), "unanswered")


class Client:
    """Requests one image after the other until it is stopped, and follows each one to its end."""

    def __init__(self, name: str, key: str, urls: Sequence[str], rng: random.Random) -> None:
        self.requests: list[Request] = []
        self.stopping = threading.Event()
        self._name, self._key, self._urls, self._rng = name, key, urls, rng
        self._pause = threading.Event()
        self._http = httpx2.Client()

    def run(self) -> None:
        with self._http:
            while not self.stopping.is_set():
                request = self._new_request()
                self.requests.append(request)
                try:
                    self._follow(request)
                except Refused as refused:
                    request.faults.append(f"{request.key} was refused: {refused}")

    def _new_request(self) -> Request:
        key = f"{self._name}-{len(self.requests)}"
        case = self._rng.choices(list(CASES), list(CASES.values()))[0]
        seconds = self._rng.uniform(0.1, 3.0)
        directive = {"picture": "", "slow": f"[sandbox:slow={seconds:.2f}]"}.get(case, f"[sandbox:{case}]")
        fields: dict[str, Any] = {
            "prompt": f"A lighthouse for {key} {directive}".strip(),
            "modelId": self._rng.choice(MODELS),
            "aspectRatio": self._rng.choice(RATIOS),
        }
        manner = self._rng.choices(list(MANNERS), list(MANNERS.values()))[0]
        if manner == "deletes a source" or self._rng.random() < EDITED_SHARE:
            fields |= {"modelId": self._rng.choice(EDITING_MODELS), "sources": []}
        return Request(key, case, manner, fields)

    def _follow(self, request: Request) -> None:
        if "sources" in request.fields:
            sources = request.fields["sources"]
            self._repeat_until(request, lambda: sources.append(self._upload()), lambda: bool(sources))
        self._start(request)
        self._repeat_until(request, lambda: self._send(request), lambda: bool(request.finals))
        if self._rng.random() < REPEATED_SHARE:
            repeats = request.repeats
            self._repeat_until(request, lambda: self._send(request), lambda: request.repeats > repeats)
        if request.finals == {"succeeded"} and request.ids:
            image_id = min(request.ids)
            self._repeat_until(request, lambda: self._fetch(request, image_id), lambda: bool(request.content))

    def _start(self, request: Request) -> None:
        """Send the first request in the client's manner; the following ones are the same for all manners."""
        try:
            if request.manner == "leaves":
                self._send(request, timeout_seconds=self._rng.uniform(0.02, 1.5))
            elif request.manner == "asks twice at once":
                self._send_twice(request)
            elif request.manner in {"polls", "cancels", "deletes a source"}:
                self._send(request, wait=0)
                self._poll(request)
        except ResponseLost as lost:
            request.lost[str(lost)] += 1

    def _send(self, request: Request, *, wait: int = WAIT_SECONDS, timeout_seconds: float | None = None) -> None:
        protocol = self._rng.choice(list(entry_points.SEND_REQUEST))
        timeout_seconds = timeout_seconds or wait + entry_points.GRACE_SECONDS
        request.record(
            entry_points.SEND_REQUEST[protocol](self._caller(), request.fields, request.key, wait, timeout_seconds)
        )
        request.repeats += 1

    def _send_twice(self, request: Request) -> None:
        callers = [self._caller(), self._caller()]
        with ThreadPoolExecutor(2) as pool:
            responses = [
                pool.submit(
                    send, caller, request.fields, request.key, WAIT_SECONDS, WAIT_SECONDS + entry_points.GRACE_SECONDS
                )
                for send, caller in zip(entry_points.SEND_REQUEST.values(), callers, strict=True)
            ]
        for response in responses:
            request.record(response.result())

    def _poll(self, request: Request) -> None:
        if not request.ids:
            return
        image_id = min(request.ids)
        if request.manner == "cancels":
            entry_points.cancel(self._caller(), image_id)
        elif request.manner == "deletes a source":
            entry_points.delete_upload(self._caller(), request.fields["sources"][0])
        get = self._rng.choice(list(entry_points.GET_IMAGE.values()))
        request.record(get(self._caller(), image_id, WAIT_SECONDS))

    def _upload(self) -> str:
        return entry_points.upload(self._caller(), png(colour=self._rng.choice(COLOURS)))

    def _fetch(self, request: Request, image_id: str) -> None:
        request.content = entry_points.content(self._caller(), image_id)

    def _repeat_until(self, request: Request, step: Callable[[], None], is_done: Callable[[], bool]) -> None:
        end = time.monotonic() + RESPONSE_MAX_SECONDS
        while not is_done():
            if time.monotonic() > end:
                request.faults.append(f"{request.key} had no response within {RESPONSE_MAX_SECONDS:.0f} s")
                return
            try:
                step()
            except ResponseLost as lost:
                request.lost[str(lost)] += 1
                self._pause.wait(REPEAT_PAUSE_SECONDS)

    def _caller(self) -> Caller:
        return Caller(self._http, self._rng.sample(self._urls, len(self._urls)), self._key)


@contextmanager
def running(clients: Sequence[Client]) -> Iterator[None]:
    """Run the clients while the block lasts, and then let them finish their last requests."""
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
