"""Worker processes for a test, images to ask for, and the books, which must be right after every test."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from billing.models import CreditAccount, LedgerEntry
from images import audit, generation
from images.models import Image
from images.schemas import GenerationArguments
from tests.conftest import caller_of, eventually
from tests.faults.processes import WorkerProcess
from tests.images.providers.stand_in import ProviderStandIn

StartWorker = Callable[..., WorkerProcess]


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


def arguments(**fields: str) -> GenerationArguments:
    return GenerationArguments.model_validate({"prompt": "a quiet lake", "modelId": "openai:gpt-image-2", **fields})


def ask(user: User, **fields: str) -> Image:
    return generation.request(caller_of(user), arguments(**fields)).image


def finished(image: Image) -> Image:
    return eventually(lambda: Image.objects.filter(pk=image.pk, finished_at__isnull=False).first())


def entries(image: Image) -> list[str]:
    """The types of the ledger's entries about this image, in their order."""
    about = LedgerEntry.objects.filter(reference_id=image.pk)
    return list(about.order_by("position").values_list("type", flat=True))


def balance(user: User) -> int:
    return CreditAccount.objects.get(user=user).balance


def files(image: Image, folder: Path) -> list[str]:
    """The names of the files that lie in storage for this image."""
    return sorted(path.name for path in (folder / f"images/{image.pk}").glob("*"))


@pytest.fixture
def files_of(settings: Any) -> Callable[[Image], list[str]]:
    return partial(files, folder=Path(settings.MEDIA_ROOT))


def execute(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Run SQL as an operator would, past the code under test."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []
