"""Page of an edit: before and after, the pictures it was made from, and those made from it."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from images import generation
from images.models import Upload
from images.uploads import uploads
from tests.factories import caller_of, edited_image, finished_image
from tests.images.upload_files import png
from tests.rendered import words
from website.dashboard.shapes import nearest_ratio

pytestmark = pytest.mark.django_db


def uploaded(user: User) -> Upload:
    return uploads.store(caller_of(user), png())


def test_an_edit_shows_before_and_after_and_its_sources(alice_client: Client, alice: User) -> None:
    base, reference = finished_image(alice, "a lake"), uploaded(alice)
    image = edited_image(alice, base, reference, prompt="more fog")
    page = alice_client.get(f"/dashboard/images/{image.pk}/")
    html = page.content.decode()
    for picture in (base, image):
        assert f'<img src="/dashboard/images/{picture.pk}/picture"' in html
    assert "Edited picture a lake Reference Uploaded image" in words(page)
    assert f'href="/dashboard/images/{base.pk}/"' in html
    assert f'href="/dashboard/uploads/{reference.pk}/picture"' in html
    assert f'<img src="/dashboard/uploads/{reference.pk}/thumbnail"' in html


def test_a_generated_image_has_neither(alice_client: Client, alice: User) -> None:
    page = alice_client.get(f"/dashboard/images/{finished_image(alice).pk}/")
    assert "Made from" not in words(page)
    assert "data-comparison" not in page.content.decode()


def test_lineage_is_a_strip_of_ancestors_and_descendants(alice_client: Client, alice: User) -> None:
    first = finished_image(alice, "first")
    second = edited_image(alice, first, prompt="second")
    third = edited_image(alice, second, prompt="third")
    page = alice_client.get(f"/dashboard/images/{second.pk}/")
    assert (page.context["ancestors"], page.context["descendants"]) == ([first], [third])
    last = alice_client.get(f"/dashboard/images/{third.pk}/")
    assert last.context["ancestors"] == [first, second]
    assert 'aria-label="Lineage"' in last.content.decode()


def test_deleted_sources_say_so(alice_client: Client, alice: User) -> None:
    base, reference = finished_image(alice), uploaded(alice)
    image = edited_image(alice, base, reference)
    generation.delete(caller_of(alice), base.pk)
    uploads.delete(caller_of(alice), reference.pk)
    page = alice_client.get(f"/dashboard/images/{image.pk}/")
    assert "Edited picture Deleted Reference Deleted" in words(page)
    assert "data-comparison" not in page.content.decode()
    assert str(base.pk) not in page.content.decode()


def test_the_result_panel_compares_with_the_source(alice_client: Client, alice: User) -> None:
    image = edited_image(alice, finished_image(alice))
    page = alice_client.get("/dashboard/generate/", {"image": str(image.pk)})
    assert "data-comparison" in page.content.decode()


def test_every_list_of_images_shows_an_edit_in_the_shape_of_its_source(alice_client: Client, alice: User) -> None:
    image = edited_image(alice, finished_image(alice))
    assert image.aspect_ratio == "auto"
    for path in ("/dashboard/", "/dashboard/images/", "/dashboard/generate/", f"/dashboard/images/{image.pk}/tile"):
        html = alice_client.get(path).content.decode()
        assert f"/dashboard/images/{image.pk}/" in html
        assert "ar-1-1 is-whole" in html
        assert "ar-auto" not in html.replace('<label class="ar-auto" hidden>', "")


@pytest.mark.parametrize(
    ("size", "ratio"), [((900, 900), "1:1"), ((1536, 1024), "3:2"), ((64, 48), "4:3"), ((10, 100), "1:8")]
)
def test_a_picture_of_any_shape_gets_the_space_of_the_nearest_ratio(size: Any, ratio: str) -> None:
    assert nearest_ratio(*size) == ratio
