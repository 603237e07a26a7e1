"""Sources of the composer in a browser: picker, drag-and-drop, paste, buttons and results."""

import base64
import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from PIL import Image as Pillow
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from images.models import Image, Upload
from images.uploads import uploads
from infrastructure.limits import BODY_MAX_BYTES
from tests.browser.scenes import finished
from tests.browser.visitor import TIMEOUT_MILLISECONDS, Visitor, check_page
from tests.factories import caller_of, edited_image, finished_image
from tests.images.upload_files import encode, mask_png, png
from tests.worker_thread import WorkerThread
from website.public.samples import BY_NAME

pytestmark = pytest.mark.django_db(transaction=True)

PATH: Final = "/dashboard/generate/"
# Sends a drag, drop or paste event with files, as the browser does.
SEND_FILES: Final = """([type, field, files]) => {
    const transfer = new DataTransfer();
    for (const [name, content] of files) {
        const bytes = typeof content === "number"
            ? new Uint8Array(content)
            : Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type: "image/png" }));
    }
    const Event = type === "paste" ? ClipboardEvent : DragEvent;
    document.body.dispatchEvent(new Event(type, { [field]: transfer, bubbles: true, cancelable: true }));
}"""


def send(page: Page, event: str, *files: tuple[str, bytes | int]) -> None:
    """Paste or drop files with this content, or with this many zero bytes."""
    field = "clipboardData" if event == "paste" else "dataTransfer"
    encoded = [
        [name, content if isinstance(content, int) else base64.b64encode(content).decode()] for name, content in files
    ]
    page.evaluate(SEND_FILES, [event, field, encoded])


def sources(page: Page) -> Locator:
    return page.locator(".source")


def ids(page: Page) -> list[str]:
    return [field.input_value() for field in page.locator("[name=source]").all()]


def as_file(content: bytes, name: str = "photo.png") -> Any:
    return {"name": name, "mimeType": "image/png", "buffer": content}


def uploaded(user: User, colour: str) -> str:
    return str(uploads.store(caller_of(user), png(colour=colour)).pk)


def test_files_are_picked_dropped_and_pasted_while_the_text_stays(alices: Visitor, worker: WorkerThread) -> None:
    page = alices.go(PATH)
    expect(page.get_by_label("Prompt")).to_have_attribute("placeholder", re.compile("Describe the image"))
    page.get_by_label("Prompt").fill("more fog")
    page.locator("#source-files").set_input_files([as_file(png()), as_file(png(colour="red"), "red.png")])
    expect(sources(page)).to_have_count(2)
    expect(page.get_by_label("What to change")).to_have_attribute("placeholder", re.compile("Describe the change"))
    expect(page.locator("#announcements")).to_have_text("2 images added.")
    send(page, "dragover", ("blue.png", png(colour="blue")))
    expect(page.locator(".composer.is-over")).to_be_visible()
    send(page, "drop", ("blue.png", png(colour="blue")))
    expect(sources(page)).to_have_count(3)
    expect(page.locator(".composer.is-over")).to_have_count(0)
    send(page, "paste", ("gray.png", png(colour="gray")))
    expect(sources(page)).to_have_count(4)
    expect(page.get_by_label("What to change")).to_have_value("more fog")
    expect(page.get_by_label("Auto").first).to_be_checked()
    page.get_by_role("radio", name="gpt-image-2 5").check()
    page.get_by_text("4:3", exact=True).click()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator(".comparison.is-sliding")).to_be_visible(timeout=TIMEOUT_MILLISECONDS)
    assert [str(source.upload_id) for source in Image.objects.get().sources.all()] == ids(page)


def test_the_price_follows_the_number_of_sources_and_of_images(alices: Visitor, alice: User) -> None:
    chosen = [uploaded(alice, colour) for colour in ("red", "green", "blue", "gray")]
    page = alices.go(f"{PATH}?{'&'.join(f'source={each}' for each in chosen)}")
    page.get_by_role("radio", name="gpt-image-2 5").check()
    expect(page.locator("[data-cost]")).to_have_text("Will use 5 of 100 credits")
    page.locator("#source-files").set_input_files(as_file(png(colour="pink")))
    expect(page.locator("[data-cost]")).to_have_text("Will use 6 of 100 credits")
    page.locator("#count label").nth(1).click()
    expect(page.locator("[data-cost]")).to_have_text("Will use 12 of 100 credits (2 \N{MULTIPLICATION SIGN} 6)")
    page.get_by_label("What to change").fill("more fog")
    page.get_by_role("button", name="Generate 2 images").click()
    expect(page.locator(".result-count")).to_have_text("0 of 2 images finished")
    expect(page.locator("[data-balance]")).to_have_text("88 credits")


def test_buttons_move_and_remove_by_keyboard(alices: Visitor, alice: User) -> None:
    red, green, blue = (uploaded(alice, colour) for colour in ("red", "green", "blue"))
    page = alices.go(f"{PATH}?source={red}&source={green}&source={blue}")
    page.get_by_label("Move image 1 later").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#announcements")).to_have_text("Image moved to position 2.")
    expect(page.get_by_label("Move image 2 later")).to_be_focused()
    assert ids(page) == [green, red, blue]
    page.get_by_label("Remove image 3").press("Enter")
    expect(sources(page)).to_have_count(2)
    expect(page.get_by_label("Remove image 2")).to_be_focused()
    with page.expect_event("load"):
        page.reload()
    assert ids(page) == [green, red]
    page.get_by_label("Remove image 2").click()
    page.get_by_label("Remove image 1").click()
    expect(sources(page)).to_have_count(0)
    expect(page.locator("#source-files")).to_be_focused()
    expect(page.get_by_label("1:1")).to_be_checked()


def test_a_mouse_drags_a_source_to_another_position(alices: Visitor, alice: User) -> None:
    red, green, blue = (uploaded(alice, colour) for colour in ("red", "green", "blue"))
    page = alices.go(f"{PATH}?source={red}&source={green}&source={blue}")
    sources(page).nth(2).locator("img").drag_to(sources(page).nth(0))
    expect(page.locator("#announcements")).to_have_text("Image moved to position 1.")
    assert ids(page) == [blue, red, green]
    expect(sources(page).nth(0).locator(".source-badge")).to_have_text("Edited")
    sources(page).nth(1).locator("img").drag_to(page.locator("#prompt"))
    assert ids(page) == [blue, red, green]


def test_bad_files_are_explained_in_place_and_the_others_go_on(alices: Visitor) -> None:
    page = alices.go(PATH)
    send(page, "drop", ("notes.png", b"Hello"), ("large.png", 21 * 1024 * 1024), ("photo.png", png()))
    expect(sources(page)).to_have_count(1)
    expect(page.get_by_text("notes.png: Unusable file")).to_be_visible()
    expect(page.get_by_text("large.png: This file is 21 MB. The limit is 20 MB.")).to_be_visible()
    expect(page.get_by_role("button", name="Generate")).to_be_enabled()
    check_page(page)
    alices.errors = [error for error in alices.errors if "422" not in error]
    assert Upload.objects.count() == 1


def test_a_source_that_expires_is_explained_and_the_text_stays(alices: Visitor, alice: User) -> None:
    page = alices.go(f"{PATH}?source={uploaded(alice, 'red')}")
    page.get_by_label("What to change").fill("more fog")
    Upload.objects.update(expires_at="2026-01-01T00:00:00Z")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("This upload has expired. Add it again.")).to_be_visible()
    expect(page.get_by_label("What to change")).to_have_value("more fog")
    check_page(page)


def test_models_say_why_they_cannot_be_used(alices: Visitor, alice: User) -> None:
    chosen = [uploaded(alice, colour) for colour in ("red", "green", "blue")]
    page = alices.go(f"{PATH}?{'&'.join(f'source={each}' for each in chosen)}")
    page.get_by_role("radio", name="gemini-2.5-flash").check()
    page.locator("#source-files").set_input_files(as_file(png(colour="gray")))
    expect(page.get_by_role("radio", name="gemini-2.5-flash up to 3 images")).to_be_disabled()
    note = "gemini-2.5-flash: up to 3 images. Model is now gpt-image-1.5."
    expect(page.locator("#model-help")).to_have_text(note)
    expect(page.locator("#announcements")).to_have_text(f"1 image added. {note}")
    page.get_by_text("Use a mask file").click()
    page.locator("#mask-file").set_input_files(as_file(mask_png(), "mask.png"))
    expect(page.get_by_text("3 of 9 models can use a mask")).to_be_visible()
    expect(page.get_by_role("radio", name="gpt-image-1.5 no masks")).to_be_disabled()
    page.get_by_role("button", name="Remove mask").click()
    expect(page.get_by_role("radio", name="gpt-image-1.5")).to_be_enabled()


def test_a_mask_file_of_another_size_is_explained(alices: Visitor, alice: User) -> None:
    page = alices.go(f"{PATH}?source={uploaded(alice, 'red')}")
    page.get_by_text("Use a mask file").click()
    page.locator("#mask-file").set_input_files(as_file(mask_png(32, 32), "mask.png"))
    expect(page.get_by_text("The mask is 32 x 32 pixels, but the first source is 64 x 48.")).to_be_visible()


def test_a_picture_is_edited_from_gallery_image_and_result(alices: Visitor, alice: User) -> None:
    image, other = finished_image(alice, "a lake"), finished_image(alice, "a hill")
    page = alices.go("/dashboard/images/")
    page.locator(f"#tile-{image.pk}").hover()
    page.locator(f"#tile-{image.pk}").get_by_role("link", name="Edit").click()
    expect(page.locator(".source").get_by_role("img", name="a lake")).to_be_visible()
    page = alices.go(f"/dashboard/images/{other.pk}/")
    page.get_by_role("link", name="Use as reference").click()
    expect(sources(page)).to_have_count(2)
    assert ids(page) == [str(image.pk), str(other.pk)]
    page.get_by_label("What to change").fill("more fog")
    page.locator("#result-panel").get_by_role("button", name="Edit").click()
    expect(sources(page)).to_have_count(1)
    expect(page.get_by_label("What to change")).to_be_focused()
    expect(page.get_by_label("What to change")).to_have_value("more fog")
    assert ids(page) == [str(other.pk)]


def test_on_a_phone_a_result_leads_back_to_the_form(visitor_of: Callable[..., Visitor], alice: User) -> None:
    image = finished_image(alice)
    page = visitor_of(alice, viewport={"width": 390, "height": 844}, has_touch=True).go(f"{PATH}?image={image.pk}")
    page.get_by_role("button", name="Use as reference").tap()
    expect(page.get_by_label("What to change")).to_be_visible()
    expect(sources(page)).to_have_count(1)
    box = page.get_by_label("Remove image 1").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44


def test_everything_works_without_a_script(visitor_of: Callable[..., Visitor], alice: User) -> None:
    page = visitor_of(alice, java_script_enabled=False).go(PATH)
    page.get_by_label("Prompt").fill("more fog")
    page.locator("#source-files").set_input_files([as_file(png()), as_file(png(colour="red"), "red.png")])
    page.get_by_role("button", name="Add images").click()
    expect(sources(page)).to_have_count(2)
    expect(page.get_by_label("What to change")).to_have_value("more fog")
    first = ids(page)
    page.get_by_label("Move image 2 earlier").click()
    assert ids(page) == first[::-1]
    page.get_by_text("Use a mask file").click()
    page.locator("#mask-file").set_input_files(as_file(mask_png(), "mask.png"))
    page.get_by_role("button", name="Add mask").click()
    expect(page.get_by_text("Only the masked part changes.")).to_be_visible()
    expect(page.locator("[data-open-mask]")).to_be_hidden()
    page.locator("#count label").nth(1).click()
    page.get_by_role("button", name="Update price").click()
    page.get_by_role("button", name="Generate 2 images").click()
    expect(page.locator(".result-count")).to_have_text("0 of 2 images finished")
    assert [source.role for source in Image.objects.first().sources.all()] == ["base", "reference", "mask"]  # type: ignore[union-attr]


@pytest.mark.parametrize("has_script", [True, False])
def test_a_file_above_the_limit_of_other_forms_is_taken(
    visitor_of: Callable[..., Visitor], alice: User, has_script: bool
) -> None:
    content = encode(Pillow.effect_noise((2200, 1600), 100))
    assert len(content) > 2 * BODY_MAX_BYTES
    page = visitor_of(alice, java_script_enabled=has_script).go(PATH)
    page.get_by_label("Prompt").fill("more fog")
    page.locator("#source-files").set_input_files(as_file(content))
    if not has_script:
        page.get_by_role("button", name="Add images").click()
    expect(sources(page)).to_have_count(1, timeout=TIMEOUT_MILLISECONDS)
    assert Upload.objects.get().width == 2200
    expect(page.get_by_label("What to change")).to_have_value("more fog")


def test_files_for_an_open_dialog_are_not_added(alices: Visitor, alice: User) -> None:
    page = alices.go(f"{PATH}?source={uploaded(alice, 'red')}")
    page.get_by_role("button", name="Paint a mask").click()
    expect(page.locator(".mask-canvas")).to_be_focused()
    send(page, "paste", ("blue.png", png(colour="blue")))
    send(page, "drop", ("blue.png", png(colour="blue")))
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Escape")
    page.get_by_label("Remove image 1").click()
    expect(sources(page)).to_have_count(0)
    assert (Upload.objects.count(), Image.objects.count()) == (1, 0)


def test_before_and_after_by_keyboard_mouse_and_touch(visitor_of: Callable[..., Visitor], alice: User) -> None:
    image = edited_image(alice, finished(alice, BY_NAME["dunes"]))
    visitor = visitor_of(alice, has_touch=True)
    page = visitor.go(f"/dashboard/images/{image.pk}/")
    slider = page.get_by_role("slider", name="Before and after")
    at = "document.querySelector('[data-comparison]').style.getPropertyValue('--at')"
    expect(slider).to_have_value("50")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_value("52")
    assert page.evaluate(at) == "52%"
    assert page.url.endswith(f"/{image.pk}/")
    box = slider.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.2, box["y"] + 40)
    assert abs(int(slider.input_value()) - 20) <= 4
    page.touchscreen.tap(box["x"] + box["width"] * 0.8, box["y"] + 40)
    expect(slider).not_to_have_value("20")
    assert abs(int(slider.input_value()) - 80) <= 4
    check_page(page)


def test_without_a_script_both_pictures_are_side_by_side(visitor_of: Callable[..., Visitor], alice: User) -> None:
    image = edited_image(alice, finished(alice, BY_NAME["dunes"]))
    page = visitor_of(alice, java_script_enabled=False).go(f"/dashboard/images/{image.pk}/")
    expect(page.get_by_role("slider")).to_have_count(0)
    before, after = (page.locator(f".comparison-{name}").bounding_box() for name in ("before", "after"))
    assert before is not None
    assert after is not None
    assert before["x"] + before["width"] <= after["x"]


def test_a_full_list_of_sources_fits(alices: Visitor, alice: User) -> None:
    chosen = [uploaded(alice, colour) for colour in ("red", "green", "blue", "gray", "pink")]
    page = alices.go(f"{PATH}?{'&'.join(f'source={each}' for each in chosen)}")
    expect(sources(page)).to_have_count(5)
    page.get_by_text("Use a mask file").click()
    for width in (320, 390, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == width
    check_page(page)
