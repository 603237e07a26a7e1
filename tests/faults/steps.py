"""Steps of fault tests: request images, wait for them, inspect the ledger and the files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection

from accounts.models import User
from billing.models import LedgerEntry
from images import generation
from images.models import Image
from images.schemas import GenerationArguments
from tests.concurrency import eventually
from tests.factories import caller_of
from tests.faults.processes import WorkerProcess

StartWorker = Callable[..., WorkerProcess]


def arguments(**fields: str) -> GenerationArguments:
    return GenerationArguments.model_validate({"prompt": "a quiet lake", "modelId": "openai:gpt-image-2", **fields})


def request_image(user: User, **fields: str) -> Image:
    return generation.request(caller_of(user), arguments(**fields)).image


def finished(image: Image) -> Image:
    return eventually(lambda: Image.objects.filter(pk=image.pk, finished_at__isnull=False).first())


def entries(image: Image) -> list[str]:
    """Return the types of the ledger entries for this image, in order."""
    rows = LedgerEntry.objects.filter(reference_id=image.pk)
    return list(rows.order_by("position").values_list("type", flat=True))


def files(image: Image, folder: Path) -> list[str]:
    """Return the names of the files of this image in storage."""
    return sorted(path.name for path in (folder / f"images/{image.pk}").glob("*"))


def execute(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Run SQL directly, bypassing the code under test."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []
