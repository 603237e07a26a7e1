"""Generate: asking from the form, what it says instead of charging, and how the stage follows an image."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import api_keys
from accounts.models import User
from billing.models import LedgerEntry
from images import generation
from images.exceptions import ModerationRejected, ProviderFailed, TimedOut
from images.models import CatalogueModel, Image
from images.schemas import GenerationArguments
from images.statistics import durations
from images.worker import attempts
from tests.factories import MODEL, balance, caller_of, finished_image, queued_image
from tests.rendered import words

pytestmark = pytest.mark.django_db

PATH = "/dashboard/generate/"
PRO = "google:gemini-3-pro-image-preview"
HTMX: Any = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def form(client: Client, **changes: str) -> dict[str, str]:
    """Return the form as a page shows it, with these fields filled in."""
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


def ended(user: User, failure: Any) -> Image:
    image = queued_image(user)
    attempt = attempts.claim(image.id)
    assert attempt
    assert attempts.fail(attempt, failure)
    return image


def test_the_form_charges_and_leads_to_the_image(alices: Client, alice: User) -> None:
    response = alices.post(PATH, form(alices, style="ink", prompt="a lake,\r\nat dawn"))
    image = Image.objects.get()
    assert response["Location"] == f"{PATH}?image={image.pk}"
    assert (image.prompt, image.style, image.aspect_ratio, image.api_key) == ("a lake,\nat dawn", "ink", "3:2", None)
    assert balance(alice) == 95
    page = alices.get(response["Location"])
    assert "5 credits charged" in words(page)
    assert '<noscript><meta http-equiv="refresh"' in page.content.decode()


def test_the_form_by_htmx_answers_with_the_stage_and_a_new_number(alices: Client) -> None:
    sent = form(alices)
    response = alices.post(PATH, sent, **HTMX)
    assert response["HX-Push-Url"] == f"{PATH}?image={Image.objects.get().pk}"
    assert 'data-state="queued"' in response.content.decode()
    assert sent["nonce"] not in response.content.decode()
    assert 'id="composer-nonce" hx-swap-oob="true"' in response.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_form_sent_twice_charges_once(alices: Client, alice: User, headers: Any) -> None:
    sent = form(alices)
    alices.post(PATH, sent, **headers)
    alices.post(PATH, sent, **headers)
    assert Image.objects.count() == 1
    assert balance(alice) == 95


def test_the_same_form_with_other_words_is_another_request(alices: Client, alice: User) -> None:
    sent = form(alices)
    alices.post(PATH, sent)
    alices.post(PATH, {**sent, "prompt": "another lake"})
    assert balance(alice) == 90


def test_deep_thinking_costs_its_price(alices: Client, alice: User) -> None:
    alices.post(PATH, form(alices, model_id=PRO, thinking_level="deep"))
    assert Image.objects.get().thinking_level == "deep"
    assert balance(alice) == 82


def test_a_level_that_the_page_hides_is_not_asked_for(alices: Client) -> None:
    alices.post(PATH, form(alices, thinking_level="deep"))
    assert Image.objects.get().thinking_level is None


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_changed_price_charges_nothing_and_asks_again(alices: Client, alice: User, headers: Any) -> None:
    sent = form(alices)
    CatalogueModel.objects.filter(pk=MODEL).update(credits=9)
    response = alices.post(PATH, sent, **headers)
    assert "This image now costs 9 credits" in words(response)
    assert (Image.objects.count(), balance(alice)) == (0, 100)
    assert "a quiet lake" in response.content.decode()
    again = {**sent, "prices": response.context["prices"], "nonce": response.context["composer"].nonce}
    alices.post(PATH, again, **headers)
    assert balance(alice) == 91


@pytest.mark.parametrize("prices", ["", "{", "[]", '{"openai:gpt-image-2": "x"}', '{"openai:gpt-image-2": [null, 5]}'])
def test_a_form_that_showed_no_price_charges_nothing(alices: Client, alice: User, prices: str) -> None:
    assert alices.post(PATH, form(alices, prices=prices)).status_code == 409
    assert balance(alice) == 100


def test_without_enough_credits_it_says_what_is_missing(alices: Client, alice: User) -> None:
    for _ in range(8):
        alices.post(PATH, form(alices, model_id=PRO))
    response = alices.post(PATH, form(alices, model_id=PRO))
    assert response.status_code == 402
    assert "This image costs 12 and you have 4. Nothing was charged." in words(response)
    assert "Needs 12 credits. You have 4." in words(response)
    assert 'id="add-credits" href="/dashboard/billing/">' in response.content.decode()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("prompt", "  ", "Enter a prompt of"),
        ("prompt", "x" * 8001, "Enter a prompt of"),
        ("model_id", "nobody:nothing", "Choose one of the models"),
        ("aspect_ratio", "5:4", "Choose one of the aspect ratios"),
        ("style", "x" * 501, "A style can have at most 500 characters"),
        ("aspect_ratio", "21:9", "does not make this aspect ratio"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_typed_is_lost(alices: Client, field: str, value: str, said: str) -> None:
    response = alices.post(PATH, form(alices, **{"prompt": "a quiet lake", "style": "ink", field: value}))
    assert response.status_code == 422
    assert said in words(response)
    assert (value if field in ("prompt", "style") else "a quiet lake") in response.content.decode()
    assert not Image.objects.exists()


def test_a_model_that_is_switched_off_cannot_be_chosen(alices: Client) -> None:
    sent = form(alices)
    CatalogueModel.objects.filter(pk=MODEL).update(enabled=False)
    assert "gpt-image-2 unavailable 5 credits" in words(alices.get(PATH))
    response = alices.post(PATH, sent)
    assert response.status_code == 503
    assert "Choose a model above." in words(response)


def test_without_any_model_the_button_rests(alices: Client) -> None:
    CatalogueModel.objects.update(enabled=False)
    page = alices.get(PATH)
    assert "No models are available right now." in words(page)
    assert 'id="generate-button" disabled' in page.content.decode()


def test_the_session_of_a_suspended_account_asks_for_nothing(alices: Client, alice: User) -> None:
    sent = form(alices)
    User.objects.filter(pk=alice.pk).update(suspended_at="2026-01-01T00:00Z")
    response = alices.post(PATH, sent)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
    assert not Image.objects.exists()


def test_a_limit_on_running_images_is_said(alices: Client, alice: User, settings: Any) -> None:
    settings.MAX_RUNNING_PER_USER = 1
    queued_image(alice)
    assert "Too many images at once" in words(alices.post(PATH, form(alices)))


def test_an_example_and_an_earlier_image_fill_the_form(alices: Client, alice: User) -> None:
    sample = alices.get(PATH, {"sample": "dunes"}).context["composer"]
    assert (sample.prompt[:12], sample.aspect_ratio) == ("Desert dunes", "3:2")
    arguments = {"prompt": "a boat", "modelId": PRO, "aspectRatio": "21:9", "style": "ink", "thinkingLevel": "deep"}
    image = generation.request(caller_of(alice), GenerationArguments.model_validate(arguments)).image
    like = alices.get(PATH, {"like": str(image.pk)}).context["composer"]
    assert (like.prompt, like.model_id, like.aspect_ratio, like.style, like.thinking_level) == (
        "a boat",
        PRO,
        "21:9",
        "ink",
        "deep",
    )
    assert alices.get(PATH, {"sample": "none of ours"}).context["composer"].prompt == ""


@pytest.mark.parametrize("name", ["image", "like"])
def test_anothers_and_malformed_ids_are_404(alices: Client, bob: User, name: str) -> None:
    for image_id in (queued_image(bob).pk, uuid.uuid4(), "nonsense", "1' OR '1"):
        assert alices.get(PATH, {name: str(image_id)}).status_code == 404


def test_who_comes_back_finds_what_is_under_way(alices: Client, alice: User) -> None:
    under_way = queued_image(alice)
    finished_image(alice)
    assert alices.get(PATH).context["image"] == under_way


def test_who_comes_back_finds_what_was_made_last(alices: Client, alice: User) -> None:
    finished_image(alice)
    last = finished_image(alice)
    assert alices.get(PATH).context["image"] == last


def test_agents_images_do_not_take_the_stage(alices: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    arguments = GenerationArguments.model_validate({"prompt": "a boat", "modelId": MODEL})
    generation.request(caller_of(alice, key), arguments)
    assert alices.get(PATH).context["image"] is None


def test_an_open_stage_is_told_only_when_something_changed(alices: Client, alice: User) -> None:
    image = queued_image(alice)
    seen = alices.get(PATH).context["panel"].version
    query = {"image": str(image.pk), "seen": seen}
    assert alices.get(PATH, query, **HTMX).status_code == 204
    attempts.claim(image.pk)
    changed = alices.get(PATH, query, **HTMX)
    assert 'data-announce="Generating the image.' in changed.content.decode()
    assert "<h1" not in changed.content.decode()


def test_an_open_stage_lets_go_of_a_deleted_image(alices: Client, alice: User) -> None:
    image = finished_image(alice)
    generation.delete(caller_of(alice), image.pk)
    assert alices.get(PATH, {"image": str(image.pk)}).status_code == 404
    assert 'data-state="empty"' in alices.get(PATH, {"image": str(image.pk)}, **HTMX).content.decode()


def test_a_result_shows_picture_facts_and_actions(alices: Client, alice: User) -> None:
    image = finished_image(alice)
    page = alices.get(PATH, {"image": str(image.pk)})
    assert "gpt-image-2 · 1:1 · 900\N{MULTIPLICATION SIGN}900 ·" in words(page)
    for address in ("picture", "link", "download"):
        assert f"/dashboard/images/{image.pk}/{address}" in page.content.decode()


def test_a_rejection_says_who_declined_and_that_the_credits_are_back(alices: Client, alice: User) -> None:
    image = ended(alice, ModerationRejected("Violence is not drawn."))
    page = words(alices.get(PATH, {"image": str(image.pk)}))
    assert "OpenAI declined this prompt" in page
    assert "Provider message Violence is not drawn Error code moderation_rejected" in page
    refund = LedgerEntry.objects.get(reference_id=image.pk, type="refund")
    assert f"5 charged, 5 refunded at {refund.created_at:%H:%M:%S}" in page
    assert "Edit prompt Try another model" in page
    assert balance(alice) == 100


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (TimedOut(), "Image timed out The model took too long to respond. Your 5 credits were refunded."),
        (ProviderFailed("The provider was away."), "Image failed The provider was away."),
    ],
)
def test_a_failure_says_that_the_credits_are_back(alices: Client, alice: User, failure: Any, said: str) -> None:
    page = words(alices.get(PATH, {"image": str(ended(alice, failure).pk)}))
    assert said in page
    assert "5 charged, 5 refunded" in page


def test_cancelling_gives_the_credits_back_and_returns_to_the_stage(alices: Client, alice: User) -> None:
    image = queued_image(alice)
    assert "Cancel image" in words(alices.get(PATH))
    response = alices.post(f"/dashboard/images/{image.pk}/cancel", {"from": "generate"}, follow=True)
    assert "Image cancelled" in words(response)
    assert balance(alice) == 100


def test_what_was_begun_cannot_be_cancelled(alices: Client, alice: User) -> None:
    image = queued_image(alice)
    attempts.claim(image.pk)
    assert "Cancel image" not in words(alices.get(PATH))
    response = alices.post(f"/dashboard/images/{image.pk}/cancel", {"from": "generate"}, follow=True)
    assert "Only an image that is still queued can be cancelled." in words(response)


def test_how_long_it_takes_follows_what_it_took(alice: User) -> None:
    assert durations.typical_duration(MODEL, None) == (10, 40)
    for seconds in range(20, 29):
        image = finished_image(alice)
        Image.objects.filter(pk=image.pk).update(finished_at=image.created_at + timedelta(seconds=seconds))
    assert durations.typical_duration(MODEL, None) == (20, 28)
    assert durations.typical_duration("openai:gpt-image-1.5", None) == (5, 15)


def test_many_images_take_no_more_queries(alices: Client, alice: User, django_assert_num_queries: Any) -> None:
    finished_image(alice)
    with django_assert_num_queries(5):
        alices.get(PATH)
    for _ in range(5):
        finished_image(alice)
    with django_assert_num_queries(5):
        alices.get(PATH)


def test_it_needs_somebody_who_has_signed_in(client: Client, db: None) -> None:
    assert client.get(PATH)["Location"] == f"/accounts/login/?next={PATH}"
    assert client.post(PATH)["Location"] == f"/accounts/login/?next={PATH}"
