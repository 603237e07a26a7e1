"""The page of an upload link in a browser: file picker, drag-and-drop, paste, without script."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from accounts.models import User
from images.models import Upload
from images.uploads import tickets, uploads
from tests.browser.visitor import Visitor, check_page
from tests.factories import caller_of
from tests.images.upload_files import png

# Sends a drop or paste event with a file, as the browser does.
SEND_FILE: Final = """([type, field, data]) => {
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    transfer.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
    const Event = type === "paste" ? ClipboardEvent : DragEvent;
    document.body.dispatchEvent(new Event(type, { [field]: transfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def path(transactional_db: None, alice: User) -> str:
    """The path of a new link."""
    return "/u/" + tickets.url(uploads.create_ticket(caller_of(alice))).rpartition("/")[2]


def test_a_dropped_or_pasted_file_is_uploaded(anonymous: Visitor, alice: User) -> None:
    for event, field in (("drop", "dataTransfer"), ("paste", "clipboardData")):
        link = tickets.url(uploads.create_ticket(caller_of(alice)))
        page = anonymous.go("/u/" + link.rpartition("/")[2])
        expect(page.get_by_text("drop it here or paste it")).to_be_visible()
        page.evaluate(SEND_FILE, [event, field, base64.b64encode(png()).decode()])
        button = page.get_by_role("button", name="Upload")
        expect(button).to_be_focused()
        button.click()
        expect(page.get_by_role("heading", name="Picture uploaded")).to_be_visible()
    check_page(page)
    assert Upload.objects.exclude(sha256="").count() == 2


def test_a_file_that_is_too_large_is_not_sent(anonymous: Visitor, path: str, tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(bytes(20 * 1024 * 1024 + 1))
    page = anonymous.go(path)
    check_page(page)
    page.get_by_label("Choose a picture").set_input_files(tmp_path / "large.png")
    expect(page.get_by_text("This file is larger than 20 MB.")).to_be_visible()
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="Upload a picture")).to_be_visible()
    check_page(page)


def test_the_form_works_without_javascript(visitor_of: Callable[..., Visitor], path: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png())
    page = visitor_of(java_script_enabled=False).go(path)
    expect(page.get_by_text("drop it here")).to_be_hidden()
    page.get_by_label("Choose a picture").set_input_files(tmp_path / "a.png")
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="Picture uploaded")).to_be_visible()
    expect(page.get_by_text(str(Upload.objects.get().pk))).to_be_visible()
