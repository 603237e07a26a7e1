"""Edits and lineage over REST: POST images with sources and a mask."""

from typing import Any

import pytest

from accounts.models import User
from images.models import CatalogueModel, Image
from tests.api.program import Program, problem, status_and_code
from tests.factories import balance, complete, finished_image, queued_image
from tests.images.upload_files import mask_png, png
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)

PNG = {"Content-Type": "image/png"}


def upload(program: Program, content: bytes | None = None) -> str:
    response = program.post("uploads", content=content or png(), headers=PNG)
    assert response.status_code == 201
    return str(response.json()["id"])


def test_an_edit_names_its_sources(program: Program) -> None:
    first, second, mask = upload(program), upload(program), upload(program, mask_png())
    response = program.queue("make it night", sources=[first, second.upper()], mask=mask)
    assert response.status_code == 202
    document = response.json()
    assert [(source["id"], source["role"]) for source in document["sources"]] == [
        (first, "base"),
        (second, "reference"),
        (mask, "mask"),
    ]
    assert (document["aspectRatio"], document["credits"]["charged"]) == ("auto", 5)
    assert program.get(f"images/{document['id']}").json()["sources"] == document["sources"]


def test_without_sources_it_is_a_generation_as_before(program: Program) -> None:
    document = program.queue(sources=None, mask=None).json()
    assert (document["aspectRatio"], document["sources"]) == ("1:1", [])
    invalid = program.queue(aspectRatio="auto")
    assert status_and_code(invalid) == (422, "invalid_arguments")
    assert "Must be '1:1', '3:2'" in problem(invalid)["detail"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sources": []}, "sources: Must have at least 1 entry."),
        ({"sources": 15 * ["6a1f0c9e-2f55-4c0b-b3a8-5d1f5a4c9e02"]}, "sources: Must have at most 14 entries."),
        ({"sources": "6a1f0c9e-2f55-4c0b-b3a8-5d1f5a4c9e02"}, "sources: Must be a list."),
        ({"sources": ["6a1f0c9e-2f55-4c0b-b3a8-5d1f5a4c9e02", "x"]}, "sources: Entry 2: Not a UUID."),
        ({"sources": [7]}, "sources: Entry 1: Must be a string."),
        ({"mask": "6a1f0c9e-2f55-4c0b-b3a8-5d1f5a4c9e02"}, "sources: Required."),
        ({"source": []}, "Idempotency-Key, sources, mask."),
    ],
)
def test_invalid_sources_are_described(program: Program, fields: dict[str, Any], message: str) -> None:
    response = program.queue(**fields)
    assert status_and_code(response) == (422, "invalid_arguments")
    assert message in problem(response)["detail"]


def test_the_errors_of_sources_have_their_codes(program: Program, alice: User, bob: User) -> None:
    own, wrong_mask, fitting_mask = upload(program), upload(program, png(32, 32)), upload(program, mask_png())
    CatalogueModel.objects.filter(pk="openai:gpt-image-1.5").update(max_sources=0)
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"sources": [str(finished_image(bob).id)]}, 404, "image_not_found"),
        ({"sources": [own], "mask": str(finished_image(bob).id)}, 404, "image_not_found"),
        ({"sources": [str(queued_image(alice).id)]}, 409, "not_ready"),
        ({"sources": [own], "mask": wrong_mask}, 422, "invalid_mask"),
        ({"sources": [own], "modelId": "openai:gpt-image-1.5"}, 422, "edits_unsupported"),
        ({"sources": 4 * [own], "modelId": "google:gemini-2.5-flash-image"}, 422, "too_many_sources"),
        (
            {"sources": [own], "mask": fitting_mask, "modelId": "google:gemini-2.5-flash-image"},
            422,
            "unsupported_option",
        ),
    ]
    before = balance(alice)
    for fields, status, code in cases:
        assert status_and_code(program.queue(**fields)) == (status, code)
    assert balance(alice) == before


def test_an_edit_shares_its_idempotency_key_with_the_same_sources_only(program: Program) -> None:
    source, key = upload(program), {"Idempotency-Key": "once"}
    first = program.queue(sources=[source], headers=key)
    replay = program.queue(sources=[source], headers=key)
    assert (replay.headers["Idempotent-Replayed"], replay.json()["id"]) == ("true", first.json()["id"])
    for sources in ([upload(program, png(colour="red"))], None):
        assert status_and_code(program.queue(sources=sources, headers=key)) == (409, "idempotency_conflict")


def test_a_source_deleted_while_queued_gives_its_code(program: Program) -> None:
    source = upload(program)
    queued = program.queue(sources=[source]).json()
    assert program.delete(f"uploads/{source}").status_code == 204
    worker = WorkerThread().start()
    try:
        image = program.get(f"images/{queued['id']}", headers={"Prefer": "wait=30"}).json()
    finally:
        worker.stop()
    assert (image["status"], image["error"]["code"]) == ("failed", "source_deleted")
    assert image["sources"][0]["id"] is None


def test_lineage_is_returned_in_both_directions(program: Program, bobs_program: Program, alice: User) -> None:
    first = finished_image(alice)
    second = Image.objects.get(pk=program.queue(sources=[str(first.id)]).json()["id"])
    complete(second)
    third = program.queue(sources=[str(second.id)]).json()["id"]
    document = program.get(f"images/{second.id}/lineage").json()
    assert [image["id"] for image in document["ancestors"]] == [str(first.id)]
    assert [image["id"] for image in document["descendants"]] == [third]
    assert status_and_code(bobs_program.get(f"images/{second.id}/lineage")) == (404, "image_not_found")
    assert status_and_code(program.get("images/x/lineage")) == (422, "invalid_arguments")
