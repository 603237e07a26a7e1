"""Page of one image: properties and receipt in every state, neighbours, cancelling and deleting."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import User
from billing.exceptions import InsufficientCredits
from billing.models import LedgerEntry
from images import generation
from images.exceptions import PriceChanged
from images.failures import ProviderFailed
from images.models import Image
from images.schemas import GenerationArguments
from images.shares import shares
from images.storage import files
from images.worker import attempts
from tests.factories import MODEL, caller_of, edited_image, finished_image, queued_image, set_price
from tests.rendered import words

pytestmark = pytest.mark.django_db

HTMX: Any = {"HTTP_HX_REQUEST": "true"}
MINUS = "\N{MINUS SIGN}"


def path(image: Image, suffix: str = "") -> str:
    return f"/dashboard/images/{image.pk}/{suffix}"


def request_image(user: User, prompt: str, key: Any = None, *, client: str = "", **arguments: Any) -> Image:
    fields = {"prompt": prompt, "modelId": MODEL, **arguments}
    return generation.request(caller_of(user, key, client=client), GenerationArguments.model_validate(fields)).image


def test_the_page_shows_properties_and_receipt(alice_client: Client, alice: User) -> None:
    image = finished_image(alice)
    page = alice_client.get(path(image))
    text = words(page)
    assert "Size 900 \N{MULTIPLICATION SIGN} 900, 1:1, PNG, 4.4 KB" in text
    assert "Model openai:gpt-image-2" in text
    assert "Created by Dashboard" in text
    assert f"{MINUS}5 Balance after 95" in text
    assert f"/dashboard/usage/?reference={image.pk}" in page.content.decode()


def test_the_receipt_links_to_the_ledger(alice_client: Client, alice: User) -> None:
    image = finished_image(alice)
    assert len(alice_client.get(f"/dashboard/usage/?reference={image.pk}").context["lines"]) == 1


def test_the_key_and_its_client_are_shown(alice_client: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    image = request_image(
        alice,
        "a lake",
        key,
        client="claude-code/2.1.4 (cli)",
        style="ink",
        modelId="google:gemini-3-pro-image-preview",
        thinkingLevel="deep",
    )
    text = words(alice_client.get(path(image)))
    assert "Created by API key Laptop, Claude Code" in text
    assert "Thinking Deep Style ink" in text


def test_a_failed_image_shows_charge_and_refund(alice_client: Client, alice: User) -> None:
    image = queued_image(alice)
    attempt = attempts.claim(image.pk)
    assert attempt
    attempts.fail(attempt, ProviderFailed("The provider was away."))
    text = words(alice_client.get(path(image)))
    assert "Image failed The provider was away." in text
    times = LedgerEntry.objects.filter(reference_id=image.pk).order_by("position").values_list("created_at", flat=True)
    assert f"Charged {times[0]:%H:%M:%S} {MINUS}5 Refunded {times[1]:%H:%M:%S} +5 Balance after 100" in text
    assert "Download" not in text


def test_an_open_page_is_updated_only_after_a_change(alice_client: Client, alice: User) -> None:
    image = queued_image(alice)
    assert "Charged, in progress" in words(alice_client.get(path(image)))
    assert alice_client.get(path(image), {"seen": "queued"}, **HTMX).status_code == 204
    attempts.claim(image.pk)
    changed = alice_client.get(path(image), {"seen": "queued"}, **HTMX)
    assert "Generating" in words(changed)
    assert "<html" not in changed.content.decode()


def test_neighbours_are_those_of_the_filtered_gallery(alice_client: Client, alice: User, bob: User) -> None:
    first, hill, middle = request_image(alice, "lake 1"), request_image(alice, "hill"), request_image(alice, "lake 2")
    request_image(bob, "lake of Bob's")
    last = request_image(alice, "lake 3")
    page = alice_client.get(path(middle), {"q": "lake"})
    assert (page.context["newer"], page.context["older"]) == (last.pk, first.pk)
    assert f'rel="next" href="{path(first)}?q=lake"' in page.content.decode()
    assert alice_client.get(path(middle)).context["older"] == hill.pk
    assert alice_client.get(path(first)).context["older"] is None


def test_neighbours_with_the_same_time_are_each_visited_once(alice_client: Client, alice: User) -> None:
    image_ids = {request_image(alice, f"lake {number}").pk for number in range(4)}
    Image.objects.update(created_at=timezone.now())
    current = Image.objects.order_by("-created_at", "-id")[0]
    visited = {current.pk}
    while older := alice_client.get(path(current)).context["older"]:
        current = Image.objects.get(pk=older)
        visited.add(current.pk)
    assert visited == image_ids


@pytest.mark.parametrize("suffix", ["", "delete/", "cancel", "tile", "toast"])
def test_images_of_other_users_are_not_found(alice_client: Client, bob: User, suffix: str) -> None:
    image = queued_image(bob)
    call = alice_client.post if suffix in ("delete/", "cancel") else alice_client.get
    for image_id in (image.pk, uuid.uuid4(), "nonsense"):
        assert call(f"/dashboard/images/{image_id}/{suffix}").status_code == 404
    image.refresh_from_db()
    assert (image.status, image.deleted_at) == ("queued", None)


def test_deleting_removes_the_files_and_keeps_the_ledger(alice_client: Client, alice: User) -> None:
    image = finished_image(alice)
    assert "Delete this image?" in words(alice_client.get(path(image, "delete/")))
    response = alice_client.post(path(image, "delete/"), follow=True)
    assert "Image deleted. Its ledger entries are kept." in words(response)
    with pytest.raises(FileNotFoundError):
        files.read(image.picture_name)
    assert alice_client.get(path(image)).status_code == 404
    assert alice_client.post(path(image, "delete/")).status_code == 404
    assert LedgerEntry.objects.filter(reference_id=image.pk).count() == 1


def test_opening_the_dialog_deletes_nothing(alice_client: Client, alice: User) -> None:
    image = finished_image(alice)
    alice_client.get(path(image, "delete/"))
    assert alice_client.get(path(image)).status_code == 200


def test_an_unfinished_image_cannot_be_deleted(alice_client: Client, alice: User) -> None:
    image = queued_image(alice)
    assert "Delete image" not in words(alice_client.get(path(image)))
    response = alice_client.post(path(image, "delete/"), follow=True)
    assert "Only finished images can be deleted" in words(response)
    assert alice_client.get(path(image)).status_code == 200


def test_cancelling_returns_to_the_image(alice_client: Client, alice: User) -> None:
    image = queued_image(alice)
    response = alice_client.post(path(image, "cancel"), follow=True)
    assert response.redirect_chain[-1][0] == path(image)
    assert "Image cancelled" in words(response)
    assert alice_client.get(path(image, "cancel")).status_code == 405


def test_only_finished_images_of_the_dashboard_have_a_toast(alice_client: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    image = queued_image(alice)
    assert alice_client.get(path(image, "toast")).status_code == 204
    by_agent = finished_image(alice)
    Image.objects.filter(pk=by_agent.pk).update(api_key=key)
    assert alice_client.get(path(by_agent, "toast")).status_code == 204
    assert "Image ready. Open" in words(alice_client.get(path(finished_image(alice), "toast")))
    attempt = attempts.claim(image.pk)
    assert attempt
    attempts.fail(attempt, ProviderFailed("The provider was away."))
    assert "Image failed. Your 5 credits were refunded." in words(alice_client.get(path(image, "toast")))
    generation.delete(caller_of(alice), image.pk)
    assert alice_client.get(path(image, "toast")).status_code == 204


def test_many_images_take_no_more_queries(alice_client: Client, alice: User, django_assert_num_queries: Any) -> None:
    image = finished_image(alice)
    with django_assert_num_queries(9):
        alice_client.get(path(image))
    for _ in range(5):
        request_image(alice, "a lake")
    with django_assert_num_queries(9):
        alice_client.get(path(image))


@pytest.mark.parametrize("page", ["/dashboard/images/{image}/", "/dashboard/generate/?image={image}"])
def test_an_image_that_takes_longer_than_usual_says_how_it_ends(alice_client: Client, alice: User, page: str) -> None:
    image = queued_image(alice)
    overdue = (
        "This is taking longer than usual. If the image isn't ready 12 minutes after your request, your 5 credits are "
        "refunded."
    )
    response = alice_client.get(page.format(image=image.pk))
    assert "data-overdue hidden>" in response.content.decode()
    Image.objects.filter(pk=image.pk).update(created_at=timezone.now() - timedelta(minutes=2))
    response = alice_client.get(page.format(image=image.pk))
    assert overdue in words(response)
    assert words(response).count("You can leave this page.") == 1
    assert "data-overdue>" in response.content.decode()
    assert 'class="progress" hidden' in response.content.decode()


def test_a_failed_image_shows_its_refund_once_and_can_be_tried_again(alice_client: Client, alice: User) -> None:
    image = queued_image(alice)
    attempt = attempts.claim(image.pk)
    assert attempt is not None
    attempts.fail(attempt, ProviderFailed("The provider was away."))
    page = alice_client.get(path(image))
    text = words(page)
    assert text.count("Image ID") == 1
    assert "5 charged, 5 refunded" not in text
    assert f'href="/dashboard/generate/?like={image.pk}#prompt">Try again' in page.content.decode()


def test_deleting_returns_to_the_place_in_the_filtered_gallery(alice_client: Client, alice: User) -> None:
    oldest, middle, newest = (finished_image(alice, prompt) for prompt in ("a lake", "a lake", "a lake"))
    other = finished_image(alice, "a hill")
    gallery = "/dashboard/images/?q=lake"
    detail = alice_client.get(path(middle) + "?q=lake").content.decode()
    assert detail.count(f'{path(middle, "delete/")}?q=lake"') == 2
    assert other.prompt == "a hill"
    deleted = alice_client.post(path(middle, "delete/") + "?q=lake")
    assert deleted.headers["Location"] == f"{gallery}&at={oldest.pk}#tile-{oldest.pk}"
    # The last image has no older one.
    assert alice_client.post(path(oldest, "delete/") + "?q=lake").headers["Location"] == (
        f"{gallery}&at={newest.pk}#tile-{newest.pk}"
    )
    assert alice_client.post(path(newest, "delete/") + "?q=lake").headers["Location"] == gallery


def test_one_credit_is_singular(alice_client: Client, alice: User) -> None:
    set_price(MODEL, 1)
    image = finished_image(alice)
    assert "The 1 credit it cost isn't refunded." in words(alice_client.get(path(image, "delete/")))
    waiting = queued_image(alice)
    assert "1 credit charged" in words(alice_client.get(path(waiting)))
    attempt = attempts.claim(waiting.pk)
    assert attempt is not None
    attempts.fail(attempt, ProviderFailed("The provider was away."))
    assert "Your 1 credit was refunded." in words(alice_client.get(path(waiting, "toast")))


def test_errors_name_one_credit_in_the_singular() -> None:
    assert "This costs 1 credit and the balance is 0." in InsufficientCredits(needed=1, balance=0).message
    assert "from 2 to 1 credit." in PriceChanged("openai:gpt-image-2", agreed=2, credits=1).message


def test_the_shape_of_an_edit_is_its_size_and_not_the_word_auto(alice_client: Client, alice: User) -> None:
    image = edited_image(alice, finished_image(alice))
    assert "Size 900 \N{MULTIPLICATION SIGN} 900, PNG" in words(alice_client.get(path(image)))
    result = words(alice_client.get("/dashboard/generate/", {"image": str(image.pk)}))
    assert "gpt-image-2 \N{MIDDLE DOT} 900\N{MULTIPLICATION SIGN}900" in result
    assert "gpt-image-2, auto" not in words(alice_client.get("/dashboard/usage/"))


def test_the_page_says_that_the_image_has_a_public_page(alice_client: Client, alice: User) -> None:
    image = finished_image(alice)
    assert "Share" in words(alice_client.get(path(image)))
    shares.share(caller_of(alice), image.pk, shows_prompt=False)
    text = words(alice_client.get(path(image)))
    assert "Manage public link" in text
    assert "Anyone with the public link can see this picture." in text
    shares.revoke(caller_of(alice), image.pk)
    assert "public link" not in words(alice_client.get(path(image)))
