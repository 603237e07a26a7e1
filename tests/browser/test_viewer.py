"""The viewer in a chat: a page in a frame that shows images, edits them and shares them through its host."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import Browser, FrameLocator, expect

from accounts.models import ApiKey, User
from images.failures import ModerationRejected
from images.models import CatalogueModel, Image
from images.worker import attempts
from tests.browser.mcp_host import CAPABILITIES, Host, style_variables
from tests.browser.visitor import NARROWEST, SCHEMES, TIMEOUT_MILLISECONDS
from tests.factories import balance, complete, finished_image, queued_image, set_price
from tests.mcp_gateway.agent import Agent
from tests.web_server import Server

pytestmark = [pytest.mark.needs_node, pytest.mark.django_db(transaction=True)]

# Markup, to be shown as text.
PROMPT: Final = 'A quiet lake <img src=x onerror="alert(1)"> at dawn'
GENERATE, GET, EDIT = "getimages_generate_image", "getimages_get_image", "getimages_edit_image"
LIST, MODELS = "getimages_list_images", "getimages_list_models"
# Expired and invalid links get the same response.
EXPIRED: Final = "/i/expired"
WIDTHS: Final = (NARROWEST, 480, 800)


@pytest.fixture
def host(browser: Browser, server: Server, alices_key: str, settings: Any) -> Iterator[Host]:
    """A chat whose tools are those of the running server, with Alice's key."""
    settings.SITE_URL = server.url
    context = browser.new_context(viewport={"width": 800, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MILLISECONDS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(dialog.message))
    host = Host(page, server.url, Agent(server.url, alices_key).call)
    yield host
    context.close()
    assert not errors
    assert not host.failures


def shown(host: Host, result: dict[str, Any], **context: Any) -> FrameLocator:
    """Show the result of a call that generated an image."""
    frame = host.open(**context)
    host.show(result, prompt=PROMPT)
    return frame


def result_of(host: Host, image: Image) -> dict[str, Any]:
    """Return the result that the generating call had, without the block of the picture."""
    result = host.call_tool(GET, id=str(image.pk))
    content = {**result["structuredContent"]["image"], "imageUrl": result["structuredContent"]["imageUrl"]}
    credits = {"charged": content.pop("creditCost"), "remaining": 95}
    del content["prompt"], content["error"]
    return {**result, "structuredContent": {**content, "credits": credits}}


def expired(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result whose link has expired."""
    content = result["structuredContent"]
    parts = urlsplit(content["imageUrl"])
    return {**result, "structuredContent": {**content, "imageUrl": f"{parts.scheme}://{parts.netloc}{EXPIRED}"}}


def button(frame: FrameLocator, name: str) -> Any:
    return frame.get_by_role("button", name=name, exact=True)


def expect_picture(frame: FrameLocator) -> None:
    picture = frame.locator("#picture")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("complete", True)
    expect(picture).to_have_js_property("naturalWidth", 900)


def check(host: Host) -> None:
    """Check that the viewer is accessible in both themes and fits every width."""
    for theme in SCHEMES:
        host.send("host-context-changed", {"theme": theme})
        expect(host.frame.locator("html")).to_have_css("color-scheme", theme)
        assert host.violations() == []
    for width in WIDTHS:
        host.page.set_viewport_size({"width": width, "height": 900})
        widths = host.content.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert widths[0] <= widths[1], width


def test_an_image_is_edited_in_the_chat(host: Host, alice: User) -> None:
    image = finished_image(alice, PROMPT)
    frame = shown(host, result_of(host, image))
    expect(frame.get_by_role("heading", name=PROMPT)).to_be_visible()
    expect_picture(frame)
    expect(frame.locator("#facts")).to_have_text("gpt-image-2 · 900\N{MULTIPLICATION SIGN}900")
    expect(frame.locator("#charge")).to_have_text("5 credits, 95 left")

    # By keyboard: Escape closes the form, Enter sends it.
    button(frame, "Edit").press("Enter")
    field = frame.get_by_label("What to change")
    expect(field).to_be_focused()
    field.press("Escape")
    expect(button(frame, "Edit")).to_be_focused()
    button(frame, "Edit").press("Enter")
    expect(frame.get_by_text("Will use 5 of 95 credits")).to_be_visible()
    expect(button(frame, "Edit for 5 credits")).to_be_disabled()
    field.fill("Make it night")
    check(host)
    host.held.add(GET)
    field.press("Enter")
    expect(frame.get_by_text("Queued")).to_be_visible()
    call = host.sent(EDIT)[-1]
    assert (call["sources"], call["maxCredits"], call["prompt"]) == ([str(image.pk)], 5, "Make it night")
    expect(frame.get_by_role("heading", name="Make it night")).to_be_focused()

    edit = Image.objects.exclude(pk=image.pk).get()
    host.wait_for(GET)
    attempt = attempts.claim(edit.pk)
    assert attempt is not None
    host.release(hold={GET})
    expect(frame.get_by_text("Generating")).to_be_visible()
    check(host)
    host.wait_for(GET, count=2)
    complete(edit, attempt)
    host.release()
    expect(frame.get_by_text("The edited image is ready.")).to_be_visible()
    expect_picture(frame)
    text = host.wait_for("ui/update-model-context")["content"][0]["text"]
    assert str(image.pk) in text
    assert str(edit.pk) in text
    assert balance(alice) == 90

    button(frame, "Back to the original").click()
    expect(frame.get_by_role("heading", name=PROMPT)).to_be_focused()
    expect(button(frame, "Back to the original")).to_be_hidden()


def test_an_image_is_shared_through_the_host(host: Host, alice: User) -> None:
    image = finished_image(alice, PROMPT)
    frame = shown(host, result_of(host, image))
    expect_picture(frame)

    button(frame, "Variation").click()
    expect(frame.get_by_text("Sent to the chat.")).to_be_visible()
    (message,) = host.sent("ui/message")
    assert str(image.pk) in message["content"][0]["text"]

    button(frame, "Download").click()
    (file,) = host.wait_for("ui/download-file")["contents"]
    assert file["name"] == f"get-images-{str(image.pk)[:8]}.png"
    assert httpx2.get(file["uri"]).headers["content-type"] == "image/png"

    button(frame, "Open in dashboard").click()
    assert host.wait_for("ui/open-link") == {"url": f"{host.url}/dashboard/images/{image.pk}/"}
    host.refused.add("ui/open-link")
    button(frame, "Open in dashboard").click()
    expect(frame.get_by_text("The app that shows this chat did not allow it.")).to_be_visible()

    # Without permission for the clipboard, the link is shown.
    button(frame, "Copy link").click()
    field = frame.get_by_label("Link to the picture")
    expect(field).to_be_focused()
    assert httpx2.get(field.input_value()).status_code == 200
    check(host)
    host.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=host.url)
    frame = shown(host, result_of(host, image), clipboard=True)
    button(frame, "Copy link").click()
    expect(frame.get_by_text("Link copied. It works for 15 minutes.")).to_be_visible()
    assert host.page.evaluate("navigator.clipboard.readText()").startswith(f"{host.url}/i/{image.pk}")


def test_a_button_is_left_out_if_the_host_does_not_support_it(host: Host, alice: User) -> None:
    result = result_of(host, finished_image(alice))
    names = {"Edit", "Variation", "Download", "Copy link", "Open in dashboard"}
    cases: dict[str, tuple[dict[str, Any], set[str]]] = {
        "all": ({**CAPABILITIES, "message": {}}, set()),
        "no tools": (without("serverTools"), {"Edit"}),
        "only pictures in messages": ({**CAPABILITIES, "message": {"image": {}}}, {"Variation"}),
        "neither messages nor links": (without("message", "openLinks"), {"Variation", "Open in dashboard"}),
        "neither downloads nor links": (without("downloadFile", "openLinks"), {"Download", "Open in dashboard"}),
        "nothing": ({}, names - {"Copy link"}),
        # The picture opens in another window.
        "no downloads": (without("downloadFile"), set()),
    }
    for name, (capabilities, missing) in cases.items():
        host.capabilities = capabilities
        frame = shown(host, result)
        expect_picture(frame)
        visible = frame.locator("#actions button:visible")
        labels = {button.get_attribute("aria-label") or button.inner_text() for button in visible.all()}
        assert labels == names - missing, name
    button(frame, "Download").click()
    assert httpx2.get(host.wait_for("ui/open-link")["url"]).headers["content-type"] == "image/png"


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in CAPABILITIES.items() if name not in names}


def test_an_expired_link_is_renewed_once(host: Host, alice: User) -> None:
    image = finished_image(alice, PROMPT)
    result = result_of(host, image)
    frame = shown(host, expired(result))
    expect_picture(frame)
    assert len(host.sent(GET)) == 1

    # Without calls of tools, the picture in the result is shown, and without that a message.
    host.capabilities = without("serverTools")
    with_block = host.call_tool(GET, id=str(image.pk), includeBytes=True)
    frame = shown(host, expired(with_block))
    expect_picture(frame)
    frame = shown(host, expired(result))
    expect(frame.get_by_text("The link to this picture has expired")).to_be_visible()
    check(host)

    # The renewed link fails, too: there is no third attempt.
    host.capabilities = CAPABILITIES
    real, host.call_tool = host.call_tool, lambda *names, **arguments: expired(real(*names, **arguments))
    frame = shown(host, expired(result))
    expect(frame.get_by_text("The link to this picture has expired")).to_be_visible()
    assert len(host.sent(GET)) == 1


def test_a_list_is_a_grid(host: Host, alice: User) -> None:
    images = [finished_image(alice, f"Lake {number} <b>") for number in range(4)]
    queued_image(alice, "Not yet")
    host.capabilities = dict(CAPABILITIES)
    tool: dict[str, Any] = {"toolInfo": {"tool": {"name": LIST, "inputSchema": {"type": "object"}}}}
    frame = host.open(**tool)
    arguments = {"status": "all", "limit": 3}
    host.show(host.call_tool(LIST, **arguments), **arguments)
    expect(frame.get_by_text("1 to 3 of 5, newest first")).to_be_visible()
    expect(frame.locator("#tiles img")).to_have_count(2)
    check(host)
    button(frame, "Show more").click()
    expect(frame.get_by_text("1 to 5 of 5, newest first")).to_be_visible()
    expect(button(frame, "Show more")).to_be_hidden()
    tile = frame.get_by_role("button", name="Lake 1 <b>")
    expect(tile).to_be_focused()
    expect(tile.locator("img")).to_have_js_property("naturalWidth", 512)

    tile.press("Enter")
    expect(frame.get_by_role("heading", name="Lake 1 <b>")).to_be_focused()
    expect_picture(frame)
    button(frame, "Back to the list").press("Enter")
    expect(frame.get_by_role("heading", name="Images")).to_be_focused()

    # The thumbnails of an old chat are loaded again with one call.
    stale = host.call_tool(LIST)
    stale["_meta"] = {"getimages/thumbnails": {str(image.pk): f"{host.url}{EXPIRED}" for image in images}}
    frame = host.open(**tool)
    host.show(stale)
    for thumbnail in frame.locator("#tiles img").all():
        expect(thumbnail).to_have_js_property("naturalWidth", 512)
    assert len(host.sent(LIST)) == 1


def test_a_failure_shows_the_reason_and_the_refund(host: Host, alice: User) -> None:
    image = queued_image(alice, PROMPT)
    frame = host.open()
    host.send("tool-input", {"arguments": {"prompt": PROMPT, "aspectRatio": "16:9"}})
    expect(frame.get_by_text("Generating")).to_be_visible()
    expect(frame.get_by_role("heading", name=PROMPT)).to_be_visible()
    host.held.add(GET)
    host.send("tool-result", host.call_tool(GET, id=str(image.pk)))
    expect(frame.get_by_text("Queued")).to_be_visible()
    attempt = attempts.claim(image.pk)
    assert attempt is not None
    attempts.fail(attempt, ModerationRejected.with_advice("The safety system rejected the prompt."))
    host.wait_for(GET)
    host.release()
    expect(frame.get_by_text("The provider rejected this prompt")).to_be_visible()
    expect(frame.get_by_text("The safety system rejected the prompt. Rephrase")).to_be_visible()
    expect(frame.get_by_text("5 credits refunded")).to_be_visible()
    check(host)

    frame = host.open()
    host.show(host.call_tool(GENERATE, prompt="a lake", modelId="unknown"), prompt="a lake")
    expect(frame.get_by_text("Unknown model.")).to_be_visible()
    host.send("tool-cancelled", {"reason": "user action"})
    expect(frame.get_by_text("The call was stopped")).to_be_visible()


def test_the_viewer_answers_the_host_and_follows_its_look(host: Host) -> None:
    frame = host.open(theme="dark", locale="de")
    expect(frame.locator("html")).to_have_css("color-scheme", "dark")
    assert host.request("ping")["result"] == {}
    assert host.request("tools/list")["error"]["code"] == -32601

    # The host's colours only as a whole: a text colour on a background of ours might be unreadable.
    card = frame.locator("main")
    own = card.evaluate("card => getComputedStyle(card).backgroundColor")
    colours = {
        "color_background_primary": "rgb(1, 2, 3)",
        "color_background_secondary": "rgb(4, 5, 6)",
        "color_text_primary": "rgb(250, 250, 250)",
        "color_text_secondary": "rgb(200, 200, 200)",
        "font_sans": "serif",
    }
    host.send("host-context-changed", {"styles": {"variables": style_variables(**colours)}})
    expect(frame.locator("body")).to_have_css("font-family", "serif")
    expect(card).to_have_css("background-color", own)
    colours["color_border_primary"] = "rgb(90, 90, 90)"
    host.send("host-context-changed", {"styles": {"variables": style_variables(**colours)}})
    expect(card).to_have_css("background-color", "rgb(1, 2, 3)")
    assert host.request("ui/resource-teardown")["result"] == {}


def test_an_edit_is_charged_once_and_only_at_the_price_shown(host: Host, alice: User) -> None:
    image = finished_image(alice, PROMPT)
    frame = shown(host, result_of(host, image))
    button(frame, "Edit").click()
    expect(frame.get_by_text("Will use 5 of 95 credits")).to_be_visible()
    field = frame.get_by_label("What to change")
    field.fill("Make it night")

    set_price(image.model_id, 9)
    field.press("Enter")
    expect(frame.get_by_text("This image costs 9 credits")).to_be_visible()
    assert balance(alice) == 95

    # The button with the price is the user's confirmation.
    ApiKey.objects.update(confirm_above=1)
    # The host loses the answer to a call that was charged.
    set_price(image.model_id, 5)
    host.lost.add(EDIT)
    field.press("Enter")
    expect(frame.get_by_text("Request timed out")).to_be_visible()
    assert balance(alice) == 90
    host.lost.clear()
    field.press("Enter")
    expect(frame.get_by_role("heading", name="Make it night")).to_be_visible()
    assert balance(alice) == 90
    _, *keys = (call["idempotencyKey"] for call in host.sent(EDIT))
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_the_form_says_what_an_edit_costs_and_why_none_is_possible(host: Host, alice: User, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test"
    image = finished_image(alice)
    frame = shown(host, result_of(host, image))
    host.lost.add(MODELS)
    button(frame, "Edit").click()
    expect(frame.get_by_text("The price could not be loaded. Request timed out")).to_be_visible()
    host.lost.clear()
    button(frame, "Cancel").click()

    CatalogueModel.objects.filter(model_id=image.model_id).update(max_sources=0)
    set_price("google:gemini-2.5-flash-image", 2)
    button(frame, "Edit").click()
    expect(frame.get_by_text("Will use 2 of 95 credits with gemini-2.5-flash-image")).to_be_visible()
    button(frame, "Cancel").click()

    for model in CatalogueModel.objects.all():
        set_price(model.model_id, 500)
    button(frame, "Edit").click()
    expect(frame.get_by_text("Costs 500; you have 95 credits.")).to_be_visible()
    frame.get_by_label("What to change").fill("Make it night")
    expect(button(frame, "Edit for 500 credits")).to_be_disabled()
    button(frame, "Add credits").click()
    assert host.wait_for("ui/open-link") == {"url": f"{host.url}/dashboard/billing/"}
    check(host)
    button(frame, "Cancel").click()

    CatalogueModel.objects.update(max_sources=0)
    button(frame, "Edit").click()
    expect(frame.get_by_text("No model can edit images right now.")).to_be_visible()
    assert host.sent(EDIT) == []
