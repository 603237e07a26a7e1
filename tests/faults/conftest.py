"""Fixtures for fault tests: worker processes, a second provider, and the audit of the ledger after every test."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from images import audit
from images.models import Image
from tests.faults.processes import WorkerProcess
from tests.faults.steps import StartWorker, files
from tests.images.providers.stand_in import ProviderStandIn


@pytest.fixture(autouse=True)
def _ledger_is_right(transactional_db: None) -> Iterator[None]:
    """No rule of the ledger is broken after a test, no matter which processes it killed."""
    yield
    assert list(audit.breaches()) == []


@pytest.fixture
def start(_ledger_is_right: None, provider: ProviderStandIn, tmp_path: Path) -> Iterator[StartWorker]:
    """Start worker processes; `storage` names a class in tests/faults/storages.py, `at` another provider."""
    with ExitStack() as workers:

        def start_worker(storage: str = "", at: ProviderStandIn = provider) -> WorkerProcess:
            variables = {"TEST_STORAGE": f"tests.faults.storages.{storage}"} if storage else {}
            return workers.enter_context(WorkerProcess(at, tmp_path / f"worker-{uuid.uuid4()}.log", **variables))

        yield start_worker


@pytest.fixture
def other_provider() -> Iterator[ProviderStandIn]:
    """A provider for one worker alone, so that its calls can be counted separately."""
    with ProviderStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def files_of(settings: Any) -> Callable[[Image], list[str]]:
    return partial(files, folder=Path(settings.MEDIA_ROOT))
