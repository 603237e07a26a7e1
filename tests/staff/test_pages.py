"""Staff pages: searching users, figures that match the rows, list filters and the CSV export."""

import csv
import io
import re
import resource
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from asgiref.sync import async_to_sync
from django.contrib.admin.utils import quote
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import api_keys, deletion
from accounts.models import User
from billing import ledger
from billing.models import CreditAccount, LedgerEntry
from images import audit
from images.failures import ModerationRejected
from images.models import Image, ModelPrice
from images.worker import attempts
from staff.ledger import LedgerEntryAdmin, csv_chunks
from tests.accounts.oauth.steps import connect, create_client
from tests.factories import finished_image, paid_purchase, queued_image
from tests.rendered import words

pytestmark = pytest.mark.django_db
Staff = Callable[[str], Client]

PURCHASES = "/admin/billing/purchase/"

LISTS = (
    *(
        "accounts/user",
        "accounts/apikey",
        "accounts/oauthclient",
        "admin/logentry",
        "billing/ledgerentry",
        "billing/purchase",
    ),
    *("billing/paymentevent", "billing/pack", "images/image", "images/cataloguemodel", "images/auditrun"),
    *("images/webhookendpoint", "images/webhookdelivery"),
)
COLUMN_NAMES = (
    *(
        "Refunded cents",
        "Disputed cents",
        "Syncs started",
        "Last applied sync",
        "Price label",
        "Created at",
        "Finished at",
        "Deleted at",
    ),
    *("Credit cost", "Error code", "Lease expires at", "Byte size", "Sha256", "Model id", "Provider id", "Upstream id"),
    *("Upstream cost cents", "Breach count", "Started at", "Acknowledged at", "Content type", "Object repr", "Api key"),
    *("Redirect uris", "Auth method", "Fresh until"),
    *("Event types", "Disabled reason", "Event type", "Response status", "Next attempt at"),
    *("Action time", "Change message", "Balance after", "Received at", "Suspended at", "Last used at", "Session id"),
)
EXTRA_MEMORY_MAX_KIB = 20 * 1024
# The end of the message of a rejected image in earlier releases.
EARLIER_ADVICE = ". Rephrase the prompt and try again; nothing was charged."
# One user with 200,000 entries and 50,000 images; inserting them needs the owner of the tables, without triggers.
ENTRIES = """
INSERT INTO billing_ledgerentry
    (account_id, position, type, amount, balance_after, description, reference_id, created_at)
SELECT %(account)s, n, CASE WHEN n %% 2 = 1 THEN 'grant' ELSE 'generation' END, CASE WHEN n %% 2 = 1 THEN 5 ELSE -5 END,
       CASE WHEN n %% 2 = 1 THEN 5 ELSE 0 END, 'Image with openai:gpt-image-2', gen_random_uuid(),
       now() - make_interval(secs => n)
FROM generate_series(1, 200000) AS n;
UPDATE billing_creditaccount SET balance = 0, entry_count = 200000 WHERE id = %(account)s;
"""
IMAGES = """
INSERT INTO images_image (id, user_id, status, created_at, finished_at, prompt, style, model_id, provider_id,
    aspect_ratio, credit_cost, attempt, provider_calls, error_code, error_message, picture_name, thumbnail_name,
    media_type, byte_size, sha256)
SELECT gen_random_uuid(), %(user)s, 'succeeded', now() - make_interval(secs => n), now(), 'a lake', '',
    'openai:gpt-image-2', 'openai', '1:1', 5, 1, 1, '', '', 'p', 't', 'image/png', 1, 's'
FROM generate_series(1, 50000) AS n;
"""


@pytest.mark.parametrize("term_type", ["email", "part of it", "last four", "image", "own id"])
def test_a_user_is_found_by_each_kind_of_term(staff: Staff, alice: User, bob: User, term_type: str) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    terms = {"email": alice.email, "part of it": "alice", "last four": key.last_four, "own id": str(alice.pk)}
    term = terms.get(term_type) or str(finished_image(alice).pk)
    users = staff("support").get("/admin/accounts/user/", {"q": term}).context["cl"].result_list
    assert [user.email for user in users] == ["alice@example.com"]


def test_a_users_rows_are_on_one_page(staff: Staff, alice: User) -> None:
    api_keys.create(alice, name="Laptop")
    finished_image(alice)
    paid_purchase(alice)
    Client().force_login(alice)
    text = words(staff("auditor").get(f"/admin/accounts/user/{alice.pk}/change/"))
    for part in ("Balance", "Laptop", "openai:gpt-image", "Bought 500 credits", "$20.00", "Sessions"):
        assert part in text


@pytest.mark.parametrize(("cents", "status"), [(2000, "Refunded"), (500, "Partly refunded")])
def test_a_refunded_purchase_is_not_called_paid(staff: Staff, alice: User, cents: int, status: str) -> None:
    purchase = paid_purchase(alice, refunded_cents=cents)
    client, money = staff("auditor"), f"${cents / 100:.2f}"
    assert f" 500 {status} $20.00 {money} " in words(client.get(f"/admin/accounts/user/{alice.pk}/change/"))
    assert f" 500 $20.00 {status} {money} " in words(client.get("/admin/billing/purchase/"))
    assert f"Status {status} " in words(client.get(f"/admin/billing/purchase/{purchase.pk}/change/"))


def test_numbers_of_credits_have_a_comma_after_the_thousands(staff: Staff, alice: User) -> None:
    paid_purchase(alice, credits=2000)
    client = staff("superuser")
    shown = {
        "accounts/user": "2,100",
        "billing/ledgerentry": "2,100",
        "billing/pack": "2,000",
        "billing/purchase": "2,000",
    }
    for page, number in shown.items():
        text = words(client.get(f"/admin/{page}/"))
        assert f" {number} " in text, page
        assert f" {number.replace(',', '')} " not in text, page


def test_deep_thinking_is_part_of_the_model(staff: Staff, alice: User) -> None:
    image, client = finished_image(alice), staff("auditor")
    Image.objects.filter(pk=image.pk).update(thinking_level="deep")
    for path in ("images/image/", f"accounts/user/{alice.pk}/change/"):
        assert f"{image.model_id}, deep Succeeded" in words(client.get(f"/admin/{path}"))


def test_an_image_page_shows_its_options_and_the_reported_usage_beside_the_cost(staff: Staff, alice: User) -> None:
    image = finished_image(alice)
    Image.objects.filter(pk=image.pk).update(
        quality="high", resolution="4K", output_format="webp", provider_usage={"output_tokens": 4711}
    )
    ModelPrice.objects.filter(model_id=image.model_id, quality="high", resolution="4K").update(
        upstream_cost_cents=Decimal("40.1")
    )
    client, path = staff("auditor"), f"/admin/images/image/{image.pk}/change/"
    text = words(client.get(path))
    for part in ("Quality high", "Resolution 4K", "Requested format webp", '"output_tokens": 4711', "40.1 US cents"):
        assert part in text
    # The image of an earlier release, of a model whose cost is not known.
    Image.objects.filter(pk=image.pk).update(quality=None, resolution=None, output_format=None, provider_usage=None)
    ModelPrice.objects.filter(model_id=image.model_id).update(upstream_cost_cents=None)
    text = words(client.get(path))
    assert "Catalogue cost Unknown" in text
    assert "Usage reported by the provider Not reported" in text


def test_an_image_page_shows_its_error_and_its_ledger_entries(staff: Staff, alice: User) -> None:
    image = queued_image(alice)
    attempts.end(image.pk, ModerationRejected.with_advice("The provider declined."))
    text = words(staff("auditor").get(f"/admin/images/image/{image.pk}/change/"))
    assert "The provider declined" in text
    assert f"Charge \N{MINUS SIGN}{image.credit_cost}, Refund +{image.credit_cost}" in text


def test_only_staff_get_the_thumbnail(staff: Staff, client: Client, alice: User) -> None:
    path = f"/admin/images/image/{finished_image(alice).pk}/thumbnail"
    assert staff("auditor").get(path)["Content-Type"] == "image/webp"
    client.force_login(alice)
    assert client.get(path).status_code == 302


def test_the_overviews_figures_match_the_rows(staff: Staff, alice: User) -> None:
    finished_image(alice)
    attempts.end(queued_image(alice).pk, ModerationRejected.with_advice("No."))
    paid_purchase(alice)
    ModelPrice.objects.update(upstream_cost_cents=2)
    context = staff("auditor").get("/admin/").context
    money, cost = context["money"], Image.objects.filter(status="succeeded").get().credit_cost
    assert (money.sold, money.spent, money.charged - money.refunded) == (500, cost, cost)
    assert context["liability"].credits == CreditAccount.objects.get(user=alice).balance
    (provider,) = context["providers"]
    assert (provider.images, provider.rejected, provider.failed) == (2, 1, 0)
    (margin,) = context["margins"]
    assert (margin.value, margin.cost) == (Decimal(cost * 4) / 100, Decimal(2) / 100)


def test_free_credits_and_refunds_are_separate_from_sales_and_spending(staff: Staff, alice: User, bob: User) -> None:
    paid_purchase(alice)
    ledger.grant(bob.pk, amount=7, reason="goodwill")
    ledger.adjust(bob.pk, amount=-3, reason="correction")
    rejected = queued_image(alice)
    attempts.end(rejected.pk, ModerationRejected.with_advice("No."))
    finished = finished_image(alice)
    response = staff("auditor").get("/admin/")
    (day,) = response.context["money"].days
    assert (day.sold, day.granted, day.corrected) == (500, 207, -3)
    assert (day.charged, day.refunded) == (2 * finished.credit_cost, rejected.credit_cost)
    assert day.spent == finished.credit_cost
    text = words(response)
    for part in ("plus 207 granted free", "Spent, net of refunds", "so it isn't revenue"):
        assert part in text, part
    assert "Revenue" not in text


def test_ids_and_addresses_keep_their_case_in_breadcrumbs(staff: Staff, alice: User) -> None:
    client = staff("auditor")
    model = client.get("/admin/images/cataloguemodel/openai_3Agpt-image-2/change/").content.decode()
    assert "openai:gpt-image-2" in model
    assert "Openai:gpt" not in model
    assert "Alice@example.com" not in client.get(f"/admin/accounts/user/{alice.pk}/change/").content.decode()


def test_permissions_stand_below_a_users_rows(staff: Staff, alice: User) -> None:
    text = words(staff("superuser").get(f"/admin/accounts/user/{alice.pk}/change/"))
    assert text.index("ledger entry") < text.index("Sessions") < text.index("Permissions")


@pytest.mark.parametrize("path", LISTS)
def test_no_list_or_page_shows_the_name_of_a_column(staff: Staff, alice: User, path: str) -> None:
    finished_image(alice)
    paid_purchase(alice)
    api_keys.create(alice, name="Laptop")
    connect(alice, create_client())
    audit.run()
    client = staff("superuser")
    client.post(f"/admin/accounts/user/{alice.pk}/change/", {"is_staff": "on", "reason": "a new colleague"})
    response = client.get(f"/admin/{path}/")
    text = words(response)
    for row in response.context["cl"].result_list[:1]:
        text += words(client.get(f"/admin/{path}/{quote(row.pk)}/change/"))
    assert [label for label in COLUMN_NAMES if label in text] == []


@pytest.mark.parametrize("table", ["accounts_apikey", "billing_purchase", "images_image"])
def test_a_page_reads_its_object_once(staff: Staff, alice: User, table: str) -> None:
    rows: dict[str, Callable[[], Any]] = {
        "accounts_apikey": lambda: api_keys.create(alice, name="Laptop")[0],
        "billing_purchase": lambda: paid_purchase(alice),
        "images_image": lambda: finished_image(alice),
    }
    row, client = rows[table](), staff("support")
    path = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"
    reads = [sql for sql in captured_sql(client, path) if f'"{table}"."id" = ' in sql]
    assert len(reads) == 1


def test_keys_and_connected_apps_are_filtered(staff: Staff, alice: User) -> None:
    api_keys.create(alice, name="Laptop")
    connect(alice, create_client("Studio app"))
    client, path = staff("auditor"), "/admin/accounts/apikey/"
    names = {
        kind: [key.name for key in client.get(path, {"kind": kind}).context["cl"].result_list]
        for kind in ("key", "app", "")
    }
    assert names == {"key": ["Laptop"], "app": ["Studio app"], "": ["Studio app", "Laptop"]}
    assert "Self-declared: Studio app" in words(client.get(path, {"kind": "app"}))


def test_a_users_page_tells_apps_from_keys(staff: Staff, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    connect(alice, create_client("Studio app"))
    text = words(staff("auditor").get(f"/admin/accounts/user/{alice.pk}/change/"))
    assert f"Laptop …{key.last_four} Never" in text
    assert "Studio app (connected app) Never" in text


@pytest.mark.parametrize("days", ["1", "7", "30", "90", "nonsense"])
def test_every_period_and_an_invalid_one_open(staff: Staff, days: str) -> None:
    assert staff("auditor").get("/admin/", {"days": days}).status_code == 200


@pytest.mark.parametrize("path", LISTS)
def test_every_list_opens_for_an_auditor(staff: Staff, alice: User, path: str) -> None:
    finished_image(alice)
    assert staff("auditor").get(f"/admin/{path}/").status_code == 200


def test_the_ledger_is_filtered_by_type_user_model_and_date(staff: Staff, alice: User, bob: User) -> None:
    client, image = staff("auditor"), finished_image(alice)
    for filters, count in [
        ({"type__exact": "generation"}, 1),
        ({"q": "bob@example.com"}, 1),
        ({"model": image.model_id}, 1),
        ({"model": "google:gemini-3-pro-image-preview"}, 0),
        ({"q": str(image.pk)}, 1),
        ({"created_at_from": "2001-01-01", "created_at_to": "2001-01-02"}, 0),
    ]:
        assert len(client.get("/admin/billing/ledgerentry/", filters).context["cl"].result_list) == count, filters


@pytest.mark.long
def test_200_000_entries_need_no_more_queries_and_no_more_memory_than_two(staff: Staff, bob: User) -> None:
    client = staff("auditor")
    paths = ["/admin/billing/ledgerentry/", "/admin/images/image/", "/admin/", f"/admin/accounts/user/{bob.pk}/change/"]
    finished_image(bob)
    for path in paths:
        # The first request reads what Django then keeps in memory.
        client.get(path)
    few_rows = [captured_sql(client, path) for path in paths]
    add_entries_and_images(bob)
    many_rows = [captured_sql(client, path) for path in paths]
    assert [len(queries) for queries in many_rows] == [len(queries) for queries in few_rows]
    assert not [sql for queries in many_rows[:2] for sql in queries if "COUNT(*)" in sql]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lines = sum(
        chunk.count(b"\n") for chunk in csv_chunks(LedgerEntry.objects.values_list("created_at", "id", "amount"))
    )
    assert lines == 200_000 + 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < EXTRA_MEMORY_MAX_KIB


@pytest.mark.django_db(transaction=True)
def test_the_csv_contains_the_listed_entries(staff: Staff, alice: User, bob: User) -> None:
    ledger.grant(alice.pk, amount=7, reason="=1+1")
    response = staff("auditor").get("/admin/billing/ledgerentry/export.csv", {"q": alice.email})
    rows = list(csv.DictReader(io.StringIO(b"".join(body_chunks(response)).decode("utf-8-sig"))))
    assert {row["type"] for row in rows} == {"Grant"}
    assert [row["amount"] for row in rows] == ["7", "100"]
    assert rows[0]["description"] == "'=1+1"


def body_chunks(response: Any) -> list[bytes]:
    async def read() -> list[bytes]:
        return [chunk async for chunk in response.streaming_content]

    return async_to_sync(read)()


def add_entries_and_images(user: User) -> None:
    account = CreditAccount.objects.get(user=user)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM billing_ledgerentry WHERE account_id = %s", [account.pk])
        cursor.execute(ENTRIES, {"account": account.pk})
        cursor.execute(IMAGES, {"user": user.pk})
        cursor.execute("SET LOCAL session_replication_role = origin")


def captured_sql(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/", "/admin/accounts/user/{}/change/"])
def test_staff_pages_state_that_times_are_in_utc(staff: Staff, alice: User, path: str) -> None:
    assert "Times and days are in UTC." in words(staff("superuser").get(path.format(alice.pk)))


def test_removed_credits_are_listed_with_the_minus_sign(staff: Staff, alice: User) -> None:
    ledger.adjust(alice.pk, amount=-3, reason="correction")
    text = words(staff("auditor").get("/admin/billing/ledgerentry/"))
    assert " \N{MINUS SIGN}3 " in text
    assert " -3 " not in text


@pytest.mark.parametrize("advice", [ModerationRejected.advice, EARLIER_ADVICE])
def test_the_overview_does_not_call_a_refunded_image_uncharged(staff: Staff, alice: User, advice: str) -> None:
    attempts.end(queued_image(alice).pk, ModerationRejected(f"The provider declined{advice}"))
    text = words(staff("auditor").get("/admin/"))
    assert "The provider declined" in text
    assert "nothing was charged" not in text


def test_a_list_of_one_page_has_no_links_to_others(staff: Staff, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = staff("auditor")
    ledger.adjust(alice.pk, amount=-3, reason="correction")
    text = words(client.get("/admin/billing/ledgerentry/"))
    assert "Previous" not in text
    assert "Next" not in text
    monkeypatch.setattr(LedgerEntryAdmin, "list_per_page", 1)
    assert "Next" in words(client.get("/admin/billing/ledgerentry/"))
    assert "Previous" in words(client.get("/admin/billing/ledgerentry/?p=2"))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("admin/logentry", "History"),
        ("images/image", "Images"),
        ("images/cataloguemodel", "Models and prices"),
        ("accounts/oauthclient", "OAuth clients"),
    ],
)
def test_a_list_has_one_name_which_is_that_of_the_menu(staff: Staff, path: str, name: str) -> None:
    page = staff("superuser").get(f"/admin/{path}/")
    assert words(page).startswith(f"{name} · Get Images staff")
    assert re.findall(r'tracking-tight">([^<]*)</', page.content.decode()) == [name]


def test_groups_are_checkboxes(staff: Staff, alice: User) -> None:
    page = staff("superuser").get(f"/admin/accounts/user/{alice.pk}/change/").content.decode()
    assert "SelectFilter" not in page
    assert re.search(r'<input type="checkbox" name="groups"', page)


def test_a_users_sessions_name_browser_and_system(staff: Staff, alice: User) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    UserSession.objects.create(user=alice, ip="203.0.113.7", user_agent=agent, session_key="k")
    assert "203.0.113.7 Firefox on Linux" in words(staff("auditor").get(f"/admin/accounts/user/{alice.pk}/change/"))


def test_an_empty_list_does_not_advise_to_create_rows(staff: Staff) -> None:
    client = staff("superuser")
    assert "Nothing here yet" in words(client.get("/admin/admin/logentry/"))
    found = words(client.get("/admin/admin/logentry/?q=nothing"))
    assert "No results found Reset filters" in found
    assert "Create a new item" not in found


@pytest.mark.parametrize("path", LISTS)
def test_the_labels_of_a_list_in_a_narrow_window_begin_with_a_capital(staff: Staff, alice: User, path: str) -> None:
    finished_image(alice)
    paid_purchase(alice)
    api_keys.create(alice, name="Laptop")
    connect(alice, create_client())
    audit.run()
    client = staff("superuser")
    client.post(f"/admin/accounts/user/{alice.pk}/change/", {"is_staff": "on", "reason": "a new colleague"})
    labels = re.findall(r'data-label="([^"]*)"', client.get(f"/admin/{path}/").content.decode())
    assert [label for label in labels if label != label[:1].upper() + label[1:]] == []


def test_a_purchase_without_refund_and_dispute_shows_no_value(staff: Staff, alice: User) -> None:
    paid_purchase(alice)
    client = staff("auditor")
    (row,) = re.findall(
        r"<tr[^>]*>(?:(?!</tr>).)*Paid(?:(?!</tr>).)*</tr>", client.get(PURCHASES).content.decode(), re.DOTALL
    )
    cells = dict(re.findall(r'data-label="([^"]*)"[^>]*>\s*(.*?)\s*</td>', row, re.DOTALL))
    assert [cells[label] for label in ("Refunded", "Dispute", "Credits owed by the user")] == ["-"] * 3


def test_a_purchase_says_where_it_is_refunded(staff: Staff, alice: User) -> None:
    page = words(staff("auditor").get(f"{PURCHASES}{paid_purchase(alice).pk}/change/"))
    assert "Refunds are made at Stripe and appear here automatically." in page


def test_unspent_credits_are_those_of_users(staff: Staff, alice: User, bob: User) -> None:
    client = staff("auditor")
    before = client.get("/admin/").context["liability"]
    deletion.delete(bob)
    after = client.get("/admin/").context["liability"]
    assert (before.credits, before.accounts) == (200, 3)
    assert (after.credits, after.accounts) == (100, 2)
