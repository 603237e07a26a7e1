"""Gallery: filters, pages, and updates while it is open."""

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import User
from images import generation
from images.failures import ModerationRejected
from images.library import search
from images.models import Image
from images.schemas import GenerationArguments
from images.worker import attempts
from tests.factories import MODEL, caller_of, finished_image, queued_image
from tests.rendered import words

pytestmark = pytest.mark.django_db

PATH = "/dashboard/images/"
PRO = "google:gemini-3-pro-image-preview"
HTMX: Any = {"HTTP_HX_REQUEST": "true"}


def request_image(user: User, prompt: str = "a lake", key: Any = None, *, client: str = "", **arguments: Any) -> Image:
    fields = {"prompt": prompt, "modelId": MODEL, **arguments}
    return generation.request(caller_of(user, key, client=client), GenerationArguments.model_validate(fields)).image


def rejected_image(user: User) -> Image:
    image = request_image(user, "something rude")
    attempt = attempts.claim(image.pk)
    assert attempt
    assert attempts.fail(attempt, ModerationRejected.with_advice("No."))
    return image


def create_images(user: User, count: int) -> list[Image]:
    """Create images, three of each minute, and return them newest first."""
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


def image_ids(client: Client, query: Any = None, **headers: Any) -> list[uuid.UUID]:
    return [image.pk for image in client.get(PATH, query, **headers).context["images"]]


def prompts(client: Client, **query: str) -> list[str]:
    return sorted(image.prompt for image in client.get(PATH, query).context["images"])


def test_succeeded_and_unfinished_images_are_shown_by_default(alice_client: Client, alice: User, bob: User) -> None:
    finished, queued, rejected = finished_image(alice), queued_image(alice), rejected_image(alice)
    finished_image(bob)
    assert image_ids(alice_client) == [queued.pk, finished.pk]
    assert image_ids(alice_client, {"state": "rejected"}) == [rejected.pk]
    assert image_ids(alice_client, {"state": "all"}) == [rejected.pk, queued.pk, finished.pk]
    assert "2 images" in words(alice_client.get(PATH))
    assert f"{PATH}{finished.pk}/thumbnail" in alice_client.get(PATH).content.decode()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("lake", ["A lake at dawn", "Two LAKES"]),
        ("LAKES", ["Two LAKES"]),
        ("daw lake", ["A lake at dawn"]),
        ("dawn-lit", []),
        ("l'été", ["Fin de l'été"]),
        ("it's 'quoted' & | ! <-> :* ()", []),
        ("...", []),
        ("\\", []),
    ],
)
def test_search_matches_word_prefixes(alice_client: Client, alice: User, words: str, expected: list[str]) -> None:
    for prompt in ("A lake at dawn", "Two LAKES", "Fin de l'été"):
        request_image(alice, prompt)
    assert prompts(alice_client, q=words) == expected


@pytest.mark.parametrize(
    "query",
    ["script", "<script>", "<script>alert", "SCRIPT", "example", "shop.example/lamp", "dark", "blue", "file", "5"],
)
def test_search_finds_words_inside_markup_and_punctuation(alice_client: Client, alice: User, query: str) -> None:
    text = "<script>alert(1)</script> dark-blue “quoted” https://shop.example/lamp?x=5 my_file.png &amp;"
    request_image(alice, text)
    request_image(alice, "a quiet lake")
    assert prompts(alice_client, q=query) == [text]


@pytest.mark.parametrize("query", ["<script>", "<br>", "&nbsp;", "?!", "\0", "lake\0", "x" * 201, "lake " * 80])
def test_a_search_that_matches_nothing_does_not_show_every_image(alice_client: Client, alice: User, query: str) -> None:
    request_image(alice, "a quiet lake")
    for page in (alice_client.get(PATH, {"q": query}), alice_client.get(PATH, {"q": query}, **HTMX)):
        assert (page.status_code, list(page.context["images"]), page.context["count"]) == (200, [], 0)
    assert image_ids(alice_client, {"q": query, "state": "all"}) == []


def test_the_id_of_the_user_is_no_word_of_a_prompt(alice_client: Client, alice: User) -> None:
    request_image(alice, "?")
    for query in (str(alice.pk)[0], str(alice.pk)[:8], str(alice.pk)):
        assert prompts(alice_client, q=query) == []


def test_a_search_that_is_too_long_shows_the_limit(alice_client: Client, alice: User) -> None:
    request_image(alice, "a quiet lake")
    page = alice_client.get(PATH, {"q": "lake " * 80})
    assert "Your search is longer than 200 characters." in words(page)
    assert page.context["selected"]["q"] == ("lake " * 80).strip()


def test_search_does_not_find_images_of_other_users(alice_client: Client, bob: User) -> None:
    request_image(bob, "a lake")
    assert prompts(alice_client, q="lake") == []
    assert prompts(alice_client, q=str(bob.pk)) == []


def test_filters_work_alone_and_combined(alice_client: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    request_image(alice, "plain")
    request_image(alice, "by key", key)
    request_image(alice, "wide", key, modelId=PRO, aspectRatio="21:9")
    assert prompts(alice_client, key=str(key.pk)) == ["by key", "wide"]
    assert prompts(alice_client, key="dashboard") == ["plain"]
    dashboard = alice_client.get(PATH, {"key": "dashboard"})
    assert [(tag.label, tag.query_without) for tag in dashboard.context["tags"]] == [("Dashboard", "")]
    assert dashboard.context["query"] == "key=dashboard"
    assert prompts(alice_client, model=PRO) == ["wide"]
    assert prompts(alice_client, ratio="21:9") == ["wide"]
    assert prompts(alice_client, key=str(key.pk), model=MODEL, q="key") == ["by key"]
    page = alice_client.get(PATH, {"key": str(key.pk), "ratio": "21:9"})
    assert "Key: Laptop" in words(page)
    assert [tag.query_without for tag in page.context["tags"]] == [f"key={key.pk}", "ratio=21%3A9"]


def test_dates_are_full_days_in_utc(alice_client: Client, alice: User) -> None:
    image = request_image(alice)
    Image.objects.filter(pk=image.pk).update(created_at="2026-03-05T23:59:59Z")
    assert image_ids(alice_client, {"since": "2026-03-05", "until": "2026-03-05"}) == [image.pk]
    assert image_ids(alice_client, {"since": "2026-03-06"}) == []
    assert image_ids(alice_client, {"until": "2026-03-04"}) == []
    assert "From 5 Mar 2026" in words(alice_client.get(PATH, {"since": "2026-03-05"}))


@pytest.mark.parametrize(
    "query",
    [
        {"state": "nonsense"},
        {"ratio": "7:5"},
        {"since": "yesterday"},
        {"until": "9999-12-31"},
        {"key": "x"},
        {"before": "x"},
        {"before": str(uuid.uuid4())},
        {"model": "\0"},
    ],
)
def test_invalid_filters_are_ignored(alice_client: Client, alice: User, query: dict[str, str]) -> None:
    image = request_image(alice)
    response = alice_client.get(PATH, query)
    assert response.status_code == 200
    assert image_ids(alice_client, query) == [image.pk]


def test_keys_of_other_users_and_unknown_models_match_nothing(alice_client: Client, alice: User, bob: User) -> None:
    key, _ = api_keys.create(bob, name="Bob's secret name")
    request_image(alice)
    request_image(bob, "his", key)
    page = alice_client.get(PATH, {"key": str(key.pk)})
    assert "No matching images. Clear filters" in words(page)
    assert "secret name" not in page.content.decode()
    assert prompts(alice_client, model="nobody:nothing") == []


def test_a_new_account_sees_examples(alice_client: Client) -> None:
    page = alice_client.get(PATH)
    assert "Your images appear here" in words(page)
    assert "Search prompts" not in page.content.decode()


def test_links_lead_through_all_pages(alice_client: Client, alice: User) -> None:
    images = create_images(alice, 2 * search.PAGE_IMAGES + 5)
    found: list[uuid.UUID] = []
    url: str | None = PATH + "?q=number"
    while url:
        page = alice_client.get(url)
        found += [image.pk for image in page.context["images"]]
        before = page.context["older_before"]
        url = f"{PATH}?q=number&before={before}" if before else None
        assert not url or url.replace("&", "&amp;") in page.content.decode()
    assert found == [image.pk for image in images]


@pytest.mark.parametrize("index", [0, 3, 4, 5, 30, 115, 119])
def test_returning_from_an_image_shows_a_page_on_each_side_of_it(
    alice_client: Client, alice: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any, index: int
) -> None:
    monkeypatch.setattr(search, "PAGE_IMAGES", 4)
    images = create_images(alice, 30 * 4)
    at = images[index].pk
    url = f"{PATH}?q=number&at={at}"
    assert f"{url.replace('&', '&amp;')}#tile-{at}" in alice_client.get(f"{PATH}{at}/?q=number").content.decode()
    with django_assert_num_queries(12):
        page = alice_client.get(url)
    assert page.context["images"] == images[max(index - 4, 0) : index + 4]
    assert page.context["newer_after"] == (images[index - 4].pk if index > 4 else None)
    assert page.context["older_before"] == (images[index + 3].pk if index + 4 < len(images) else None)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_links_lead_from_any_place_up_to_the_newest_image(
    alice_client: Client, alice: User, monkeypatch: pytest.MonkeyPatch, headers: Any
) -> None:
    monkeypatch.setattr(search, "PAGE_IMAGES", 4)
    images = create_images(alice, 50)
    page = alice_client.get(PATH, {"q": "number", "at": str(images[-1].pk)})
    found = page.context["images"]
    while after := page.context["newer_after"]:
        url = f"{PATH}?q=number&after={after}"
        assert url.replace("&", "&amp;") in page.content.decode()
        page = alice_client.get(url, **headers)
        found = page.context["images"] + found
    assert found == images


def test_a_place_stays_valid_without_its_image(alice_client: Client, alice: User, bob: User) -> None:
    images = create_images(alice, 90)
    deleted = images.pop(60)
    Image.objects.filter(pk=deleted.pk).update(deleted_at=timezone.now())
    assert image_ids(alice_client, {"at": str(deleted.pk)}) == [image.pk for image in images[20:]]
    bobs = queued_image(bob)
    assert image_ids(alice_client, {"at": str(bobs.pk)}) == [image.pk for image in images[: search.PAGE_IMAGES]]


def test_a_page_without_newer_images_links_to_the_newest(alice_client: Client, alice: User) -> None:
    image = request_image(alice)
    page = alice_client.get(PATH, {"after": str(image.pk)})
    assert list(page.context["images"]) == []
    assert "Newest images" in words(page)


def test_more_newer_images_than_a_page_are_added_with_a_link(
    alice_client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PAGE_IMAGES", 4)
    images = create_images(alice, 10)
    page = alice_client.get(PATH, {"after": str(images[-1].pk)}, **HTMX)
    assert page.context["images"] == images[5:9]
    assert f"{PATH}?after={images[5].pk}" in page.content.decode()
    assert page.content.decode().strip().startswith('<a class="newer-link"')


def test_pages_are_stable_while_images_are_added_and_deleted(alice_client: Client, alice: User) -> None:
    images = create_images(alice, search.PAGE_IMAGES + 10)
    before = alice_client.get(PATH).context["older_before"]
    request_image(alice, "a new one")
    Image.objects.filter(pk=before).update(deleted_at=timezone.now())
    expected = [image.pk for image in images[search.PAGE_IMAGES :]]
    assert image_ids(alice_client, {"before": str(before)}, **HTMX) == expected


def test_htmx_gets_a_further_page_as_tiles_only(alice_client: Client, alice: User) -> None:
    images = create_images(alice, search.PAGE_IMAGES + 1)
    page = alice_client.get(PATH, {"before": str(images[search.PAGE_IMAGES - 1].pk)}, **HTMX)
    assert page.content.decode().strip().startswith("<figure")
    assert f"tile-{images[-1].pk}" in page.content.decode()


def test_htmx_gets_search_results_and_their_url(alice_client: Client, alice: User) -> None:
    request_image(alice)
    page = alice_client.get(PATH, {"q": "lake", "model": "", "since": ""}, **HTMX)
    assert page["HX-Replace-Url"] == f"{PATH}?q=lake"
    assert page.content.decode().strip().startswith('<div class="results"')


def test_an_open_gallery_fetches_newer_images_that_match(alice_client: Client, alice: User) -> None:
    first = request_image(alice, "a lake")
    matching, _not_matching = request_image(alice, "another lake"), request_image(alice, "a hill")
    page = alice_client.get(PATH, {"q": "lake", "after": str(first.pk)}, **HTMX)
    assert [image.pk for image in page.context["images"]] == [matching.pk]
    assert 'id="count" role="status" hx-swap-oob="true">2 images' in page.content.decode()
    assert image_ids(alice_client, {"after": str(uuid.uuid4())}, **HTMX) == []


def test_a_tile_shows_the_current_status_of_its_image(alice_client: Client, alice: User) -> None:
    image = queued_image(alice)
    url = f"{PATH}{image.pk}/tile"
    assert "Queued" in words(alice_client.get(url))
    attempts.claim(image.pk)
    assert "Generating" in words(alice_client.get(url))
    Image.objects.filter(pk=image.pk).update(deleted_at=timezone.now())
    assert words(alice_client.get(url)).strip() == ""


def test_counting_stops_at_a_limit(alice_client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "COUNTED_MAX", 3)
    create_images(alice, 5)
    assert "3+ images" in words(alice_client.get(PATH, {"q": "number"}))
    assert "5 images" in words(alice_client.get(PATH))


def test_links_from_a_filtered_gallery_keep_its_filters(alice_client: Client, alice: User) -> None:
    image = request_image(alice)
    page = alice_client.get(PATH, {"q": "lake", "state": "queued"}).content.decode()
    url = f"{PATH}{image.pk}/?q=lake&amp;state=queued"
    assert url in page
    assert parse_qs(urlsplit(url.replace("&amp;", "&")).query) == {"q": ["lake"], "state": ["queued"]}


def test_many_images_take_no_more_queries(alice_client: Client, alice: User, django_assert_num_queries: Any) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    request_image(alice, key=key)
    with django_assert_num_queries(10):
        alice_client.get(PATH, {"q": "lake"})
    for _ in range(12):
        request_image(alice, key=key)
    with django_assert_num_queries(10):
        alice_client.get(PATH, {"q": "lake"})


def test_the_gallery_requires_sign_in(client: Client, db: None) -> None:
    assert client.get(PATH)["Location"] == f"/accounts/login/?next={PATH}"


def test_a_failed_tile_shows_the_reason_and_the_refund(alice_client: Client, alice: User) -> None:
    rejected_image(alice)
    generation.cancel(caller_of(alice), queued_image(alice).pk)
    text = words(alice_client.get(PATH, {"state": "all"}))
    assert "Rejected Content moderation, 5 credits refunded something rude" in text
    assert "Cancelled Cancelled before it started, 5 credits refunded" in text
