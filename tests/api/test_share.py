"""Sharing an image over REST."""

import httpx2
import pytest

from accounts.models import User
from tests.api.program import Program, problem, status_and_code
from tests.factories import finished_image, queued_image

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_page_is_created_changed_found_and_revoked(program: Program, alice: User) -> None:
    path = f"images/{finished_image(alice).id}/share"
    assert status_and_code(program.get(path)) == (404, "share_not_found")
    created = program.request("PUT", path)
    assert (created.status_code, created.json()["showsPrompt"]) == (201, False)
    changed = program.request("PUT", path, json={"showsPrompt": True})
    assert (changed.status_code, changed.json()) == (200, {**created.json(), "showsPrompt": True})
    assert program.get(path).json() == changed.json()
    token = changed.json()["url"].rpartition("/")[2]
    assert httpx2.get(f"{program.url}/s/{token}").status_code == 200
    assert (program.delete(path).status_code, program.delete(path).status_code) == (204, 204)
    assert httpx2.get(f"{program.url}/s/{token}").status_code == 404


def test_an_image_without_a_picture_cannot_be_shared(program: Program, alice: User) -> None:
    path = f"images/{queued_image(alice).id}/share"
    assert status_and_code(program.request("PUT", path, json={})) == (409, "not_ready")


def test_a_body_of_another_type_is_refused(program: Program, alice: User) -> None:
    path = f"images/{finished_image(alice).id}/share"
    for headers in ({"Content-Type": "text/plain"}, {}):
        response = program.request("PUT", path, content=b"showsPrompt", headers=headers)
        assert status_and_code(response) == (415, "unsupported_media_type")


def test_an_invalid_body_is_named(program: Program, alice: User) -> None:
    path = f"images/{finished_image(alice).id}/share"
    response = program.request("PUT", path, json={"showsPrompt": "yes", "public": True})
    assert status_and_code(response) == (422, "invalid_arguments")
    assert {error["field"] for error in problem(response)["errors"]} == {"showsPrompt", "public"}


def test_another_users_image_is_not_found(program: Program, bob: User) -> None:
    path = f"images/{finished_image(bob).id}/share"
    for response in (program.get(path), program.request("PUT", path, json={}), program.delete(path)):
        assert status_and_code(response) == (404, "image_not_found")
