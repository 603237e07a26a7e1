"""How many SQL statements one generation takes in the web process and in the worker."""

import asyncio
import uuid
from typing import Any

import pytest

from images.models import Image
from images.worker.runner import GenerationRun
from tests.api.program import Program
from tests.concurrency import run
from tests.images.providers.stand_in import ProviderStandIn
from tests.statements import sent_statements

pytestmark = pytest.mark.django_db(transaction=True)


def test_accepting_a_generation_takes_seven_statements(program: Program, provider: ProviderStandIn) -> None:
    accept(program)
    with sent_statements() as sent:
        accept(program)
    assert len(sent) == 7, "\n".join(sent)


def test_the_running_limit_takes_two_more(program: Program, provider: ProviderStandIn, settings: Any) -> None:
    settings.MAX_RUNNING_PER_USER = 10
    accept(program)
    with sent_statements() as sent:
        accept(program)
    assert len(sent) == 9, "\n".join(sent)


def test_an_attempt_takes_three_statements(program: Program, provider: ProviderStandIn) -> None:
    accept(program)
    generate(Image.objects.get(status="queued").id)
    accept(program)
    image_id = Image.objects.get(status="queued").id
    with sent_statements() as sent:
        generate(image_id)
    assert Image.objects.get(pk=image_id).status == "succeeded"
    assert len(sent) == 3, "\n".join(sent)


def accept(program: Program) -> None:
    assert program.queue().status_code == 202


def generate(image_id: uuid.UUID) -> None:
    run(GenerationRun(image_id, held=set(), stopping=asyncio.Event()).run())
