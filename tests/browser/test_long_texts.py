"""Pages with texts that are hard to lay out, in a browser: very long words and prompts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts import api_keys
from accounts.models import User
from images import generation
from images.failures import ModerationRejected
from images.models import AuditRun, Image
from images.schemas import GenerationArguments
from images.worker import attempts
from tests.browser.visitor import Visitor
from tests.factories import MODEL, caller_of, create_user, finished_image, paid_purchase, queued_image
from tests.staff.conftest import staff_member
from tests.staff.test_pages import LISTS

pytestmark = pytest.mark.django_db(transaction=True)

LONG_WORD = "W" * 200


def excess_width(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def test_a_long_word_fits_into_every_page_of_a_phone(alices: Visitor, alice: User) -> None:
    key, _ = api_keys.create(alice, name="K" * 80)
    arguments = {"prompt": LONG_WORD, "modelId": MODEL, "style": LONG_WORD}
    queued = generation.request(caller_of(alice, key), GenerationArguments.model_validate(arguments)).image
    image = finished_image(alice)
    Image.objects.filter(pk=image.pk).update(prompt=LONG_WORD, style=LONG_WORD, api_key=key)
    alices.page.set_viewport_size({"width": 390, "height": 844})
    paths = [
        f"images/{image.pk}/",
        f"images/{image.pk}/delete/",
        f"images/{image.pk}/link",
        f"images/{queued.pk}/",
        f"images/?q={LONG_WORD}",
        f"generate/?image={image.pk}",
        f"generate/?like={image.pk}",
        f"keys/{key.pk}/",
        f"keys/{key.pk}/revoke/",
        *("", "images/", "keys/", "keys/new/", "usage/", "billing/", "settings/", "settings/delete/"),
    ]
    widths = {path: excess_width(alices.go(f"/dashboard/{path}")) for path in paths}
    assert {path: width for path, width in widths.items() if width} == {}
    page = alices.go(f"/dashboard/images/{image.pk}/")
    expect(page.get_by_text("Show more")).to_have_count(0)
    page.get_by_role("link", name="Delete image").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert (
        page.evaluate("(dialog => dialog.scrollWidth - dialog.clientWidth)(document.querySelector('dialog[open]'))")
        == 0
    )


def test_every_staff_form_fits_into_a_phone(visitor_of: Callable[..., Visitor]) -> None:
    user = create_user(f"{'w' * 64}@{'w' * 60}.example.com", credits=1_000_000)
    key, _ = api_keys.create(user, name="K" * 80)
    image, failed, queued = finished_image(user), queued_image(user), queued_image(user)
    attempts.end(failed.pk, ModerationRejected.with_advice(LONG_WORD))
    Image.objects.update(prompt=LONG_WORD, style=LONG_WORD, api_key=key, api_key_name=key.name)
    purchase = paid_purchase(user)
    run = AuditRun.objects.create(
        started_at=user.date_joined, finished_at=user.date_joined, breach_count=1, breaches=[LONG_WORD]
    )
    visitor = visitor_of(staff_member("superuser"), viewport={"width": 390, "height": 844})
    model = "images/cataloguemodel/openai_3Agpt-image-2"
    forms = [
        *(f"accounts/user/{user.pk}/{action}/" for action in ("grant", "adjust", "suspend")),
        *(f"images/image/{pk}/{action}/" for pk, action in ((image.pk, "refund"), (failed.pk, "retry"))),
        f"images/image/{queued.pk}/end/",
        f"accounts/apikey/{key.pk}/revoke/",
        f"billing/purchase/{purchase.pk}/compare/",
        f"{model}/switch/",
        f"images/auditrun/{run.pk}/acknowledge/",
        "images/auditrun/run/",
    ]
    pages = [f"{form.rpartition('/')[0].rpartition('/')[0]}/change/" for form in forms[:-1]]
    pages += ["billing/pack/add/", f"accounts/user/{user.pk}/history/", *(f"{page}/" for page in LISTS)]
    widths = {}
    for path in [*dict.fromkeys(pages), *forms]:
        page = visitor.go(f"/admin/{path}")
        widths[path] = excess_width(page)
        if path in forms:
            if page.get_by_label("Credits to").count():
                page.get_by_label("Credits to").fill("1000000")
            page.get_by_label("Reason").fill(LONG_WORD)
            with page.expect_navigation():
                page.locator(".staff-buttons button").click()
            widths[f"{path} review"] = excess_width(page)
    assert {path: width for path, width in widths.items() if width} == {}


def test_a_long_prompt_is_collapsed_in_the_details_of_its_image(alices: Visitor, alice: User) -> None:
    image = finished_image(alice, "a very quiet lake at dawn, " * 200)
    page = alices.go(f"/dashboard/images/{image.pk}/")
    prompt = page.locator(".detail-prompt")
    collapsed = prompt.bounding_box()
    assert collapsed
    assert collapsed["height"] < 200
    page.get_by_text("Show more").click()
    expect(page.get_by_text("Show less")).to_be_visible()
    whole = prompt.bounding_box()
    assert whole
    assert whole["height"] > 1000


def test_a_prompt_from_right_to_left_keeps_its_direction(alices: Visitor, alice: User) -> None:
    image = finished_image(alice, "بحيرة هادئة عند الفجر.")
    shown = {"images/": ".tile-text", "": ".picture-prompt", f"images/{image.pk}/": ".detail-prompt"}
    for path, selector in {**shown, f"generate/?image={image.pk}": "#prompt, .result-prompt"}.items():
        for element in alices.go(f"/dashboard/{path}").locator(selector).all():
            assert element.evaluate("element => getComputedStyle(element).direction") == "rtl", path


def test_a_low_window_scrolls_the_whole_composer(alices: Visitor) -> None:
    # A window of 1440 x 900 at 200% zoom.
    alices.page.set_viewport_size({"width": 720, "height": 450})
    page = alices.go("/dashboard/generate/")
    assert page.locator(".composer-foot").evaluate("element => getComputedStyle(element).position") == "static"
