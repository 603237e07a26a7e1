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


def _show_shortcuts(page: Page) -> None:
    page.locator("body").press("?")


def _choose_models(page: Page) -> None:
    page.get_by_label("Prompt").fill("Layered mountain ridges with a low sun and haze between them, quiet colours")
    for index in (1, 2, 4):
        page.locator("[name=model_id]:not(:disabled)").nth(index).check()


WALKS: Final = (
    Walk(
        "active",
        (
            Screen("gallery-selecting", "/dashboard/images/", _select_images),
            Screen("gallery-collect", action=_open_collections),
            Screen("gallery-delete", action=_ask_to_delete),
            Screen("gallery-shortcuts", "/dashboard/images/", _show_shortcuts),
            Screen("gallery-collection", "/dashboard/images/?collection={collection}&favourite=yes"),
            Screen("collections", "/dashboard/collections/"),
            Screen("collection-rename", "/dashboard/collections/{collection}/"),
            Screen("collection-delete", "/dashboard/collections/{collection}/delete/"),
            Screen("viewer", "/dashboard/images/{older}/view/"),
            Screen("viewer-two", "/dashboard/images/compare/?image={newest}&image={older}"),
            Screen("compare-form", "/dashboard/generate/compare/", _choose_models),
            Screen("compare-results", "/dashboard/generate/compare/?image={newest}&image={older}"),
        ),
    ),
)
