"""Live updates of open pages, over the WebSocket and by polling."""

import pytest
from playwright.sync_api import WebSocketRoute, expect

from accounts.models import User
from tests.browser.scenes import finished
from tests.browser.visitor import SIZES, Visitor
from tests.factories import queued_image
from tests.mcp_gateway.agent import Agent
from tests.worker_thread import WorkerThread
from website.public.samples import SAMPLES

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/dashboard/images/"
# Replaces WebSocket: the first socket opens and stays open until closeSocket() is called; later ones fail.
ONE_SOCKET = """
window.WebSocket = class extends EventTarget {
  constructor() {
    super();
    const isFirst = !window.closeSocket;
    const close = () => this.dispatchEvent(new CloseEvent("close", { code: 1006 }));
    window.closeSocket ??= close;
    setTimeout(() => (isFirst ? this.dispatchEvent(new Event("open")) : close()));
  }
};
"""
# The parts of the page's frame that the toasts cover.
COVERED = """
(() => {
  const toasts = document.getElementById("toasts").getBoundingClientRect();
  const isCovered = (part) => {
    const box = part.getBoundingClientRect();
    const isBeside = box.right <= toasts.left || box.left >= toasts.right;
    return box.width && !isBeside && box.top < toasts.bottom && box.bottom > toasts.top;
  };
  return [...document.querySelectorAll(".sidebar, .topbar, .tabs")].filter(isCovered).map((part) => part.className);
})()
"""


def test_an_agents_image_appears_in_an_open_gallery(
    alices: Visitor, alice: User, alices_key: str, worker: WorkerThread
) -> None:
    finished(alice, SAMPLES[2])
    page = alices.go(PATH + "?q=lake")
    expect(page.get_by_text("No matching images.")).to_be_visible()
    other = alices.open()
    other.goto(alices.url + PATH)
    for tab in (page, other):
        tab.wait_for_selector("body[data-live]")
    agent = Agent(alices.url, alices_key)
    agent.generate("a lake for an agent")
    agent.generate("a hill for an agent")
    expect(page.get_by_role("img", name="a lake for an agent")).to_be_visible()
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator("#count")).to_have_text("1 image")
    expect(page.locator("[data-balance]")).to_have_text("85 credits")
    expect(other.locator(".tile")).to_have_count(3)
    expect(other.locator(".tile img").first).to_have_attribute("alt", "a hill for an agent")


def test_polling_replaces_a_lost_socket(alices: Visitor, alice: User) -> None:
    alices.page.add_init_script(ONE_SOCKET)
    page = alices.go(PATH)
    page.wait_for_selector("body[data-live]")
    expect(page.get_by_text("Reconnecting")).to_be_hidden()
    page.evaluate("closeSocket()")
    expect(page.get_by_text("Reconnecting")).to_be_visible()
    queued_image(alice)
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator("[data-balance]")).to_have_text("95 credits")


def test_changes_before_the_socket_opens_are_not_missed(alices: Visitor, alice: User) -> None:
    def change_before_opening(_socket: WebSocketRoute) -> None:
        queued_image(alice)

    alices.page.route_web_socket("**/ws/live", change_before_opening)
    page = alices.go(PATH)
    page.wait_for_selector("body[data-live]")
    expect(page.locator(".tile")).to_have_count(1)


def test_other_pages_show_a_toast_for_a_finished_image(alices: Visitor, alice: User) -> None:
    page = alices.go("/dashboard/settings/")
    page.wait_for_selector("body[data-live]")
    image = finished(alice, SAMPLES[2])
    for size in SIZES.values():
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.locator(".toast").hover()
        assert page.evaluate(COVERED) == []
    page.locator("#toasts").get_by_role("link", name="Open").click()
    page.wait_for_url(f"{alices.url}{PATH}{image.pk}/")
