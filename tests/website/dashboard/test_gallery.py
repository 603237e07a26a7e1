"""The gallery: what it shows and finds, page after page, and what comes while it is open."""

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import User
from images import generation, search
from images.exceptions import ModerationRejected
from images.models import Image
from images.schemas import GenerationArguments
from images.worker import attempts
from tests.factories import MODEL, caller_of, finished_image, queued_image
from tests.rendered import words

pytestmark = pytest.mark.django_db

PATH = "/dashboard/images/"
PRO = "google:gemini-3-pro-image-preview"
HTMX: Any = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def asked(user: User, prompt: str = "a lake", key: Any = None, **more: Any) -> Image:
    arguments = GenerationArguments.model_validate({"prompt": prompt, "modelId": MODEL, **more})
    return generation.request(caller_of(user, key), arguments).image


def rejected(user: User) -> Image:
    image = asked(user, "something rude")
    attempt = attempts.claim(image.pk)
    assert attempt
    assert attempts.fail(attempt, ModerationRejected("No."))
    return image


def many(user: User, count: int) -> list[Image]:
    """Return this many images, newest first; several share a moment."""
    now = timezone.now()
    rows = [
        Image(
            user=user,
            prompt=f"number {number}",
            model_id=MODEL,
            provider_id="openai",
            aspect_ratio="1:1",
            credit_cost=5,
            created_at=now - timedelta(minutes=number // 3),
        )
        for number in range(count)
    ]
    Image.objects.bulk_create(rows)
    return sorted(rows, key=lambda image: (image.created_at, image.pk), reverse=True)


def shown(client: Client, query: Any = None, **headers: Any) -> list[uuid.UUID]:
    return [image.pk for image in client.get(PATH, query, **headers).context["images"]]


def prompts(client: Client, **query: str) -> list[str]:
    return sorted(image.prompt for image in client.get(PATH, query).context["images"])


def test_it_shows_pictures_and_what_will_be_one(alices: Client, alice: User, bob: User) -> None:
    made, queued, refused = finished_image(alice), queued_image(alice), rejected(alice)
    finished_image(bob)
    assert shown(alices) == [queued.pk, made.pk]
    assert shown(alices, {"state": "rejected"}) == [refused.pk]
    assert shown(alices, {"state": "all"}) == [refused.pk, queued.pk, made.pk]
    assert "2 images" in words(alices.get(PATH))
    assert f"{PATH}{made.pk}/thumbnail" in alices.get(PATH).content.decode()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lake", ["A lake at dawn", "Two LAKES"]),
        ("LAKES", ["Two LAKES"]),
        ("daw lake", ["A lake at dawn"]),
        ("dawn-lit", []),
        ("l'été", ["Fin de l'été"]),
        ("it's 'quoted' & | ! <-> :* ()", []),
        ("...", ["A lake at dawn", "Fin de l'été", "Two LAKES"]),
        ("\\", ["A lake at dawn", "Fin de l'été", "Two LAKES"]),
    ],
)
def test_words_find_prompts_by_their_beginnings(alices: Client, alice: User, words: str, found: list[str]) -> None:
    for prompt in ("A lake at dawn", "Two LAKES", "Fin de l'été"):
        asked(alice, prompt)
    assert prompts(alices, q=words) == found


def test_words_find_nothing_of_anothers(alices: Client, bob: User) -> None:
    asked(bob, "a lake")
    assert prompts(alices, q="lake") == []
    assert prompts(alices, q=str(bob.pk)) == []


def test_facts_filter_alone_and_together(alices: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    asked(alice, "plain")
    asked(alice, "by key", key)
    asked(alice, "wide", key, modelId=PRO, aspectRatio="21:9")
    assert prompts(alices, key=str(key.pk)) == ["by key", "wide"]
    assert prompts(alices, model=PRO) == ["wide"]
    assert prompts(alices, ratio="21:9") == ["wide"]
    assert prompts(alices, key=str(key.pk), model=MODEL, q="key") == ["by key"]
    page = alices.get(PATH, {"key": str(key.pk), "ratio": "21:9"})
    assert "Key: Laptop" in words(page)
    assert [tag.query_without for tag in page.context["tags"]] == [f"key={key.pk}", "ratio=21%3A9"]


def test_days_are_whole_and_utcs(alices: Client, alice: User) -> None:
    image = asked(alice)
    Image.objects.filter(pk=image.pk).update(created_at="2026-03-05T23:59:59Z")
    assert shown(alices, {"since": "2026-03-05", "until": "2026-03-05"}) == [image.pk]
    assert shown(alices, {"since": "2026-03-06"}) == []
    assert shown(alices, {"until": "2026-03-04"}) == []
    assert "From 5 Mar 2026" in words(alices.get(PATH, {"since": "2026-03-05"}))


@pytest.mark.parametrize(
    "query",
    [
        {"state": "nonsense"},
        {"ratio": "5:4"},
        {"since": "yesterday"},
        {"until": "9999-12-31"},
        {"key": "x"},
        {"before": "x"},
        {"before": str(uuid.uuid4())},
        {"q": "x" * 201},
        {"q": "\0"},
        {"model": "\0"},
    ],
)
def test_what_makes_no_sense_is_ignored(alices: Client, alice: User, query: dict[str, str]) -> None:
    image = asked(alice)
    response = alices.get(PATH, query)
    assert response.status_code == 200
    assert shown(alices, query) == [image.pk]


def test_anothers_key_and_unknown_models_find_nothing(alices: Client, alice: User, bob: User) -> None:
    key, _ = api_keys.create(bob, name="Bob's secret name")
    asked(alice)
    asked(bob, "his", key)
    page = alices.get(PATH, {"key": str(key.pk)})
    assert "No matching images. Clear filters" in words(page)
    assert "secret name" not in page.content.decode()
    assert prompts(alices, model="nobody:nothing") == []


def test_a_new_account_sees_examples(alices: Client) -> None:
    page = alices.get(PATH)
    assert "Your images appear here" in words(page)
    assert "Search prompts" not in page.content.decode()


def test_pages_follow_each_other_by_links(alices: Client, alice: User) -> None:
    images = many(alice, 2 * search.PAGE_IMAGES + 5)
    found: list[uuid.UUID] = []
    address: str | None = PATH + "?q=number"
    while address:
        page = alices.get(address)
        found += [image.pk for image in page.context["images"]]
        before = page.context["older_before"]
        address = f"{PATH}?q=number&before={before}" if before else None
        assert not address or address.replace("&", "&amp;") in page.content.decode()
    assert found == [image.pk for image in images]


def test_pages_stay_as_they_are_while_images_come_and_go(alices: Client, alice: User) -> None:
    images = many(alice, search.PAGE_IMAGES + 10)
    before = alices.get(PATH).context["older_before"]
    asked(alice, "a new one")
    Image.objects.filter(pk=before).update(deleted_at=timezone.now())
    expected = [image.pk for image in images[search.PAGE_IMAGES :]]
    assert shown(alices, {"before": str(before)}, **HTMX) == expected


def test_a_page_by_htmx_holds_tiles_alone(alices: Client, alice: User) -> None:
    images = many(alice, search.PAGE_IMAGES + 1)
    page = alices.get(PATH, {"before": str(images[search.PAGE_IMAGES - 1].pk)}, **HTMX)
    assert page.content.decode().strip().startswith("<figure")
    assert f"tile-{images[-1].pk}" in page.content.decode()


def test_a_search_by_htmx_answers_with_results_and_their_address(alices: Client, alice: User) -> None:
    asked(alice)
    page = alices.get(PATH, {"q": "lake", "model": "", "since": ""}, **HTMX)
    assert page["HX-Replace-Url"] == f"{PATH}?q=lake"
    assert page.content.decode().strip().startswith('<div class="results"')


def test_an_open_gallery_fetches_what_is_newer_and_matches(alices: Client, alice: User) -> None:
    first = asked(alice, "a lake")
    new, _other = asked(alice, "another lake"), asked(alice, "a hill")
    page = alices.get(PATH, {"q": "lake", "after": str(first.pk)}, **HTMX)
    assert [image.pk for image in page.context["images"]] == [new.pk]
    assert 'id="count" role="status" hx-swap-oob="true">2 images' in page.content.decode()
    assert shown(alices, {"after": str(uuid.uuid4())}, **HTMX) == []


def test_a_tile_shows_its_image_as_it_is_now(alices: Client, alice: User) -> None:
    image = queued_image(alice)
    address = f"{PATH}{image.pk}/tile"
    assert "Queued" in words(alices.get(address))
    attempts.claim(image.pk)
    assert "Generating" in words(alices.get(address))
    Image.objects.filter(pk=image.pk).update(deleted_at=timezone.now())
    assert words(alices.get(address)).strip() == ""


def test_the_total_of_many_matches_is_not_counted_to_the_end(
    alices: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "COUNTED_MAX", 3)
    many(alice, 5)
    assert "3+ images" in words(alices.get(PATH, {"q": "number"}))
    assert "5 images" in words(alices.get(PATH))


def test_links_from_a_filtered_gallery_keep_its_filters(alices: Client, alice: User) -> None:
    image = asked(alice)
    page = alices.get(PATH, {"q": "lake", "state": "queued"}).content.decode()
    address = f"{PATH}{image.pk}/?q=lake&amp;state=queued"
    assert address in page
    assert parse_qs(urlsplit(address.replace("&amp;", "&")).query) == {"q": ["lake"], "state": ["queued"]}


def test_many_images_take_no_more_queries(alices: Client, alice: User, django_assert_num_queries: Any) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    asked(alice, key=key)
    with django_assert_num_queries(8):
        alices.get(PATH, {"q": "lake"})
    for _ in range(12):
        asked(alice, key=key)
    with django_assert_num_queries(8):
        alices.get(PATH, {"q": "lake"})


def test_it_needs_somebody_who_has_signed_in(client: Client, db: None) -> None:
    assert client.get(PATH)["Location"] == f"/accounts/login/?next={PATH}"
