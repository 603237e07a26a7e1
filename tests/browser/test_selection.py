"""Working with many images in a browser: by mouse, by keyboard and by touch, with 2,000 pictures."""

import uuid
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import FloatRect, Page, expect

from accounts.models import User
from images.models import Collection, Image
from tests.browser.scenes import finished
from tests.browser.visitor import Visitor, check_page
from tests.factories import finished_image
from website.public.samples import SAMPLES

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/dashboard/images/"
MANY = 2000


@pytest.fixture
def many(alice: User) -> list[Image]:
    """2,000 pictures, all with the files of the first one; newest first."""
    first = finished_image(alice)
    fields = {
        field.attname: getattr(first, field.attname)
        for field in Image._meta.concrete_fields
        if field.attname not in {"id", "created_at"}
    }
    Image.objects.bulk_create(
        Image(**fields, id=uuid.uuid4(), created_at=first.created_at - timedelta(seconds=number))
        for number in range(1, MANY)
    )
    return list(Image.objects.newest_first())


def tick(page: Page, index: int, **options: Any) -> None:
    page.locator(".tile").nth(index).locator(".tile-tick").click(**options)


def toast(page: Page, text: str) -> None:
    expect(page.locator("#toasts")).to_contain_text(text)


def box(page: Page, selector: str) -> FloatRect:
    rectangle = page.locator(selector).bounding_box()
    assert rectangle
    return rectangle


def favourites() -> int:
    return Image.objects.exclude(favourited_at=None).count()


def test_a_mouse_selects_downloads_and_deletes_two_thousand_pictures(alices: Visitor, many: list[Image]) -> None:
    page = alices.go(PATH)
    page.wait_for_selector("body[data-live]")
    page.get_by_role("link", name="Select", exact=True).click()
    tick(page, 1)
    tick(page, 5, modifiers=["Shift"])
    expect(page.get_by_text("5 selected", exact=True)).to_be_visible()
    page.get_by_role("button", name="Favourite", exact=True).locator("visible=true").last.click()
    toast(page, "5 images added to favourites.")
    assert favourites() == 5
    page.get_by_role("button", name="Undo").click()
    toast(page, "5 images removed from favourites.")
    expect(page.locator(".tile-star[aria-pressed=true]")).to_have_count(0)
    assert favourites() == 0
    page.get_by_label("Select all 2000").check()
    tick(page, 0)
    expect(page.get_by_text("1,999 selected", exact=True)).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("button", name="Download ZIP").click()
    with zipfile.ZipFile(started.value.path()) as pictures:
        assert len(pictures.namelist()) == MANY - 1
    toast(page, "Downloading 1,999 pictures (")
    bar, shown = page.locator("#selection").bounding_box(), page.locator(".toast").bounding_box()
    assert bar
    assert shown
    assert shown["y"] + shown["height"] <= bar["y"]
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", name="Delete 1,999 images?")).to_be_visible()
    page.get_by_role("button", name="Delete 1,999 images").click()
    toast(page, "1,999 images deleted.")
    expect(page.locator("#count")).to_have_text("1 image")
    expect(page.locator(".tile:visible")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#count")).to_have_text("2,000 images", timeout=20_000)
    assert Image.objects.filter(deleted_at=None).count() == MANY
    # The browser may still have been loading thumbnails when their images were deleted.
    alices.errors = [error for error in alices.errors if not error.endswith("/thumbnail")]


def test_shift_selects_a_range_wherever_a_tick_is_clicked(alices: Visitor, many: list[Image]) -> None:
    page = alices.go(PATH)
    page.wait_for_selector("body[data-live]")
    page.get_by_role("link", name="Select", exact=True).click()
    boxes = page.locator(".tile [name=image]")
    boxes.nth(0).click()
    boxes.nth(5).click(modifiers=["Shift"])
    expect(page.get_by_text("6 selected", exact=True)).to_be_visible()
    boxes.nth(8).click()
    expect(page.get_by_text("7 selected", exact=True)).to_be_visible()


def test_an_open_menu_stays_in_the_window(alices: Visitor, alice: User) -> None:
    finished_image(alice)
    Collection.objects.create(user=alice, name="Lakes and mountains in the morning")
    page = alices.go(PATH)
    for width in (1100, 1280, 1360, 1440, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        page.locator(".filter-dates summary").click()
        expect(page.locator(".filter-dates .dropdown-panel")).to_be_in_viewport(ratio=1)
        page.locator(".filter-dates summary").click()


def test_the_keyboard_moves_selects_and_deletes(alices: Visitor, many: list[Image]) -> None:
    page = alices.go(PATH)
    page.wait_for_selector("body[data-live]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    focused = page.locator(".tile:has(:focus)")
    expect(focused).to_have_attribute("data-image", str(many[1].pk))
    page.keyboard.press("f")
    expect(focused.locator(".tile-star")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Space")
    expect(page.get_by_text("2 selected", exact=True)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Delete")
    expect(page.get_by_role("button", name="Keep images")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    toast(page, "2 images deleted.")
    expect(page.locator(f"#tile-{many[1].pk}")).to_be_hidden()
    expect(page.locator("#count")).to_have_text("1,998 images")
    assert box(page, ".toast")["y"] + box(page, ".toast")["height"] <= box(page, "#selection")["y"]
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.locator(f"#tile-{many[1].pk}")).to_be_visible()
    toast(page, "2 images restored.")
    expect(page.locator("#count")).to_have_text("2,000 images")
    expect(page.locator(f"#tile-{many[1].pk} [name=image]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Download ZIP")).to_be_hidden()
    page.locator("body").press("?")
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_label("Search prompts")).to_be_focused()


def test_the_browser_shows_the_progress_of_a_download_and_the_page_goes_on(alices: Visitor, alice: User) -> None:
    images = [finished_image(alice) for _ in range(3)]
    page = alices.go(PATH)
    page.wait_for_selector("body[data-live]")
    session = page.context.new_cdp_session(page)
    sizes: list[float] = []
    session.on("Page.downloadProgress", lambda event: sizes.append(event["totalBytes"]))
    session.send("Page.enable")
    page.get_by_role("link", name="Select", exact=True).click()
    page.get_by_label("Select all 3").check()
    with page.expect_download() as started:
        page.get_by_role("button", name="Download ZIP").click()
    size = started.value.path().stat().st_size
    toast(page, "Downloading 3 pictures (")
    # The total of which Chromium shows how much has arrived.
    assert set(sizes) == {size}
    finished_image(alice)
    expect(page.locator(".tile")).to_have_count(len(images) + 1)


def test_touch_fills_a_collection_and_every_state_is_accessible(visitor_of: Any, alice: User) -> None:
    images = [finished(alice, SAMPLES[number]) for number in range(3)]
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = visitor_of(alice, **phone).go(PATH)
    page.locator(".tile-star").first.tap()
    expect(page.locator(".tile-star").first).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Collection", exact=True)).to_be_hidden()
    page.get_by_role("link", name="Select", exact=True).tap()
    for index in (0, 1):
        page.locator(".tile-tick").nth(index).tap()
    expect(page.get_by_text("2 selected", exact=True)).to_be_visible()
    page.get_by_text("Add to collection").tap()
    page.get_by_label("New collection").fill("Autumn")
    page.get_by_label("New collection").press("Enter")
    toast(page, "2 images added to “Autumn”.")
    assert Collection.objects.get().images.count() == 2
    menu = page.locator("summary", has_text="Add to collection")
    expect(menu).to_be_focused()
    check_page(page)
    menu.press("Enter")
    expect(page.get_by_role("button", name="Autumn")).to_be_visible()
    page.get_by_label("Collection", exact=True).select_option("Autumn")
    expect(page.locator(".tile")).to_have_count(2)
    page = visitor_of(alice).go(f"{PATH}?collection={Collection.objects.get().pk}")
    expect(page.locator(".tile")).to_have_count(2)
    expect(page.locator(f"#tile-{images[0].pk}")).to_have_count(0)


def transform(page: Page, index: int) -> str:
    return str(page.locator("[data-pane] img").nth(index).evaluate("image => getComputedStyle(image).transform"))


def test_two_pictures_zoom_and_move_together(alices: Visitor, alice: User) -> None:
    finished(alice, SAMPLES[1])
    finished(alice, SAMPLES[2])
    page = alices.go(PATH)
    page.get_by_role("link", name="Select", exact=True).click()
    for index in (0, 1):
        tick(page, index)
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Compare two images")).to_be_visible()
    # The script sets it when the picture has loaded.
    for picture in page.locator("[data-pane] img").all():
        expect(picture).not_to_have_css("transform", "none")
    fitted = transform(page, 0)
    page.locator("[data-pane]").first.hover()
    page.mouse.wheel(0, -300)
    expect(page.locator(".is-zoomed")).to_be_visible()
    page.mouse.down()
    page.mouse.move(300, 300)
    page.mouse.up()
    page.keyboard.press("ArrowRight")
    assert transform(page, 0) == transform(page, 1) != fitted
    page.keyboard.press("Escape")
    assert transform(page, 1) == fitted


def test_the_viewer_leads_through_the_gallery_and_back_to_its_place(alices: Visitor, alice: User) -> None:
    older, newer = finished(alice, SAMPLES[1]), finished(alice, SAMPLES[2])
    Image.objects.filter(pk=older.pk).update(created_at=timezone.now() - timedelta(days=1))
    page = alices.go(PATH)
    page.locator(".tile a.pic").first.click()
    page.get_by_role("link", name="View large").last.click()
    page.wait_for_url(f"{alices.url}{PATH}{newer.pk}/view/")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"{alices.url}{PATH}{older.pk}/view/")
    page.locator("[data-pane]").click()
    expect(page.locator(".is-zoomed")).to_be_visible()
    check_page(page)
    page.keyboard.press("0")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"{alices.url}{PATH}{newer.pk}/view/")
    page.keyboard.press("Escape")
    page.wait_for_selector("#detail")
    page.go_back()
    expect(page.locator(f"#tile-{newer.pk}")).to_be_in_viewport()
    assert f"at={newer.pk}" in page.url
