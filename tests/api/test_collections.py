"""Favourites and collections over REST, only by their owner."""

import pytest

from accounts.models import User
from images.models import Collection, Image
from tests.api.program import Program, problem, status_and_code
from tests.factories import finished_image

pytestmark = pytest.mark.django_db(transaction=True)


def created(program: Program, name: str) -> str:
    response = program.request("POST", "collections", json={"name": name})
    assert response.status_code == 201, response.text
    assert response.headers["location"] == f"/api/v1/collections/{response.json()['id']}"
    return str(response.json()["id"])


def listed(program: Program, **query: str) -> tuple[list[str], int]:
    page = program.get("images", params=query).json()
    return [image["id"] for image in page["images"]], page["total"]


def test_a_favourite_is_listed_until_it_is_removed(program: Program, alice: User) -> None:
    image, other = finished_image(alice), finished_image(alice)
    path = f"images/{image.pk}/favourite"
    for _ in range(2):
        assert program.request("PUT", path).status_code == 204
    assert program.get(f"images/{image.pk}").json()["favourite"] is True
    assert listed(program, favourite="true") == ([str(image.pk)], 1)
    assert listed(program, favourite="false") == ([str(other.pk)], 1)
    for _ in range(2):
        assert program.request("DELETE", path).status_code == 204
    assert listed(program, favourite="true") == ([], 0)


def test_a_collection_is_created_filled_renamed_and_deleted(program: Program, alice: User) -> None:
    image, _ = finished_image(alice), finished_image(alice)
    collection = created(program, "  Autumn campaign ")
    for _ in range(2):
        assert program.request("PUT", f"collections/{collection}/images/{image.pk}").status_code == 204
    assert listed(program, collection=collection) == ([str(image.pk)], 1)
    renamed = program.request("PATCH", f"collections/{collection}", json={"name": "Winter"}).json()
    assert (renamed["name"], renamed["imageCount"]) == ("Winter", 1)
    assert program.get("collections").json() == {"collections": [renamed]}
    assert program.get(f"collections/{collection}").json() == renamed
    assert program.request("DELETE", f"collections/{collection}/images/{image.pk}").status_code == 204
    assert listed(program, collection=collection) == ([], 0)
    assert program.request("DELETE", f"collections/{collection}").status_code == 204
    assert status_and_code(program.get(f"collections/{collection}")) == (404, "collection_not_found")
    assert Image.objects.filter(deleted_at=None).count() == 2


def test_mistakes_are_named(program: Program) -> None:
    created(program, "Lakes")
    assert status_and_code(program.request("POST", "collections", json={"name": "LAKES"})) == (409, "collection_exists")
    for name in ("", " ", "x" * 81, "a\0b", 5, None):
        response = program.request("POST", "collections", json={"name": name})
        assert status_and_code(response) == (422, "invalid_arguments"), name
        assert [error["field"] for error in problem(response)["errors"]] == ["name"]
    for text in ("maybe", "1", "yes", ""):
        assert status_and_code(program.get("images", params={"favourite": text})) == (422, "invalid_arguments"), text
    assert status_and_code(program.get("collections/nonsense")) == (422, "invalid_arguments")


def test_collections_and_images_of_another_user_are_not_found(
    program: Program, bobs_program: Program, alice: User, bob: User
) -> None:
    own, image, bobs_image = created(program, "Lakes"), finished_image(alice), finished_image(bob)
    theirs = created(bobs_program, "Bob's")
    for method, path, code in (
        ("GET", f"collections/{theirs}", "collection_not_found"),
        ("PATCH", f"collections/{theirs}", "collection_not_found"),
        ("DELETE", f"collections/{theirs}", "collection_not_found"),
        ("PUT", f"collections/{theirs}/images/{image.pk}", "collection_not_found"),
        ("DELETE", f"collections/{theirs}/images/{image.pk}", "collection_not_found"),
        ("PUT", f"collections/{own}/images/{bobs_image.pk}", "image_not_found"),
        ("PUT", f"images/{bobs_image.pk}/favourite", "image_not_found"),
        ("GET", f"images?collection={theirs}", "collection_not_found"),
    ):
        body = {"json": {"name": "Mine"}} if method == "PATCH" else {}
        assert status_and_code(program.request(method, path, **body)) == (404, code), path
    assert Collection.objects.get(pk=theirs).name == "Bob's"
    assert program.get("collections").json()["collections"][0]["imageCount"] == 0
