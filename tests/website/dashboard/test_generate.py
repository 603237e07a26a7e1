"""Generate page: submitting the form, its errors, and the result panel in every state of an image."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import api_keys
from accounts.models import User
from billing.models import LedgerEntry
from images import generation
from images.failures import ModerationRejected, ProviderFailed, TimedOut
from images.models import CatalogueModel, Image
from images.schemas import GenerationArguments
from images.statistics import durations
from images.worker import attempts
from tests.factories import MODEL, balance, caller_of, complete, finished_image, queued_image, set_price
from tests.rendered import words

pytestmark = pytest.mark.django_db

PATH = "/dashboard/generate/"
PRO = "google:gemini-3-pro-image-preview"
HTMX: Any = {"HTTP_HX_REQUEST": "true"}


def form(client: Client, **changes: str) -> dict[str, str]:
    """Return the data of the form on the page, with these fields changed."""
    context = client.get(PATH).context
    return {
        "nonce": context["composer"].nonce,
        "prices": context["prices"],
        "prompt": "a quiet lake",
        "model_id": MODEL,
        "aspect_ratio": "3:2",
        "style": "",
        "thinking_level": "default",
        **changes,
    }


def failed_image(user: User, failure: Any) -> Image:
    image = queued_image(user)
    attempt = attempts.claim(image.id)
    assert attempt
    assert attempts.fail(attempt, failure)
    return image


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_full_storage_is_explained_and_charges_nothing(
    alice_client: Client, alice: User, settings: Any, headers: Any
) -> None:
    data = form(alice_client)
    pictures = {"BACKEND": "tests.faults.storages.Full", "OPTIONS": {"location": settings.MEDIA_ROOT}}
    settings.STORAGES = {**settings.STORAGES, "pictures": pictures}
    assert "can't be stored right now" in words(alice_client.post(PATH, data, **headers))
    assert (balance(alice), Image.objects.count()) == (100, 0)


def test_submitting_charges_and_redirects_to_the_image(alice_client: Client, alice: User) -> None:
    response = alice_client.post(PATH, form(alice_client, style="ink", prompt="a lake,\r\nat dawn"))
    image = Image.objects.get()
    assert response["Location"] == f"{PATH}?image={image.pk}"
    assert (image.prompt, image.style, image.aspect_ratio, image.api_key) == ("a lake,\nat dawn", "ink", "3:2", None)
    assert balance(alice) == 95
    page = alice_client.get(response["Location"])
    assert "5 credits charged" in words(page)
    assert '<noscript><meta http-equiv="refresh"' in page.content.decode()


def test_submitting_by_htmx_returns_the_result_panel_and_a_new_nonce(alice_client: Client) -> None:
    data = form(alice_client)
    response = alice_client.post(PATH, data, **HTMX)
    assert response["HX-Push-Url"] == f"{PATH}?image={Image.objects.get().pk}"
    assert 'data-state="queued"' in response.content.decode()
    assert data["nonce"] not in response.content.decode()
    assert 'id="composer-nonce" hx-swap-oob="true"' in response.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_submitting_twice_charges_once(alice_client: Client, alice: User, headers: Any) -> None:
    data = form(alice_client)
    alice_client.post(PATH, data, **headers)
    alice_client.post(PATH, data, **headers)
    assert Image.objects.count() == 1
    assert balance(alice) == 95


def test_submitting_again_with_another_prompt_is_another_request(alice_client: Client, alice: User) -> None:
    data = form(alice_client)
    alice_client.post(PATH, data)
    alice_client.post(PATH, {**data, "prompt": "another lake"})
    assert balance(alice) == 90


def test_deep_thinking_costs_its_price(alice_client: Client, alice: User) -> None:
    alice_client.post(PATH, form(alice_client, model_id=PRO, thinking_level="deep"))
    assert Image.objects.get().thinking_level == "deep"
    assert balance(alice) == 82


def test_a_hidden_thinking_level_is_not_requested(alice_client: Client) -> None:
    alice_client.post(PATH, form(alice_client, thinking_level="deep"))
    assert Image.objects.get().thinking_level is None


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_changed_price_requires_confirmation(alice_client: Client, alice: User, headers: Any) -> None:
    data = form(alice_client)
    set_price(MODEL, 9)
    response = alice_client.post(PATH, data, **headers)
    assert "This image now costs 9 credits" in words(response)
    assert (Image.objects.count(), balance(alice)) == (0, 100)
    assert "a quiet lake" in response.content.decode()
    confirmed = {**data, "prices": response.context["prices"], "nonce": response.context["composer"].nonce}
    alice_client.post(PATH, confirmed, **headers)
    assert balance(alice) == 91


@pytest.mark.parametrize("prices", ["", "{", "[]", '{"openai:gpt-image-2": "x"}', '{"openai:gpt-image-2": [null, 5]}'])
def test_a_form_without_valid_prices_charges_nothing(alice_client: Client, alice: User, prices: str) -> None:
    assert alice_client.post(PATH, form(alice_client, prices=prices)).status_code == 409
    assert balance(alice) == 100


def test_insufficient_credits_show_cost_and_balance(alice_client: Client, alice: User) -> None:
    for _ in range(8):
        alice_client.post(PATH, form(alice_client, model_id=PRO))
    response = alice_client.post(PATH, form(alice_client, model_id=PRO))
    assert response.status_code == 402
    assert "This image costs 12 and you have 4. Nothing was charged." in words(response)
    assert "Needs 12 credits. You have 4." in words(response)
    assert 'id="add-credits" href="/dashboard/billing/">' in response.content.decode()


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("prompt", "  ", "Enter a prompt."),
        ("prompt", "x" * 8100, "The prompt has 8,100 characters. Shorten it to 8,000 characters or fewer."),
        ("model_id", "nobody:nothing", "Choose one of the models"),
        ("aspect_ratio", "7:5", "Choose one of the aspect ratios"),
        ("style", "x" * 501, "The style has 501 characters. Shorten it to 500 characters or fewer."),
        ("aspect_ratio", "21:9", "doesn't support this aspect ratio"),
    ],
)
def test_an_invalid_field_shows_an_error_and_keeps_the_input(
    alice_client: Client, field: str, value: str, text: str
) -> None:
    response = alice_client.post(PATH, form(alice_client, **{"prompt": "a quiet lake", "style": "ink", field: value}))
    assert response.status_code == 422
    assert text in words(response)
    assert (value if field in ("prompt", "style") else "a quiet lake") in response.content.decode()
    assert not Image.objects.exists()


def test_a_style_keeps_its_line_breaks_when_it_is_reused(alice_client: Client, alice: User) -> None:
    arguments = {"prompt": "a lake", "modelId": MODEL, "style": "ink\n  on paper"}
    image = generation.request(caller_of(alice), GenerationArguments.model_validate(arguments)).image
    page = alice_client.get(PATH, {"like": str(image.pk)}).content.decode()
    assert re.search(r'<textarea[^>]*name="style"[^>]*>\nink\n  on paper</textarea>', page)
    alice_client.post(PATH, form(alice_client, style="ink\r\n  on paper"))
    assert Image.objects.newest_first()[0].style == "ink\n  on paper"


def test_a_disabled_model_cannot_be_used(alice_client: Client) -> None:
    data = form(alice_client)
    CatalogueModel.objects.filter(pk=MODEL).update(enabled=False)
    assert "gpt-image-2 unavailable 5 credits" in words(alice_client.get(PATH))
    response = alice_client.post(PATH, data)
    assert response.status_code == 503
    assert "Choose a model above." in words(response)


def test_without_available_models_the_button_is_disabled(alice_client: Client) -> None:
    CatalogueModel.objects.update(enabled=False)
    page = alice_client.get(PATH)
    assert "No models are available right now." in words(page)
    assert 'id="generate-button" disabled' in page.content.decode()


def test_a_suspended_account_cannot_generate(alice_client: Client, alice: User) -> None:
    data = form(alice_client)
    User.objects.filter(pk=alice.pk).update(suspended_at="2026-01-01T00:00Z")
    response = alice_client.post(PATH, data)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
    assert not Image.objects.exists()


def test_the_limit_of_running_images_shows_an_error(alice_client: Client, alice: User, settings: Any) -> None:
    settings.MAX_RUNNING_PER_USER = 1
    queued_image(alice)
    assert "Too many images at once" in words(alice_client.post(PATH, form(alice_client)))


def test_an_example_and_an_earlier_image_fill_the_form(alice_client: Client, alice: User) -> None:
    sample = alice_client.get(PATH, {"sample": "dunes"}).context["composer"]
    assert (sample.prompt[:12], sample.aspect_ratio) == ("Desert dunes", "3:2")
    arguments = {"prompt": "a boat", "modelId": PRO, "aspectRatio": "21:9", "style": "ink", "thinkingLevel": "deep"}
    image = generation.request(caller_of(alice), GenerationArguments.model_validate(arguments)).image
    composer = alice_client.get(PATH, {"like": str(image.pk)}).context["composer"]
    assert (composer.prompt, composer.model_id, composer.aspect_ratio) == ("a boat", PRO, "21:9")
    assert (composer.style, composer.thinking_level) == ("ink", "deep")
    assert alice_client.get(PATH, {"sample": "none of ours"}).context["composer"].prompt == ""


@pytest.mark.parametrize("name", ["image", "like"])
def test_malformed_ids_and_images_of_other_users_are_not_found(alice_client: Client, bob: User, name: str) -> None:
    for image_id in (queued_image(bob).pk, uuid.uuid4(), "nonsense", "1' OR '1"):
        assert alice_client.get(PATH, {name: str(image_id)}).status_code == 404


def test_an_unfinished_image_is_shown_by_default(alice_client: Client, alice: User) -> None:
    unfinished = queued_image(alice)
    finished_image(alice)
    assert alice_client.get(PATH).context["image"] == unfinished


def test_the_latest_image_is_shown_if_all_are_finished(alice_client: Client, alice: User) -> None:
    finished_image(alice)
    last = finished_image(alice)
    assert alice_client.get(PATH).context["image"] == last


def test_images_of_api_keys_are_not_shown(alice_client: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    arguments = GenerationArguments.model_validate({"prompt": "a boat", "modelId": MODEL})
    generation.request(caller_of(alice, key), arguments)
    assert alice_client.get(PATH).context["image"] is None


def test_an_open_panel_is_updated_only_after_a_change(alice_client: Client, alice: User) -> None:
    image = queued_image(alice)
    seen = alice_client.get(PATH).context["panel"].version
    query = {"image": str(image.pk), "seen": seen}
    assert alice_client.get(PATH, query, **HTMX).status_code == 204
    attempts.claim(image.pk)
    changed = alice_client.get(PATH, query, **HTMX)
    assert 'data-announce="Generating the image.' in changed.content.decode()
    assert "<h1" not in changed.content.decode()


def test_an_open_panel_removes_a_deleted_image(alice_client: Client, alice: User) -> None:
    image = finished_image(alice)
    generation.delete(caller_of(alice), image.pk)
    assert alice_client.get(PATH, {"image": str(image.pk)}).status_code == 404
    assert 'data-state="empty"' in alice_client.get(PATH, {"image": str(image.pk)}, **HTMX).content.decode()


def test_a_result_shows_picture_details_and_actions(alice_client: Client, alice: User) -> None:
    image = finished_image(alice)
    page = alice_client.get(PATH, {"image": str(image.pk)})
    assert "gpt-image-2 · 1:1 · 900\N{MULTIPLICATION SIGN}900 ·" in words(page)
    for address in ("picture", "link", "download"):
        assert f"/dashboard/images/{image.pk}/{address}" in page.content.decode()


def test_a_finished_image_with_deep_thinking_says_so(alice_client: Client, alice: User) -> None:
    alice_client.post(PATH, form(alice_client, model_id=PRO, thinking_level="deep"))
    image = Image.objects.get()
    complete(image)
    assert "gemini-3-pro · 3:2 · deep" in words(alice_client.get(PATH, {"image": str(image.pk)}))
    assert "gemini-3-pro, deep · Dashboard" in words(alice_client.get("/dashboard/images/"))
    assert "gemini-3-pro, deep 18 cr" in words(alice_client.get("/dashboard/"))
    assert "gemini-3-pro, 3:2, deep" in words(alice_client.get("/dashboard/usage/"))
    generation.delete(caller_of(alice), image.pk)
    assert "gemini-3-pro, 3:2, deep Image deleted" in words(alice_client.get("/dashboard/usage/"))


def test_a_rejection_shows_the_provider_and_the_refund(alice_client: Client, alice: User) -> None:
    image = failed_image(alice, ModerationRejected.with_advice("Violence is not drawn."))
    page = words(alice_client.get(PATH, {"image": str(image.pk)}))
    assert "OpenAI rejected this prompt" in page
    assert "Provider message Violence is not drawn Error code moderation_rejected" in page
    refund = LedgerEntry.objects.get(reference_id=image.pk, type="refund")
    assert f"5 charged, 5 refunded at {refund.created_at:%H:%M:%S}" in page
    assert "Edit prompt Try another model" in page
    assert balance(alice) == 100


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (TimedOut(), "Image timed out The model took too long to respond. Your 5 credits were refunded."),
        (ProviderFailed("The provider was away."), "Image failed The provider was away."),
    ],
)
def test_a_failure_shows_the_refund(alice_client: Client, alice: User, failure: Any, text: str) -> None:
    page = words(alice_client.get(PATH, {"image": str(failed_image(alice, failure).pk)}))
    assert text in page
    assert "5 charged, 5 refunded" in page


def test_cancelling_refunds_and_returns_to_the_generate_page(alice_client: Client, alice: User) -> None:
    image = queued_image(alice)
    assert "Cancel image" in words(alice_client.get(PATH))
    response = alice_client.post(f"/dashboard/images/{image.pk}/cancel", {"from": "generate"}, follow=True)
    assert "Image cancelled" in words(response)
    assert balance(alice) == 100


def test_a_running_image_cannot_be_cancelled(alice_client: Client, alice: User) -> None:
    image = queued_image(alice)
    attempts.claim(image.pk)
    assert "Cancel image" not in words(alice_client.get(PATH))
    response = alice_client.post(f"/dashboard/images/{image.pk}/cancel", {"from": "generate"}, follow=True)
    assert "Only queued images can be cancelled." in words(response)


def test_the_usual_duration_follows_recent_images(alice: User) -> None:
    assert durations.typical_duration(MODEL, None) == (10, 40)
    for seconds in range(20, 29):
        image = finished_image(alice)
        Image.objects.filter(pk=image.pk).update(finished_at=image.created_at + timedelta(seconds=seconds))
    assert durations.typical_duration(MODEL, None) == (20, 28)
    assert durations.typical_duration("openai:gpt-image-1.5", None) == (5, 15)


def test_many_images_take_no_more_queries(alice_client: Client, alice: User, django_assert_num_queries: Any) -> None:
    finished_image(alice)
    with django_assert_num_queries(7):
        alice_client.get(PATH)
    for _ in range(5):
        finished_image(alice)
    with django_assert_num_queries(7):
        alice_client.get(PATH)


def test_generating_requires_sign_in(client: Client, db: None) -> None:
    assert client.get(PATH)["Location"] == f"/accounts/login/?next={PATH}"
    assert client.post(PATH)["Location"] == f"/accounts/login/?next={PATH}"
