"""One image: its facts and receipt in every state, its neighbours, and deleting it."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import User
from billing.models import LedgerEntry
from images import generation
from images.exceptions import ProviderFailed
from images.models import Image
from images.schemas import GenerationArguments
from images.storage import files
from images.worker import attempts
from tests.factories import MODEL, caller_of, finished_image, queued_image
from tests.rendered import words

pytestmark = pytest.mark.django_db

HTMX: Any = {"HTTP_HX_REQUEST": "true"}
MINUS = "\N{MINUS SIGN}"


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def path(image: Image, more: str = "") -> str:
    return f"/dashboard/images/{image.pk}/{more}"


def asked(user: User, prompt: str, key: Any = None, **more: Any) -> Image:
    arguments = GenerationArguments.model_validate({"prompt": prompt, "modelId": MODEL, **more})
    return generation.request(caller_of(user, key), arguments).image


def test_it_shows_facts_and_receipt(alices: Client, alice: User) -> None:
    image = finished_image(alice)
    page = alices.get(path(image))
    said = words(page)
    assert "Size 900 \N{MULTIPLICATION SIGN} 900, 1:1, PNG, 4.4 KB" in said
    assert "Model openai:gpt-image-2" in said
    assert "Created by Dashboard" in said
    assert f"{MINUS}5 Balance after 95" in said
    assert f"/dashboard/usage/?reference={image.pk}" in page.content.decode()


def test_the_ledger_line_behind_the_receipt_opens(alices: Client, alice: User) -> None:
    image = finished_image(alice)
    assert len(alices.get(f"/dashboard/usage/?reference={image.pk}").context["lines"]) == 1


def test_the_key_and_its_client_are_named(alices: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    key.last_used_client = "claude-code/2.1.4 (cli)"
    key.save()
    image = asked(alice, "a lake", key, style="ink", modelId="google:gemini-3-pro-image-preview", thinkingLevel="deep")
    said = words(alices.get(path(image)))
    assert "Created by API key Laptop, Claude Code" in said
    assert "Thinking Deep Style ink" in said


def test_a_failed_one_shows_charge_and_refund(alices: Client, alice: User) -> None:
    image = queued_image(alice)
    attempt = attempts.claim(image.pk)
    assert attempt
    attempts.fail(attempt, ProviderFailed("The provider was away."))
    said = words(alices.get(path(image)))
    assert "Image failed The provider was away." in said
    times = LedgerEntry.objects.filter(reference_id=image.pk).order_by("position").values_list("created_at", flat=True)
    assert f"Charged {times[0]:%H:%M:%S} {MINUS}5 Refunded {times[1]:%H:%M:%S} +5 Balance after 100" in said
    assert "Download" not in said


def test_an_open_page_is_told_only_when_the_state_changed(alices: Client, alice: User) -> None:
    image = queued_image(alice)
    assert "Charged, in progress" in words(alices.get(path(image)))
    assert alices.get(path(image), {"seen": "queued"}, **HTMX).status_code == 204
    attempts.claim(image.pk)
    changed = alices.get(path(image), {"seen": "queued"}, **HTMX)
    assert "Generating" in words(changed)
    assert "<html" not in changed.content.decode()


def test_neighbours_are_those_of_the_filtered_gallery(alices: Client, alice: User, bob: User) -> None:
    first, hill, middle = asked(alice, "lake 1"), asked(alice, "hill"), asked(alice, "lake 2")
    asked(bob, "lake of Bob's")
    last = asked(alice, "lake 3")
    page = alices.get(path(middle), {"q": "lake"})
    assert (page.context["newer"], page.context["older"]) == (last.pk, first.pk)
    assert f'rel="next" href="{path(first)}?q=lake"' in page.content.decode()
    assert alices.get(path(middle)).context["older"] == hill.pk
    assert alices.get(path(first)).context["older"] is None


def test_neighbours_of_the_same_moment_are_each_met_once(alices: Client, alice: User) -> None:
    made = {asked(alice, f"lake {number}").pk for number in range(4)}
    Image.objects.update(created_at=timezone.now())
    current = Image.objects.order_by("-created_at", "-id")[0]
    met = {current.pk}
    while older := alices.get(path(current)).context["older"]:
        current = Image.objects.get(pk=older)
        met.add(current.pk)
    assert met == made


@pytest.mark.parametrize("more", ["", "delete/", "cancel", "tile", "toast"])
def test_there_is_nothing_for_anybody_else(alices: Client, bob: User, more: str) -> None:
    image = queued_image(bob)
    ask = alices.post if more in ("delete/", "cancel") else alices.get
    for image_id in (image.pk, uuid.uuid4(), "nonsense"):
        assert ask(f"/dashboard/images/{image_id}/{more}").status_code == 404
    image.refresh_from_db()
    assert (image.status, image.deleted_at) == ("queued", None)


def test_deleting_removes_the_files_and_keeps_the_ledger(alices: Client, alice: User) -> None:
    image = finished_image(alice)
    assert "Delete this image?" in words(alices.get(path(image, "delete/")))
    response = alices.post(path(image, "delete/"), follow=True)
    assert "Image deleted. Its ledger entries are kept." in words(response)
    with pytest.raises(FileNotFoundError):
        files.read(image.picture_name)
    assert alices.get(path(image)).status_code == 404
    assert alices.post(path(image, "delete/")).status_code == 404
    assert LedgerEntry.objects.filter(reference_id=image.pk).count() == 1


def test_asking_whether_to_delete_deletes_nothing(alices: Client, alice: User) -> None:
    image = finished_image(alice)
    alices.get(path(image, "delete/"))
    assert alices.get(path(image)).status_code == 200


def test_an_unfinished_one_cannot_be_deleted(alices: Client, alice: User) -> None:
    image = queued_image(alice)
    assert "Delete image" not in words(alices.get(path(image)))
    response = alices.post(path(image, "delete/"), follow=True)
    assert "Only a finished image can be deleted" in words(response)
    assert alices.get(path(image)).status_code == 200


def test_cancelling_returns_to_the_image(alices: Client, alice: User) -> None:
    image = queued_image(alice)
    response = alices.post(path(image, "cancel"), follow=True)
    assert response.redirect_chain[-1][0] == path(image)
    assert "Image cancelled" in words(response)
    assert alices.get(path(image, "cancel")).status_code == 405


def test_only_what_was_asked_for_here_and_is_final_is_told_of(alices: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    image = queued_image(alice)
    assert alices.get(path(image, "toast")).status_code == 204
    by_agent = finished_image(alice)
    Image.objects.filter(pk=by_agent.pk).update(api_key=key)
    assert alices.get(path(by_agent, "toast")).status_code == 204
    assert "Image ready. Open" in words(alices.get(path(finished_image(alice), "toast")))
    attempt = attempts.claim(image.pk)
    assert attempt
    attempts.fail(attempt, ProviderFailed("The provider was away."))
    assert "Image failed. Your 5 credits were refunded." in words(alices.get(path(image, "toast")))
    generation.delete(caller_of(alice), image.pk)
    assert alices.get(path(image, "toast")).status_code == 204


def test_many_images_take_no_more_queries(alices: Client, alice: User, django_assert_num_queries: Any) -> None:
    image = finished_image(alice)
    with django_assert_num_queries(7):
        alices.get(path(image))
    for _ in range(5):
        asked(alice, "a lake")
    with django_assert_num_queries(7):
        alices.get(path(image))
