"""Screens of the viewer, in the chat of a host."""

import functools
from collections.abc import Callable
from typing import Any, Final

from playwright.sync_api import Page

from accounts import api_keys
from accounts.models import User
from images.models import Image
from tests.browser.mcp_host import CAPABILITIES, Host, style_variables
from tests.browser.screenshots.walks import Screen, Walk
from tests.mcp_gateway.agent import MODEL, Agent

EDIT, GET, LIST = "getimages_edit_image", "getimages_get_image", "getimages_list_images"
LONG_PROMPT: Final = (
    "Layered mountain ridges at dawn, first light. In the foreground a wooden hut with a lit window, behind it pines "
    "in fog, further back seven ridges, each a little lighter and bluer than the one before. Above them a pale sky "
    "without clouds. Long lens, muted colours, fine grain, no people, no text, wide margins on all sides. The hut is "
    "in the lower third, a little left of the centre."
)
HOST_COLOURS: Final = {
    "color_background_primary": "light-dark(#ffffff, #30302e)",
    "color_background_secondary": "light-dark(#f5f4ed, #262624)",
    "color_text_primary": "light-dark(#141413, #faf9f5)",
    "color_text_secondary": "light-dark(#3d3d3a, #c2c0b6)",
    "color_border_primary": "light-dark(#1f1e1d40, #dedcd140)",
    "font_sans": "Georgia, serif",
}


@functools.cache
def _host(page: Page) -> Host:
    url = page.url.rstrip("/")
    return Host(page, url, lambda name, **arguments: _agent(url, "zoe@example.com").call(name, **arguments))


@functools.cache
def _agent(url: str, email: str) -> Agent:
    return Agent(url, api_keys.create(User.objects.get(email=email), name="Chat")[1])


def _result(host: Host, prompt: str, email: str = "zoe@example.com") -> dict[str, Any]:
    """Return the result of the call that made an image."""
    image = Image.objects.filter(user__email=email, prompt=prompt).latest("created_at")
    result = _agent(host.url, email).call(GET, id=str(image.pk))
    fields, url = result["structuredContent"]["image"], result["structuredContent"]["imageUrl"]
    credits = {"charged": fields["creditCost"], "remaining": 212}
    return {**result, "structuredContent": {**fields, "imageUrl": url, "credits": credits}}


def _show(prompt: str, *, email: str = "zoe@example.com", **fields: Any) -> Callable[[Page], None]:
    """Return an action that shows an image, with other fields of the host or of its context."""

    def show(page: Page) -> None:
        host = _host(page)
        host.capabilities = fields.get("capabilities", CAPABILITIES)
        host.open(**fields.get("context", {}))
        host.show(_result(host, prompt, email))
        host.frame.locator("#picture[src], #failure:not([hidden])").first.wait_for()

    return show


def _open_edit(page: Page) -> None:
    _show("Fog between the dunes")(page)
    frame = _host(page).frame
    frame.get_by_role("button", name="Edit").click()
    frame.get_by_label("What to change").fill("Add a small caravan on the far ridge")
    frame.get_by_text("Will use").wait_for()


def _send_edit(page: Page) -> None:
    host = _host(page)
    host.held.add(GET)
    host.frame.get_by_role("button", name="Edit for").click()
    host.frame.get_by_text("Queued").wait_for()


def _copy_link(page: Page) -> None:
    _show("Fog between the dunes")(page)
    host = _host(page)
    host.release()
    host.frame.get_by_role("button", name="Copy link").click()
    host.frame.get_by_label("Link to the picture").wait_for()


def _generate(page: Page) -> None:
    host = _host(page)
    host.open()
    host.send("tool-input", {"arguments": {"prompt": LONG_PROMPT, "aspectRatio": "16:9"}})
    host.frame.get_by_role("button", name="Show all").wait_for()


def _show_error(page: Page) -> None:
    host = _host(page)
    host.open()
    arguments = {"prompt": "Snow on the ridges", "modelId": MODEL, "maxCredits": 1}
    host.show(host.call_tool("getimages_generate_image", **arguments), **arguments)


def _show_expired(page: Page) -> None:
    host = _host(page)
    host.capabilities = {}
    host.open()
    result = _result(host, "Fog between the dunes")
    result["structuredContent"]["imageUrl"] = f"{host.url}/i/expired"
    host.show(result)
    host.frame.get_by_text("has expired").wait_for()


def _list(**arguments: Any) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        host = _host(page)
        host.capabilities = CAPABILITIES
        host.open(toolInfo={"tool": {"name": LIST, "inputSchema": {"type": "object"}}})
        host.show(_agent(host.url, "mara@example.com").call(LIST, **arguments), **arguments)
        host.frame.locator("#range:not(:empty)").wait_for()

    return show


WALKS: Final = (
    Walk(
        "",
        (
            Screen("viewer-image", "/", _show("Fog between the dunes")),
            Screen("viewer-edit", action=_open_edit),
            Screen("viewer-editing", action=_send_edit),
            Screen("viewer-link", action=_copy_link),
            Screen(
                "viewer-tall", action=_show("Blue alpine peaks in winter, fading into cloud", email="ravi@example.com")
            ),
            Screen(
                "viewer-host-colours",
                action=_show(
                    "Fog between the dunes", context={"styles": {"variables": style_variables(**HOST_COLOURS)}}
                ),
            ),
            Screen("viewer-without-capabilities", action=_show("Fog between the dunes", capabilities={})),
            Screen("viewer-generating", action=_generate),
            Screen("viewer-failed", action=_show("Dunes of gold")),
            Screen("viewer-error", action=_show_error),
            Screen("viewer-expired", action=_show_expired, status=404),
            Screen("viewer-list", action=_list(status="all")),
            Screen("viewer-list-empty", action=_list(status="queued")),
        ),
    ),
)
