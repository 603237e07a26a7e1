"""Screens of the gallery with a selection, of collections, of the viewer, and of the comparison of models."""

from typing import Final

from playwright.sync_api import Page

from tests.browser.screenshots.walks import Screen, Walk


def _select_images(page: Page) -> None:
    page.get_by_role("link", name="Select", exact=True).click()
    for index in (0, 3, 4):
        page.locator(".tile-tick").nth(index).click()


def _open_collections(page: Page) -> None:
    page.get_by_text("Add to collection").click()


def _ask_to_delete(page: Page) -> None:
    page.locator("[data-action=delete]").click()


def _announce_download(page: Page) -> None:
    with page.expect_download():
        page.get_by_role("button", name="Download ZIP").click()
    page.locator(".toast").hover()


def _select_and_delete(page: Page) -> None:
    _select_images(page)
    _ask_to_delete(page)
    page.locator("[data-confirm-delete]").click()
    page.locator(".toast").hover()


def _zoom(page: Page) -> None:
    page.wait_for_selector(".is-zoomable")
    for _ in range(3):
        page.keyboard.press("+")


def _show_shortcuts(page: Page) -> None:
    page.locator("body").press("?")


def _choose_models(page: Page) -> None:
    page.get_by_label("Prompt").fill("Layered mountain ridges with a low sun and haze between them, quiet colours")
    for index in (1, 2, 4):
        page.locator("[name=model_id]:not(:disabled)").nth(index).check()


def _choose_unfit_option(page: Page) -> None:
    page.get_by_label("Quality").select_option("High")
    page.get_by_text("Deselect it or change the option.").wait_for()


def _submit(page: Page) -> None:
    page.locator("#compare-button").click()
    page.get_by_role("alert").wait_for()


WALKS: Final = (
    Walk(
        "active",
        (
            Screen("gallery-selecting", "/dashboard/images/", _select_images),
            Screen("gallery-collect", action=_open_collections),
            Screen("gallery-download", action=_announce_download),
            Screen("gallery-delete", action=_ask_to_delete),
            Screen("gallery-shortcuts", "/dashboard/images/", _show_shortcuts),
            Screen("gallery-collection", "/dashboard/images/?collection={collection}&favourite=yes"),
            Screen("gallery-collection-empty", "/dashboard/images/?collection={empty_collection}"),
            Screen("collections", "/dashboard/collections/"),
            Screen("collection-rename", "/dashboard/collections/{collection}/"),
            Screen("collection-delete", "/dashboard/collections/{collection}/delete/"),
            Screen("viewer", "/dashboard/images/{older}/view/"),
            Screen("viewer-zoomed", "/dashboard/images/{older}/view/", _zoom),
            Screen("viewer-two", "/dashboard/images/compare/?image={newest}&image={older}"),
            Screen("compare-form", "/dashboard/generate/compare/", _choose_models),
            Screen("compare-unfit", action=_choose_unfit_option),
            Screen("compare-mistake", action=_submit, status=422),
            Screen("compare-results", "/dashboard/generate/compare/?image={newest}&image={older}"),
        ),
    ),
    Walk("eraser", (Screen("gallery-undo", "/dashboard/images/", _select_and_delete),)),
    Walk("waiting", (Screen("compare-waiting", "/dashboard/generate/compare/?image={running}&image={queued}"),)),
    Walk(
        "painter",
        (Screen("compare-failed", "/dashboard/generate/compare/?image={wide}&image={rejected}&image={failed}"),),
    ),
)
