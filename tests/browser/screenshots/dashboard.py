"""Screens of the dashboard."""

from typing import Final

from playwright.sync_api import Page

from tests.browser.screenshots.walks import Screen, Walk

FAILURES: Final = ("rejected", "failed", "timed_out", "cancelled")


def _create_key(page: Page) -> None:
    page.get_by_role("link", name="Create key").first.click()
    page.get_by_label("Monthly cap").wait_for()


def _name_key(page: Page) -> None:
    page.get_by_label("Name").fill("Studio laptop")
    page.get_by_role("button", name="Create key").click()
    page.locator("[data-secret]").wait_for()


def _leave_secret(page: Page) -> None:
    page.keyboard.press("Escape")
    page.get_by_role("alert").wait_for()


def _revoke_key(page: Page) -> None:
    page.get_by_role("link", name="Revoke Laptop").click()
    page.get_by_role("button", name="Revoke key").wait_for()


def _submit_empty_prompt(page: Page) -> None:
    page.get_by_label("Prompt").fill("   ")
    page.get_by_role("button", name="Generate").click()
    page.get_by_text("Enter a prompt.").wait_for()


def _select_deep_thinking(page: Page) -> None:
    page.get_by_label("Prompt").fill("Blue alpine peaks fading into cloud, one lit hut in the valley, tall format")
    page.get_by_label("gemini-3-pro").check()
    page.get_by_text("Deep 18").click()


def _choose(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.locator(f"[data-option={name}] label").filter(has_text=value).click()


def _choose_options(page: Page) -> None:
    page.get_by_label("Prompt").fill("A paper kite, folded from one sheet, cut out")
    page.get_by_label("gpt-image-2.5-flare").check()
    _choose(page, quality="High", resolution="2K", background="Transparent", output_format="WebP")


def _change_model(page: Page) -> None:
    _choose_options(page)
    page.get_by_role("radio", name="gpt-image-2 5").check()
    page.locator("#option-help").wait_for()


def _choose_long_ratio(page: Page) -> None:
    page.get_by_label("gemini-nano-banana").check()
    page.get_by_label("8:1").check(force=True)


def _paint(page: Page) -> None:
    page.locator("[data-open-mask]").click()
    canvas = page.locator(".mask-canvas")
    canvas.wait_for()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 40)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(box["x"] + box["width"] * step / 6, box["y"] + 40 + 30 * (step % 2))
    page.mouse.up()
    page.get_by_text("% painted").wait_for()


def _use_mask(page: Page) -> None:
    _paint(page)
    page.get_by_role("button", name="Use mask").click()
    page.get_by_text("Only the masked part changes.").wait_for()
    page.get_by_label("What to change").fill(
        "Give the dunes the dusk sky of the second image. Leave the sand as it is."
    )
    page.locator("#count label").nth(1).click()


def _share(page: Page) -> None:
    page.get_by_label("Show the prompt").check()
    page.get_by_role("button", name="Create link").click()
    page.get_by_text("Link created.").wait_for()


def _revoke_share(page: Page) -> None:
    page.get_by_role("button", name="Revoke link").click()
    page.get_by_text("Link revoked.").wait_for()


def _show_code(page: Page) -> None:
    _choose_options(page)
    page.get_by_role("button", name="Show code").click()
    page.get_by_role("dialog").wait_for()


def _show_openai_code(page: Page) -> None:
    page.get_by_role("dialog").get_by_text("OpenAI SDK", exact=True).click()


def _show_code_without_prompt(page: Page) -> None:
    page.get_by_role("button", name="Show code").click()
    page.get_by_text("No code to show yet.").wait_for()


def _leave_mask(page: Page) -> None:
    _paint(page)
    page.keyboard.press("Escape")
    page.get_by_text("Discard this mask?").wait_for()


def _add_bad_file(page: Page) -> None:
    page.locator("#source-files").set_input_files({"name": "notes.png", "mimeType": "image/png", "buffer": b"Hello"})
    page.get_by_text("notes.png: Unusable file").wait_for()


def _select_expensive_model(page: Page) -> None:
    page.get_by_label("gemini-3-pro").check()


def _delete_image(page: Page) -> None:
    page.get_by_role("link", name="Delete image").click()
    page.get_by_role("button", name="Keep image").wait_for()


def _open_tables(page: Page) -> None:
    page.get_by_text("Show as table").click()


def _focus_on_tile(page: Page) -> None:
    page.locator(".tile a.pic").nth(2).focus()


def _open_filters(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_text("Filters", exact=True).click()


def _open_menu(page: Page) -> None:
    page.locator(".account-menu summary").click()


def _choose_pack(page: Page) -> None:
    form = page.locator("form[action*='/buy/']").nth(1)
    page.goto(page.url.replace("/dashboard/billing/", form.get_attribute("action") or ""))


def _buy(page: Page) -> None:
    page.get_by_role("button", name="Buy 500 credits").click()
    page.get_by_role("button", name="Pay", exact=True).wait_for()


def _pay(page: Page) -> None:
    page.get_by_role("button", name="Pay", exact=True).click()
    page.get_by_role("link", name="Simulated payment").click()
    page.get_by_role("button", name="Refund").wait_for()


KEYS: Final = Walk(
    "active",
    (
        Screen("keys", "/dashboard/keys/"),
        Screen("keys-create", action=_create_key),
        Screen("keys-secret", action=_name_key),
        Screen("keys-secret-leaving", action=_leave_secret),
        Screen("keys-create-page", "/dashboard/keys/new/"),
        Screen("keys-change", "/dashboard/keys/{key}/"),
        Screen("keys-revoke", "/dashboard/keys/", _revoke_key),
        Screen("keys-revoke-page", "/dashboard/keys/{key}/revoke/"),
    ),
)
GENERATE: Final = Walk(
    "painter",
    (
        Screen("generate-result-wide", "/dashboard/generate/?image={wide}"),
        Screen("generate-result-tall", "/dashboard/generate/?image={tall}"),
        *(Screen(f"generate-{name}", f"/dashboard/generate/?image={{{name}}}") for name in FAILURES),
        Screen("generate-deep", "/dashboard/generate/", _select_deep_thinking),
        Screen("generate-options", "/dashboard/generate/", _choose_options),
        Screen("generate-model-changed", "/dashboard/generate/", _change_model),
        Screen("generate-all-ratios", "/dashboard/generate/", _choose_long_ratio),
        Screen("generate-mistake", "/dashboard/generate/", _submit_empty_prompt),
    ),
)
EDITS: Final = Walk(
    "editor",
    (
        Screen("edit-composer", "/dashboard/generate/?image={night}&source={dunes}&source={ridges}"),
        Screen("edit-mask-set", "/dashboard/generate/?source={dunes}&source={ridges}", _use_mask),
        Screen("edit-mask", "/dashboard/generate/?source={dunes}&source={ridges}", _paint),
        Screen("edit-mask-leaving", "/dashboard/generate/?source={dunes}&source={ridges}", _leave_mask),
        Screen("edit-mistake", "/dashboard/generate/?source={dunes}", _add_bad_file, status=422),
        Screen("edit-result", "/dashboard/generate/?image={night}"),
        Screen("edit-results", "/dashboard/generate/?image={night}&image={fog}&image={refused}&image={waiting}"),
        Screen("edit-image", "/dashboard/images/{night}/"),
        Screen("edit-image-deleted-source", "/dashboard/images/{orphan}/"),
        Screen("edit-gallery", "/dashboard/images/", _focus_on_tile),
    ),
)
IMAGES: Final = Walk(
    "painter",
    (
        Screen("image-wide", "/dashboard/images/{wide}/"),
        Screen("image-tall", "/dashboard/images/{tall}/"),
        Screen("image-square", "/dashboard/images/{square}/"),
        *(Screen(f"image-{name}", f"/dashboard/images/{{{name}}}/") for name in FAILURES),
        Screen("image-delete", "/dashboard/images/{wide}/", _delete_image),
        Screen("image-delete-page", "/dashboard/images/{wide}/delete/"),
    ),
)
SHARING: Final = Walk(
    "painter",
    (
        Screen("share-new", "/dashboard/images/{wide}/share/"),
        Screen("share-link", action=_share),
        Screen("share-revoked", action=_revoke_share),
    ),
)
CODE: Final = Walk(
    "painter",
    (
        Screen("code-problem", "/dashboard/generate/", _show_code_without_prompt),
        Screen("code-curl", "/dashboard/generate/", _show_code),
        Screen("code-openai", action=_show_openai_code),
    ),
)
BREAKDOWN: Final = Walk(
    "active",
    (
        Screen("breakdown-by-key", "/dashboard/usage/?by=key"),
        Screen("breakdown-by-client", "/dashboard/usage/?by=client"),
    ),
)
ACTIVE: Final = Walk(
    "active",
    (
        Screen("overview", "/dashboard/"),
        Screen("account-menu", action=_open_menu),
        Screen("gallery", "/dashboard/images/"),
        Screen("gallery-focus", "/dashboard/images/", _focus_on_tile),
        Screen("gallery-filters-open", "/dashboard/images/", _open_filters),
        Screen("gallery-filtered", "/dashboard/images/?model=openai:gpt-image-2&ratio=3:2"),
        Screen("gallery-all-states", "/dashboard/images/?state=all"),
        Screen("gallery-nothing-matches", "/dashboard/images/?q=walrus"),
        Screen("image-by-key", "/dashboard/images/{older}/"),
        Screen("usage", "/dashboard/usage/"),
        Screen("usage-tables", "/dashboard/usage/", _open_tables),
        Screen("usage-filtered", "/dashboard/usage/?type=refund"),
        Screen("usage-nothing", "/dashboard/usage/?period=dates&since=2020-01-01&until=2020-01-31"),
        Screen("settings-export-ready", "/dashboard/settings/"),
        Screen("dashboard-not-found", "/dashboard/nothing/", status=404),
    ),
)
OUTCOMES: Final = ("paid", "declined", "expired", "disputed", "pending")
BILLING: Final = Walk(
    "buyer",
    (
        Screen("billing", "/dashboard/billing/"),
        Screen("billing-alert", "/dashboard/billing/alert/"),
        Screen("pricing-for-sale", "/pricing"),
        Screen("buy", "/dashboard/billing/", _choose_pack),
        *(Screen(f"purchase-{name}", f"/dashboard/billing/purchases/{{{name}_purchase}}/") for name in OUTCOMES),
    ),
    settings={"STRIPE_SECRET_KEY": "sk_live_of_the_screenshots"},
)
SIMULATED: Final = Walk(
    "new",
    (
        Screen("billing-new", "/dashboard/billing/"),
        Screen("simulated-checkout", action=_buy),
        Screen("simulated-paid", action=_pay),
    ),
    settings={"DEBUG": True},
)
WAITING: Final = Walk(
    "waiting",
    (
        Screen("generate-queued", "/dashboard/generate/?image={queued}"),
        Screen("generate-running", "/dashboard/generate/?image={running}"),
        Screen("image-queued", "/dashboard/images/{queued}/"),
        Screen("image-running", "/dashboard/images/{running}/"),
        Screen("gallery-waiting", "/dashboard/images/"),
        Screen("overview-waiting", "/dashboard/"),
    ),
)
WALKS: Final = (
    WAITING,
    ACTIVE,
    BILLING,
    SIMULATED,
    KEYS,
    GENERATE,
    EDITS,
    IMAGES,
    SHARING,
    CODE,
    BREAKDOWN,
    Walk(
        "new",
        (
            Screen("overview-new", "/dashboard/"),
            Screen("keys-empty", "/dashboard/keys/"),
            Screen("generate-no-credits", "/dashboard/generate/"),
            Screen("gallery-new", "/dashboard/images/"),
            Screen("usage-new", "/dashboard/usage/"),
            Screen("billing-not-for-sale", "/dashboard/billing/"),
        ),
    ),
    Walk(
        "ready to connect",
        (Screen("overview-connecting", "/dashboard/"), Screen("generate-empty", "/dashboard/generate/")),
    ),
    Walk(
        "nearly broke",
        (
            Screen("overview-nearly-broke", "/dashboard/"),
            Screen("generate-not-enough", "/dashboard/generate/", _select_expensive_model),
        ),
    ),
)
