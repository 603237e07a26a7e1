"""The mask editor in a browser: painting by mouse, touch and keyboard, undo, and the file that is sent."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from PIL import Image as Pillow
from playwright.sync_api import Page, expect

from accounts.models import User
from images.models import Image, Upload
from images.pictures import masks
from images.storage import files
from images.uploads import uploads
from tests.browser.visitor import Visitor, check_page
from tests.factories import caller_of
from tests.images.upload_files import png

pytestmark = pytest.mark.django_db(transaction=True)

PATH: Final = "/dashboard/generate/"
SIZE: Final = (600, 400)


@pytest.fixture
def base(transactional_db: None, alice: User) -> str:
    """The path of the page with one source."""
    upload = uploads.store(caller_of(alice), png(*SIZE, colour="tan"))
    return f"{PATH}?source={upload.pk}"


def open_editor(page: Page) -> Page:
    page.get_by_role("button", name="mask").first.click()
    expect(canvas(page)).to_be_focused()
    return page


def canvas(page: Page) -> Any:
    return page.locator(".mask-canvas")


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return the position in the window of a place in the picture, from 0 to 1."""
    box = canvas(page).bounding_box()
    assert box is not None
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def drag(page: Page, *points: tuple[float, float]) -> None:
    page.mouse.move(*place(page, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*place(page, *point), steps=5)
    page.mouse.up()


def state(page: Page) -> Any:
    return page.locator("[data-mask-state]")


def use(page: Page) -> Pillow.Image:
    """Use the mask, and return the marked area that the server sees."""
    page.get_by_role("button", name="Use mask").click()
    expect(page.get_by_text("Only the masked part changes.")).to_be_visible()
    expect(page.locator("#open-mask")).to_be_focused()
    upload = Upload.objects.latest("created_at")
    content = files.read(upload.file_name)
    masks.check(content, SIZE)
    return masks.marked_area(content)


def marks(area: Pillow.Image, *places: tuple[float, float]) -> list[bool]:
    return [area.getpixel((int(x * SIZE[0]), int(y * SIZE[1]))) == masks.OPAQUE for x, y in places]


def test_the_mouse_paints_and_erases_in_the_real_size(alices: Visitor, base: str) -> None:
    page = open_editor(alices.go(base))
    expect(page.get_by_role("button", name="Use mask")).to_be_disabled()
    expect(state(page)).to_have_text("Nothing is painted. Paint the area to change.")
    drag(page, (0.1, 0.5), (0.9, 0.5))
    expect(state(page)).to_contain_text("% painted")
    page.get_by_text("Eraser", exact=True).click()
    drag(page, (0.5, 0.3), (0.5, 0.7))
    area = use(page)
    assert marks(area, (0.2, 0.5), (0.8, 0.5), (0.5, 0.5), (0.2, 0.1)) == [
        True,
        True,
        False,
        False,
    ]
    page.get_by_label("What to change").fill("more fog")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("credits charged")).to_be_visible()
    assert [source.role for source in Image.objects.get().sources.all()] == ["base", "mask"]


def test_the_keyboard_paints(alices: Visitor, base: str) -> None:
    page = open_editor(alices.go(base))
    size = page.locator("[data-mask-size]")
    before = int(size.input_value())
    page.keyboard.press("]")
    page.keyboard.press("]")
    assert int(size.input_value()) > before
    page.keyboard.press("[")
    # A dot in the middle, and a line to the right while space is held.
    page.keyboard.down("Space")
    for _ in range(10):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.up("Space")
    for _ in range(6):
        page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Space")
    expect(state(page)).to_contain_text("% painted")
    page.keyboard.press("Control+z")
    page.keyboard.press("e")
    expect(page.get_by_role("radio", name="Eraser")).to_be_checked()
    area = use(page)
    assert marks(area, (0.5, 0.5), (0.8, 0.5), (0.2, 0.5), (0.98, 0.05)) == [
        True,
        True,
        False,
        False,
    ]


def test_undo_redo_invert_and_clear(alices: Visitor, base: str) -> None:
    page = open_editor(alices.go(base))
    for name in ("Undo", "Redo"):
        expect(page.get_by_role("button", name=name)).to_be_disabled()
    drag(page, (0.2, 0.2), (0.4, 0.2))
    painted = "3% painted"
    expect(state(page)).to_have_text(painted)
    page.get_by_role("button", name="Undo").click()
    expect(state(page)).to_contain_text("Nothing is painted.")
    page.get_by_role("button", name="Redo").click()
    expect(state(page)).to_have_text(painted)
    page.get_by_role("button", name="Clear").click()
    expect(state(page)).to_contain_text("Nothing is painted.")
    page.get_by_role("button", name="Invert").click()
    expect(state(page)).to_have_text("Everything is painted. Leave the area to keep unpainted.")
    expect(page.get_by_role("button", name="Use mask")).to_be_disabled()
    canvas(page).focus()
    for key in ("Control+z", "Control+z"):
        page.keyboard.press(key)
    expect(state(page)).to_have_text(painted)
    page.get_by_role("button", name="Invert").click()
    area = use(page)
    assert marks(area, (0.3, 0.2), (0.9, 0.9)) == [False, True]


@pytest.fixture
def phone(visitor_of: Callable[..., Visitor], alice: User) -> Visitor:
    """A browser with a touch screen of 390 px."""
    return visitor_of(alice, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)


def test_a_finger_paints_on_a_phone(phone: Visitor, base: str) -> None:
    page = phone.go(base)
    page.get_by_role("button", name="Paint a mask").tap()
    touch = phone.context.new_cdp_session(page)
    points = [place(page, x, 0.5) for x in (0.2, 0.4, 0.6)]
    for at, (x, y) in enumerate(points):
        kind = "touchMove" if at else "touchStart"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(state(page)).to_contain_text("% painted")
    assert page.evaluate("document.getElementById('mask-editor').scrollWidth <= innerWidth")
    for name in ("Undo", "Clear", "Use mask"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    area = use(page)
    assert marks(area, (0.25, 0.5), (0.55, 0.5), (0.9, 0.5)) == [True, True, False]


def test_escape_asks_before_a_mask_is_discarded(alices: Visitor, base: str) -> None:
    page = open_editor(alices.go(base))
    page.keyboard.press("Escape")
    expect(page.locator("#mask-editor")).to_be_hidden()
    expect(page.locator("#open-mask")).to_be_focused()
    open_editor(page)
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Keep painting")).to_be_focused()
    page.keyboard.press("Enter")
    expect(canvas(page)).to_be_focused()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Discard mask").click()
    expect(page.locator("#mask-editor")).to_be_hidden()
    assert Upload.objects.count() == 1


def test_a_mask_can_be_changed_and_goes_with_its_image(alices: Visitor, base: str, alice: User) -> None:
    page = open_editor(alices.go(base))
    drag(page, (0.1, 0.1), (0.4, 0.1))
    use(page)
    page.get_by_role("button", name="Edit mask").click()
    expect(state(page)).to_contain_text("% painted")
    drag(page, (0.6, 0.9), (0.9, 0.9))
    area = use(page)
    assert marks(area, (0.2, 0.1), (0.8, 0.9), (0.2, 0.9)) == [True, True, False]
    page.locator("#source-files").set_input_files(
        {"name": "red.png", "mimeType": "image/png", "buffer": png(colour="red")}
    )
    page.get_by_label("Move image 2 earlier").click()
    note = page.locator("#composer-sources").get_by_text("The first image changed, so its mask was removed.")
    expect(note).to_be_visible()
    expect(page.get_by_role("button", name="Paint a mask")).to_be_visible()


def test_the_editor_is_accessible_and_fits(alices: Visitor, base: str) -> None:
    page = open_editor(alices.go(base))
    drag(page, (0.3, 0.3), (0.6, 0.6))
    expect(state(page)).to_contain_text("% painted")
    for width in (320, 390, 1440):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.getElementById('mask-editor').scrollWidth <= innerWidth")
        for name in ("Undo", "Invert", "Clear", "Use mask", "Close"):
            expect(page.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)
        expect(canvas(page)).to_be_in_viewport(ratio=1)
    check_page(page)
