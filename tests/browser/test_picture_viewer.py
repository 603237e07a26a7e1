"""The full-screen viewer and two pictures side by side, by touch: pinch, pan, double tap and swipe."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import pytest
from django.utils import timezone
from playwright.sync_api import CDPSession, Locator, Page, expect

from accounts.models import User
from images.models import Image
from tests.browser.scenes import finished
from tests.browser.visitor import Visitor
from website.public.samples import SAMPLES

pytestmark = pytest.mark.django_db(transaction=True)

PATH: Final = "/dashboard/images/"
PHONE: Final[dict[str, Any]] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
STEPS: Final = 5

Point = tuple[float, float]


class Fingers:
    """Fingers on the screen, whose movements reach the page as real touch input."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)

    def drag(self, *paths: tuple[Point, Point]) -> None:
        """Put one finger on the start of each path, move them together to the ends, and lift them."""
        self._send("touchStart", [start for start, _ in paths])
        for step in range(1, STEPS + 1):
            self._send("touchMove", [_between(start, end, step / STEPS) for start, end in paths])
        self._send("touchEnd", [])

    def tap(self, point: Point, *, times: int = 1) -> None:
        # All at one moment: on a busy machine, the second tap would be too late for a double tap.
        now = time.time()
        for _ in range(times):
            self._send("touchStart", [point], timestamp=now)
            self._send("touchEnd", [], timestamp=now)

    def _send(self, kind: str, points: Sequence[Point], **options: float) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches, **options})


def _between(start: Point, end: Point, part: float) -> Point:
    return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])


def scale(page: Page) -> int:
    """Return the scale that the bar shows, in percent."""
    return int(page.locator("[data-scale]").inner_text().rstrip("%"))


def point_under(pane: Locator, point: Point) -> Point:
    """Return which part of the picture is at a point of the window, as fractions of the picture's box."""
    box = pane.locator("img").bounding_box()
    assert box
    return (point[0] - box["x"]) / box["width"], (point[1] - box["y"]) / box["height"]


def transform(pane: Locator) -> str:
    return str(pane.locator("img").evaluate("image => getComputedStyle(image).transform"))


def middle(pane: Locator) -> Point:
    box = pane.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def at(point: Point, x: float) -> Point:
    return point[0] + x, point[1]


@pytest.fixture
def viewer(visitor_of: Callable[..., Visitor], alice: User) -> Page:
    """Return the viewer of the newer one of two images on a phone."""
    older, newer = finished(alice, SAMPLES[1]), finished(alice, SAMPLES[2])
    Image.objects.filter(pk=older.pk).update(created_at=timezone.now() - timedelta(days=1))
    page = visitor_of(alice, **PHONE).go(f"{PATH}{newer.pk}/view/")
    expect(page.locator(".is-zoomable")).to_be_visible()
    return page


def test_a_pinch_zooms_about_the_middle_of_the_fingers_and_one_finger_moves(viewer: Page) -> None:
    pane, fingers, url = viewer.locator("[data-pane]"), Fingers(viewer), viewer.url
    held = point_under(pane, (150, 300))
    fingers.drag(((130, 300), (50, 300)), ((170, 300), (250, 300)))
    assert scale(viewer) == 500
    assert point_under(pane, (150, 300)) == pytest.approx(held, abs=0.001)
    fingers.drag(((150, 300), (60, 340)))
    assert point_under(pane, (60, 340)) == pytest.approx(held, abs=0.001)
    # Both fingers move on while they come closer.
    fingers.drag(((20, 300), (100, 360)), ((120, 300), (150, 360)))
    assert scale(viewer) == 250
    fingers.drag(((100, 300), (170, 300)), ((300, 300), (180, 300)))
    expect(viewer.locator(".is-zoomed")).to_have_count(0)
    assert viewer.url == url


def test_a_double_tap_zooms_in_at_the_finger_and_out_and_a_single_one_does_nothing(viewer: Page) -> None:
    pane, fingers = viewer.locator("[data-pane]"), Fingers(viewer)
    held = point_under(pane, (250, 400))
    fingers.tap((250, 400))
    fingers.tap((60, 200))
    assert scale(viewer) == 100
    for expected in (225, 100):
        fingers.tap((250, 400), times=2)
        expect(viewer.locator("[data-scale]")).to_have_text(f"{expected}%")
        assert expected == 100 or point_under(pane, (250, 400)) == pytest.approx(held, abs=0.001)


def test_a_swipe_leads_to_the_neighbours_unless_the_picture_is_zoomed(viewer: Page) -> None:
    fingers, newer = Fingers(viewer), viewer.url
    fingers.drag(((200, 300), (180, 500)))
    fingers.drag(((200, 300), (170, 300)))
    fingers.drag(((300, 400), (80, 420)))
    viewer.wait_for_url(lambda url: url != newer)
    # The script shows the buttons when the new viewer is complete.
    expect(viewer.locator(".viewer:not(:has([rel=next])) .viewer-zoom")).to_be_visible()
    fingers.drag(((150, 300), (50, 300)), ((170, 300), (270, 300)))
    expect(viewer.locator(".is-zoomed")).to_be_visible()
    fingers.drag(((80, 400), (300, 400)))
    viewer.locator("[data-zoom=fit]").tap()
    assert viewer.url != newer
    fingers.drag(((80, 400), (300, 400)))
    viewer.wait_for_url(newer)


def test_fingers_on_either_or_both_of_two_pictures_zoom_and_move_both(
    visitor_of: Callable[..., Visitor], alice: User
) -> None:
    ids = [finished(alice, SAMPLES[number]).pk for number in (1, 2)]
    page = visitor_of(alice, **PHONE).go(f"{PATH}compare/?image={ids[0]}&image={ids[1]}")
    expect(page.locator(".is-zoomable")).to_be_visible()
    first, second = page.locator("[data-pane]").all()
    fingers, (upper, lower) = Fingers(page), (middle(first), middle(second))
    held = point_under(first, upper)
    fingers.drag((at(upper, -20), at(upper, -60)), (at(upper, 20), at(upper, 60)))
    assert scale(page) == 300
    assert point_under(first, upper) == pytest.approx(held, abs=0.001)
    assert transform(first) == transform(second)
    fingers.drag((lower, at(lower, 40)))
    assert point_under(first, at(upper, 40)) == pytest.approx(held, abs=0.001)
    assert transform(first) == transform(second)
    # A finger on each picture.
    fingers.drag((upper, upper), (lower, (lower[0], (upper[1] + lower[1]) / 2)))
    assert scale(page) == 150
    assert transform(first) == transform(second)
