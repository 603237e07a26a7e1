"""The public page of a shared picture, over its whole life."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from images.models import Image, Share
from tests.factories import finished_image, queued_image
from tests.rendered import words
from tests.website.development import use_development_middleware

pytestmark = pytest.mark.django_db
# The views of files read the database in another thread.
files_are_read = pytest.mark.django_db(transaction=True)

PROMPT = "A quiet lake, at dawn!"


@pytest.fixture
def image(alice: User) -> Image:
    return finished_image(alice, PROMPT)


@pytest.fixture
def owner(client: Client, alice: User) -> Client:
    client.force_login(alice, backend="accounts.backends.ModelBackend")
    return client


def share(owner: Client, image: Image, **fields: str) -> str:
    """Create the link or change the page, and return the path of the public page."""
    response = owner.post(f"/dashboard/images/{image.pk}/share/", fields)
    assert response.headers["Location"] == f"/dashboard/images/{image.pk}/share/"
    return f"/s/{Share.objects.get(pk=image.pk).token}"


@files_are_read
def test_a_visitor_sees_the_picture_and_no_prompt_in_any_response(owner: Client, image: Image) -> None:
    path = share(owner, image)
    visitor = Client()
    page = visitor.get(path)
    assert page.status_code == 200
    assert f'<img src="{path}/picture" alt="Shared image">' in page.text
    picture, thumbnail = visitor.get(f"{path}/picture"), visitor.get(f"{path}/thumbnail")
    assert (picture.headers["Content-Type"], thumbnail.headers["Content-Type"]) == ("image/png", "image/webp")
    assert picture.headers["Content-Length"] == str(image.byte_size)
    told = page.text + "".join(str(response.headers) for response in (page, picture, thumbnail))
    assert not [word for word in ("lake", "dawn", "alice") if word in told.lower()]


@pytest.mark.parametrize("is_development", [False, True])
def test_a_link_without_a_picture_has_a_page_of_its_own(settings: Any, is_development: bool) -> None:
    if is_development:
        use_development_middleware(settings)
    page = Client().get(f"/s/{'x' * 22}")
    assert (page.status_code, page.headers["X-Robots-Tag"]) == (404, "noindex, noimageindex")
    assert "This link doesn't open a picture." in words(page)


def test_the_prompt_is_shown_if_the_owner_wants_it(owner: Client, image: Image) -> None:
    path = share(owner, image, shows_prompt="on")
    page = Client().get(path)
    assert PROMPT in words(page)
    assert f'<meta property="og:title" content="{PROMPT}">' in page.text
    assert "checked" in owner.get(f"/dashboard/images/{image.pk}/share/").text
    assert share(owner, image) == path
    assert PROMPT not in Client().get(path).text


def test_the_preview_names_a_picture_that_can_be_fetched(owner: Client, image: Image, settings: Any) -> None:
    settings.SITE_URL = "https://images.example"
    path = share(owner, image)
    page = Client().get(path).text
    assert f'<meta property="og:image" content="https://images.example{path}/thumbnail">' in page
    assert f'<meta property="og:url" content="https://images.example{path}">' in page
    assert '<meta property="og:image:width" content="512">' in page


@files_are_read
def test_search_engines_are_told_to_list_nothing_and_may_read_that(owner: Client, image: Image) -> None:
    path = share(owner, image)
    for response in (Client().get(path), Client().get(f"{path}/picture"), Client().get(f"{path}/thumbnail")):
        assert response.headers["X-Robots-Tag"] == "noindex, noimageindex"
    assert '<meta name="robots" content="noindex, noimageindex">' in Client().get(path).text
    # A crawler that may not fetch a page never reads its noindex.
    assert "/s/" not in Client().get("/robots.txt").text


@files_are_read
def test_a_revoked_link_shows_nothing_even_to_a_browser_that_has_the_picture(owner: Client, image: Image) -> None:
    path = share(owner, image)
    visitor = Client()
    picture = visitor.get(f"{path}/picture")
    assert picture.headers["Cache-Control"] == "private, no-cache"
    assert "no-store" in visitor.get(path).headers["Cache-Control"]
    copy = {"If-None-Match": picture.headers["ETag"]}
    assert visitor.get(f"{path}/picture", headers=copy).status_code == 304
    owner.post(f"/dashboard/images/{image.pk}/share/revoke")
    for gone in (path, f"{path}/picture", f"{path}/thumbnail"):
        assert visitor.get(gone, headers=copy).status_code == 404
    assert "may have revoked it" in words(visitor.get(path))
    assert "Create link" in words(owner.get(f"/dashboard/images/{image.pk}/share/"))


def test_an_image_without_a_picture_is_not_shared(owner: Client, alice: User) -> None:
    image = queued_image(alice)
    assert "Only succeeded images" in words(owner.get(f"/dashboard/images/{image.pk}/share/"))
    response = owner.post(f"/dashboard/images/{image.pk}/share/", follow=True)
    assert "Only succeeded images have a picture to share." in words(response)
    assert not Share.objects.exists()


def test_the_page_takes_one_query(owner: Client, image: Image, django_assert_num_queries: Any) -> None:
    path = share(owner, image)
    with django_assert_num_queries(1):
        Client().get(path)
