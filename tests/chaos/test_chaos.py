"""A short run of `make chaos`, and that its checks see what they are there to see."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from images.models import Image
from tests.chaos import checks, killer, report
from tests.chaos.load import Request
from tests.chaos.run import Plan, run
from tests.faults.steps import ask

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_is_lost_or_charged_twice_while_everything_is_killed(tmp_path: Path) -> None:
    outcome = run(Plan(seed=6458, kills=12, webs=1, workers=2, clients=6), tmp_path / "chaos")
    assert outcome.faults == []
    assert len(outcome.hits) == 12
    assert report.under_way(outcome) >= 6
    assert "succeeded" in {request.outcome for request in outcome.requests}


def test_a_seed_decides_what_is_struck_and_how() -> None:
    plans = [killer.plan(random.Random(seed), 50) for seed in (7, 7, 8)]  # noqa: S311
    assert plans[0] == plans[1] != plans[2]


@pytest.fixture
def image(alice: User, provider: Any) -> Image:
    return ask(alice, idempotencyKey="once")


def lose(image: Image, request: Request, calls: Path) -> None:
    request.key = "another"


def leave(image: Image, request: Request, calls: Path) -> None:
    request.finals.clear()


def tell_of_another(image: Image, request: Request, calls: Path) -> None:
    request.ids.add("another")


def call_once_more(image: Image, request: Request, calls: Path) -> None:
    calls.write_text(f"{image.prompt}\n")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lose, "another has no image"),
        (lose, "was asked for by nobody"),
        (leave, "is still queued"),
        (tell_of_another, "once was told of"),
        (call_once_more, "once cost 1 calls of the provider, and 0 are written"),
        (leave, "is queued with the entries"),
    ],
)
def test_a_broken_promise_is_told(
    image: Image, tmp_path: Path, spoil: Callable[[Image, Request, Path], None], told: str
) -> None:
    request = Request("once", "picture", "waits", {"prompt": image.prompt}, ids={str(image.id)}, finals={"succeeded"})
    spoil(image, request, tmp_path / "calls")
    assert any(told in fault for fault in checks.faults([request], tmp_path / "calls"))
