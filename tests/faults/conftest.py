"""Worker processes for a test, images to ask for, and the books, which must be right after every test."""

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
def _books(transactional_db: None) -> Iterator[None]:
    """Whatever a test does to the processes, no rule of the ledger may be broken afterwards."""
    yield
    assert list(audit.breaches()) == []


@pytest.fixture
def start(_books: None, provider: ProviderStandIn, tmp_path: Path) -> Iterator[StartWorker]:
    """Start worker processes; `storage` names one of tests/faults/storages.py, `at` another provider."""
    with ExitStack() as running:

        def begin(storage: str = "", at: ProviderStandIn = provider) -> WorkerProcess:
            more = {"TEST_STORAGE": f"tests.faults.storages.{storage}"} if storage else {}
            return running.enter_context(WorkerProcess(at, tmp_path / f"worker-{uuid.uuid4()}.log", **more))

        yield begin


@pytest.fixture
def other_provider() -> Iterator[ProviderStandIn]:
    """A provider for one worker alone, so that its calls can be told from the others'."""
    with ProviderStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def files_of(settings: Any) -> Callable[[Image], list[str]]:
    return partial(files, folder=Path(settings.MEDIA_ROOT))
