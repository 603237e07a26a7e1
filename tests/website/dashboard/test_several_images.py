"""One press that makes several images: each with its own charge, and all of them in the result panel."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from billing.models import LedgerEntry
from images import generation
from images.models import Image
from tests.factories import balance, caller_of, complete, queued_image
from tests.rendered import words
from tests.website.dashboard.test_generate import HTMX, PATH, form

pytestmark = pytest.mark.django_db


def images() -> list[Image]:
    return list(Image.objects.order_by("created_at"))


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_each_image_is_charged_and_shown(alice_client: Client, alice: User, headers: Any) -> None:
    response = alice_client.post(PATH, form(alice_client, count="3"), **headers)
    ids = {str(image.pk) for image in images()}
    assert (len(ids), balance(alice)) == (3, 85)
    assert LedgerEntry.objects.filter(type=LedgerEntry.Type.GENERATION).count() == 3
    url = response["HX-Push-Url"] if headers else response["Location"]
    page = alice_client.get(url)
    assert {str(image.pk) for image in page.context["panel"].images} == ids
    assert "0 of 3 images finished" in words(page)
    assert words(page).count("You can leave this page.") == 3


def test_sent_twice_they_are_charged_once(alice_client: Client, alice: User) -> None:
    data = form(alice_client, count="4")
    for _ in range(2):
        alice_client.post(PATH, data)
    assert balance(alice) == 80


def test_all_or_none_are_made(alice_client: Client, alice: User) -> None:
    response = alice_client.post(PATH, form(alice_client, count="4", quality="high", resolution="4K"))
    assert response.status_code == 402
    assert "These 4 images cost 152 and you have 100. Nothing was charged." in words(response)
    assert "Generate 4 images" in response.content.decode()
    assert balance(alice) == 100


def test_the_total_is_shown_without_a_script(alice_client: Client) -> None:
    page = alice_client.post(PATH, form(alice_client, count="2", update_price="yes"))
    assert "Will use 10 of 100 credits (2 \N{MULTIPLICATION SIGN} 5)" in words(page)
    assert '<input type="hidden" name="shown_price" value="10">' in page.content.decode()


def test_without_a_script_a_total_that_was_not_shown_is_asked_about(alice_client: Client, alice: User) -> None:
    data = form(alice_client, count="2", shown_price="5")
    response = alice_client.post(PATH, data)
    assert response.status_code == 409
    assert "Check the price These 2 images cost 10 credits." in words(response)
    alice_client.post(PATH, {**data, "shown_price": "10"})
    assert balance(alice) == 90


@pytest.mark.parametrize("count", ["0", "5", "x", "", "-1", "1.0"])
def test_another_number_is_refused(alice_client: Client, alice: User, count: str) -> None:
    response = alice_client.post(PATH, form(alice_client, count=count))
    assert "Choose 1 to 4 images." in words(response)
    assert balance(alice) == 100


def test_one_of_them_can_be_finished_or_cancelled(alice_client: Client, alice: User) -> None:
    alice_client.post(PATH, form(alice_client, count="3"))
    first, second, third = images()
    complete(first)
    together = [str(image.pk) for image in (first, second, third)]
    response = alice_client.post(f"/dashboard/images/{second.pk}/cancel", {"from": "generate", "with": together})
    page = alice_client.get(response["Location"])
    assert "2 of 3 images finished" in words(page)
    assert "Image cancelled" in words(page)
    assert {str(image.pk) for image in page.context["panel"].images} == set(together)
    assert balance(alice) == 90
    seen = page.context["panel"].version
    generation.cancel(caller_of(alice), third.pk)
    path = f"{response['Location']}&seen={seen}"
    assert "3 of 3 images finished." in alice_client.get(path, **HTMX).content.decode()
    assert alice_client.get(path.replace(seen, ""), **HTMX).status_code == 200


def test_images_of_another_user_are_not_shown(alice_client: Client, alice: User, bob: User) -> None:
    alice_client.post(PATH, form(alice_client))
    foreign, own = queued_image(bob), Image.objects.get(user=alice)
    assert alice_client.get(f"{PATH}?image={own.pk}&image={foreign.pk}").status_code == 404
    response = alice_client.post(
        f"/dashboard/images/{own.pk}/cancel", {"from": "generate", "with": [str(own.pk), str(foreign.pk), "x"]}
    )
    assert response["Location"] == f"{PATH}?image={own.pk}"
