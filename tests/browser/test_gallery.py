"""Gallery in a browser: search, scrolling, the page of one image, deleting."""

from datetime import timedelta
from typing import Any, Final

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from billing import ledger
from images.library import search
from images.models import Image
from tests.browser.scenes import finished
from tests.browser.visitor import Visitor
from tests.concurrency import eventually
from tests.database import run_sql
from tests.factories import MODEL
from website.public.samples import SAMPLES

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/dashboard/images/"


def test_typing_filters_the_gallery_and_changes_the_url(alices: Visitor, alice: User) -> None:
    finished(alice, SAMPLES[2])
    finished(alice, SAMPLES[1])
    page = alices.go(PATH)
    expect(page.locator(".tile")).to_have_count(2)
    page.get_by_label("Search prompts").press_sequentially("dune")
    expect(page.locator(".tile")).to_have_count(1)
    assert page.url.endswith("?q=dune")
    page.get_by_label("Model").select_option("openai:gpt-image-1.5")
    expect(page.get_by_text("No matching images.")).to_be_visible()
    page.get_by_role("link", name="Remove filter: gpt-image-1.5").click()
    expect(page.get_by_label("Search prompts")).to_have_value("dune")
    expect(page.locator(".tile")).to_have_count(1)


def create_cancelled(user: User, count: int) -> None:
    """Create cancelled images of different ratios. Their tiles need no picture."""
    now = timezone.now()
    Image.objects.bulk_create(
        Image(
            user=user,
            prompt=f"number {number}",
            status=Image.Status.CANCELLED,
            model_id=MODEL,
            provider_id="openai",
            aspect_ratio=("1:1", "16:9", "2:3")[number % 3],
            credit_cost=5,
            created_at=now - timedelta(minutes=number),
            finished_at=now,
        )
        for number in range(count)
    )


def scroll_to_last(page: Page, link: str, pixels: int) -> None:
    """Scroll until no link loads further images."""

    def is_last() -> bool:
        page.mouse.wheel(0, pixels)
        return not page.locator(link).count()

    eventually(is_last)


@pytest.fixture
def scrolled(alices: Visitor, alice: User, monkeypatch: pytest.MonkeyPatch) -> Page:
    """Return a page with a gallery of 9 pages of 8 images that was scrolled to its end."""
    monkeypatch.setattr(search, "PAGE_IMAGES", 8)
    create_cancelled(alice, 72)
    page = alices.go(PATH + "?state=cancelled")
    page.wait_for_selector("body[data-live]")
    scroll_to_last(page, ".older-link", 3000)
    expect(page.locator(".tile")).to_have_count(72)
    # Other browsers return to a position in pixels. Without this, Chromium returns to the element that was visible.
    page.evaluate("document.documentElement.style.overflowAnchor = 'none'")
    return page


def top(tile: Locator) -> float:
    """Return the distance of a tile from the top of the window."""
    return float(tile.evaluate("tile => tile.getBoundingClientRect().top"))


def tile_ids(page: Page) -> list[str]:
    return list(page.eval_on_selector_all(".tile", "tiles => tiles.map(tile => tile.dataset.image)"))


@pytest.mark.parametrize("number", [3, 60])
def test_returning_from_an_image_keeps_the_place_in_any_page(scrolled: Page, number: int) -> None:
    page = scrolled
    tile = page.locator(".tile").nth(number)
    tile.scroll_into_view_if_needed()
    same_tile, before = page.locator(f"#{tile.get_attribute('id')}"), top(tile)
    tile.locator("a.pic").click()
    page.wait_for_selector("#detail")
    page.go_back()
    expect(same_tile).to_be_in_viewport()
    assert abs(top(same_tile) - before) < 2
    # The link on the image's page leads to the same place.
    same_tile.locator("a.pic").click()
    page.locator(".detail-nav").get_by_role("link", name="Gallery").click()
    expect(same_tile).to_be_in_viewport()
    page.get_by_label("Search prompts").fill("nothing like this")
    expect(page.get_by_text("No matching images.")).to_be_visible()
    assert "at=" not in page.url


def test_the_address_of_a_place_leads_to_it_in_another_tab(
    alices: Visitor, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PAGE_IMAGES", 30)
    create_cancelled(alice, 80)
    image = Image.objects.newest_first()[50]
    page = alices.go(f"{PATH}?state=cancelled&at={image.pk}")
    expect(page.locator(f"#tile-{image.pk}")).to_be_in_viewport()


def test_scrolling_up_from_a_place_loads_newer_images_without_moving_the_others(scrolled: Page) -> None:
    page = scrolled
    ids = tile_ids(page)
    # At the top of the window, so that the link to newer images is above it.
    tile = page.locator(".tile").nth(65)
    tile.evaluate("tile => tile.scrollIntoView()")
    tile.locator("a.pic").click()
    page.wait_for_selector("#detail")
    page.go_back()
    first = page.locator(f"#tile-{tile_ids(page)[0]}")
    expect(page.get_by_role("link", name="Newest images")).to_be_visible()
    page.locator(".newer-link").scroll_into_view_if_needed()
    before = top(first)
    expect(page.locator(".tile").first).not_to_have_id(str(first.get_attribute("id")))
    assert abs(top(first) - before) < 2
    scroll_to_last(page, ".newer-link", -3000)
    expect(page.locator(".tile").first).to_have_id(f"tile-{ids[0]}")
    expect(page.get_by_role("link", name="Newest images")).to_be_hidden()
    loaded = tile_ids(page)
    assert loaded == ids[: len(loaded)]


def test_an_image_that_is_requested_meanwhile_does_not_follow_an_older_page(scrolled: Page, alice: User) -> None:
    page = scrolled
    page.locator(".tile a.pic").nth(65).click()
    page.wait_for_selector("#detail")
    page.go_back()
    page.wait_for_selector("body[data-live]")
    create_cancelled(alice, 1)
    newest = Image.objects.newest_first()[0]
    page.evaluate("document.body.dispatchEvent(new CustomEvent('live-anything'))")
    scroll_to_last(page, ".newer-link", -3000)
    expect(page.locator(".tile").first).to_have_id(f"tile-{newest.pk}")
    loaded = tile_ids(page)
    assert len(loaded) == len(set(loaded))


DELETE: Final = "UPDATE images_image SET deleted_at = now() WHERE id = '{}'"


def test_copying_the_link_of_a_deleted_image_shows_a_message(alices: Visitor, alice: User) -> None:
    alices.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for path in (PATH, "/dashboard/generate/?image={}", f"{PATH}{{}}/"):
        image = finished(alice, SAMPLES[2])
        page = alices.go(path.format(image.pk))
        # When the socket opens, the page refreshes what it shows.
        page.wait_for_selector("body[data-live]")
        page.wait_for_load_state("networkidle")
        # Without the trigger, whose notification would remove the link before it is used.
        run_sql(f"BEGIN; SET LOCAL session_replication_role = replica; {DELETE.format(image.pk)}; COMMIT")
        page.locator("[data-copy-link]").first.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("This image was deleted, so there is no link to copy.")).to_be_visible()
        assert page.url.endswith(path.format(image.pk))
    alices.errors.clear()


def test_on_a_phone_filters_open_and_show_how_many_are_active(visitor_of: Any, alice: User) -> None:
    finished(alice, SAMPLES[2])
    page = visitor_of(alice, viewport={"width": 390, "height": 844}).go(PATH)
    expect(page.get_by_label("Aspect ratio")).to_be_hidden()
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Aspect ratio").select_option("3:2")
    expect(page.get_by_label("Filters (1 active)")).to_be_attached()
    expect(page.locator(".tile")).to_have_count(1)
    page.get_by_label("Aspect ratio").select_option("1:1")
    expect(page.get_by_text("No matching images.")).to_be_visible()


def test_scrolling_loads_older_images(alices: Visitor, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE_IMAGES", 8)
    ledger.grant(alice.pk, amount=100, reason="for many")
    for number in range(20):
        finished(alice, SAMPLES[number % 16])
    page = alices.go(PATH)
    page.mouse.wheel(0, 3000)
    expect(page.locator(".tile")).to_have_count(16)
    page.mouse.wheel(0, 3000)
    expect(page.locator(".tile")).to_have_count(20)
    expect(page.get_by_role("link", name="Older images")).to_have_count(0)
    ids = page.eval_on_selector_all(".tile", "tiles => tiles.map(tile => tile.dataset.image)")
    assert ids == [str(image.pk) for image in Image.objects.newest_first()]


def test_arrow_keys_open_neighbouring_images(alices: Visitor, alice: User) -> None:
    older, newer = finished(alice, SAMPLES[1]), finished(alice, SAMPLES[2])
    Image.objects.filter(pk=older.pk).update(created_at="2026-01-01T00:00Z")
    page = alices.go(PATH)
    page.locator(".tile a.pic").first.click()
    page.wait_for_url(f"{alices.url}{PATH}{newer.pk}/")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"{alices.url}{PATH}{older.pk}/")
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(f"{alices.url}{PATH}{newer.pk}/")


def test_deleting_needs_confirmation_and_focuses_the_safe_button(alices: Visitor, alice: User) -> None:
    image = finished(alice, SAMPLES[1])
    page = alices.go(f"{PATH}{image.pk}/")
    page.get_by_role("link", name="Delete image").click()
    expect(page.get_by_role("button", name="Keep image")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("link", name="Delete image").click()
    page.get_by_role("button", name="Delete image").click()
    expect(page.get_by_text("Image deleted.")).to_be_visible()
    expect(page.locator(".tile")).to_have_count(0)
