"""Odd ids, filters, pages, dates and forms of the staff site give 404, an ignored filter or an error, never 500."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote as quote_id
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse

from accounts import api_keys
from accounts.models import User
from billing.models import PaymentEvent
from images import audit
from images.webhooks import endpoints
from tests.factories import caller_of, create_webhook, finished_image, paid_purchase
from tests.staff.test_actions import REASON, action_path, confirm, model_form
from tests.staff.test_pages import LISTS

pytestmark = pytest.mark.django_db
Staff = Callable[[str], Client]

RIGHT_TO_LEFT: Final = "\N{RIGHT-TO-LEFT OVERRIDE}abc"
ARABIC_DIGITS: Final = "\N{ARABIC-INDIC DIGIT THREE}\N{ARABIC-INDIC DIGIT FOUR}"
FULL_WIDTH_DATE: Final = "\uff12\uff10\uff12\uff16-01-01"

ODD_IDS: Final = (
    *("nonsense", "a\0b", "%00", "9" * 30, "1" * 5000, "\N{GRINNING FACE}", str(uuid.UUID(int=1)), "a/b", "_3A"),
    *("0", "-1", "1.5", "1e400", "inf", "NaN", " ", ".", "a\nb", "_0A", "__", "{" + "0" * 32 + "}", "urn:uuid:1"),
    *(RIGHT_TO_LEFT, ARABIC_DIGITS, "\N{SUPERSCRIPT TWO}", "change", "add", "history"),
)
# How many of them are sent to every page of an object, and how many of the others to one page of each list.
IDS_FOR_EVERY_PAGE: Final = 2
IDS_FOR_EACH_LIST: Final = 4
# How many of the odd values each list receives.
VALUES_FOR_EACH_LIST: Final = 5
ODD_VALUES: Final = (
    *("a\0b", "nonsense", "9" * 30, "0001-01-01", "9999-12-31", "("),
    *("", "0", "-1", "9999999999", "1.5", "-1.-2", "99.-99", "1e400", "NaN", "x" * 400, "\\", "%", "1,2", "[]"),
    *(RIGHT_TO_LEFT, ARABIC_DIGITS, "\N{SUPERSCRIPT TWO}", FULL_WIDTH_DATE),
    *("0000-01-01", "10000-01-01", "2026-13-01", "2026-02-30", "2026-01-01T25:00"),
)
# The filters of each list, besides search, page and order.
FILTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "accounts/user": ("status", "is_staff__exact", "groups__id__exact"),
    "images/image": ("status__exact", "model", "error"),
    "billing/ledgerentry": ("type__exact", "model", "created_at_from", "created_at_to"),
    "billing/purchase": ("status__exact", "dispute__exact", "gateway"),
    "admin/logentry": ("kind",),
}
# One list with each kind of paginator.
PAGED_LISTS: Final = ("images/image", "images/cataloguemodel")
# Parameters that no list has, or that only Django's own pages use.
OTHER_PARAMETERS: Final = (
    *("e", "all", "_facets", "_popup", "_to_field", "created_at__gte", "created_at__year", "id", "pk__in"),
    *("content_type__id__exact", "suspended_at__gte", "email__regex", "a\0b", "prompt__regex", "nothing", "__"),
    *("account__user__email__regex", "password__startswith", "digest__startswith", "_changelist_filters"),
    *("created_at__month", "created_at__day", "date_joined__year", "action_time__year", "created_at__date__year"),
    *("id__in", "id__range", "user__id__isnull", "created_at__isnull", "credits__lt", "counts__has_key", "page"),
)
ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "accounts/user": ("grant", "adjust", "suspend", "restore"),
    "accounts/apikey": ("revoke",),
    "images/image": ("refund", "retry", "end"),
    "images/cataloguemodel": ("switch",),
    "images/auditrun": ("acknowledge",),
    "billing/purchase": ("compare",),
}


@pytest.fixture
def client(staff: Staff, alice: User) -> Client:
    """An owner of the site, whose lists all have rows."""
    api_keys.create(alice, name="Laptop")
    endpoints.send_test(caller_of(alice), create_webhook(alice).endpoint.pk)
    finished_image(alice)
    PaymentEvent.objects.create(id="evt_1", type="charge.refunded", about="ch_1", purchase=paid_purchase(alice))
    audit.run()
    owner = staff("superuser")
    confirm(owner, action_path(alice, "suspend"), REASON)
    return owner


def share(values: Sequence[str], page: str, count: int) -> list[str]:
    """Return this many of the values, others for each list, so that all lists together receive each of them."""
    start = LISTS.index(page) * count
    return [values[(start + number) % len(values)] for number in range(count)]


def encoded(odd_id: str) -> str:
    return quote(odd_id, safe="", errors="surrogateescape")


def object_path(client: Client, page: str) -> str:
    """Return the path of an object of a list, without the name of its page."""
    row = client.get(f"/admin/{page}/").context["cl"].result_list[0]
    return f"/admin/{page}/{quote_id(row.pk)}"


def test_every_list_is_walked(client: Client) -> None:
    assert {model._meta.label_lower.replace(".", "/") for model in admin.site._registry} == set(LISTS)


@pytest.mark.parametrize("page", LISTS)
def test_an_odd_id_is_not_found(client: Client, page: str) -> None:
    actions = ACTIONS.get(page, ())
    # Every page looks up its object in the same way, so most ids are sent to one page only.
    for odd_id in (*ODD_IDS[:IDS_FOR_EVERY_PAGE], *share(ODD_IDS[IDS_FOR_EVERY_PAGE:], page, IDS_FOR_EACH_LIST)):
        base = f"/admin/{page}/{encoded(odd_id)}"
        if odd_id in ODD_IDS[:IDS_FOR_EVERY_PAGE]:
            responses = [client.get(f"{base}/{name}/") for name in ("change", "history", "delete", *actions)]
            responses += [client.post(f"{base}/{name}/", {**REASON, "amount": 5}) for name in ("change", *actions)]
        else:
            responses = [client.get(f"{base}/change/")]
        for response in responses:
            assert response.status_code in (403, 404), (response.request["PATH_INFO"], response.status_code)


@pytest.mark.parametrize("page", LISTS)
def test_odd_parameters_of_a_list_are_ignored(client: Client, page: str) -> None:
    path, names = f"/admin/{page}/", (*FILTERS.get(page, ()), *(["p"] if page in PAGED_LISTS else []))
    for value in share(ODD_VALUES, page, VALUES_FOR_EACH_LIST):
        others = dict.fromkeys(("q", "o", *OTHER_PARAMETERS), value)
        if opens_or_is_refused(client, path, {**others, **dict.fromkeys(names, value)}) == 302:
            # One of them is refused, which hides errors of the others.
            for query in (others, *({name: value} for name in names)):
                opens_or_is_refused(client, path, query)
    assert client.get(path, {"e": "1"}).status_code == 200


def opens_or_is_refused(client: Client, path: str, query: Mapping[str, str]) -> int:
    """Check that a list opens, or redirects to itself without its parameters; return the status."""
    response = client.get(path, query)
    assert response.status_code == 200 or response["Location"] == f"{path}?e=1", query
    return response.status_code


@pytest.mark.parametrize("page", LISTS)
def test_odd_bulk_actions_of_a_list_change_nothing(client: Client, page: str) -> None:
    """No list has bulk actions, and Django's form for them is not handled."""
    rows = len(client.get(f"/admin/{page}/").context["cl"].result_list)
    for value in ("delete_selected", "a\0b"):
        posted = {"action": value, "_selected_action": ODD_IDS, "index": value, "select_across": "1", "_save": value}
        assert client.post(f"/admin/{page}/", posted, follow=True).status_code in (200, 403), value
    assert len(client.get(f"/admin/{page}/").context["cl"].result_list) == rows


@pytest.mark.parametrize("page", LISTS)
def test_odd_parameters_of_an_object_do_not_fail(client: Client, page: str) -> None:
    path = object_path(client, page)
    names = ("q", "p", "o", "_changelist_filters", "_popup", "nothing", *ACTIONS.get(page, ()))
    for value in ("q=a%00b&p=-1", "a\0b"):
        for name in ("change", "history", *ACTIONS.get(page, ())):
            assert client.get(f"{path}/{name}/", dict.fromkeys(names, value)).status_code == 200, (name, value)
        assert client.get(f"{path}/change/", {"_to_field": value}).status_code in (200, 400), value
        posted = {"_changelist_filters": value, "_continue": value, "_saveasnew": value, "_addanother": value}
        response = client.post(f"{path}/change/?{quote(value)}", {**posted, "_popup": value})
        assert response.status_code in (200, 302, 403), (name, value)


def test_odd_parameters_of_other_pages_do_not_fail(client: Client) -> None:
    names = ("days", "q", "p", "_changelist_filters", "created_at_from", "created_at_to", "type__exact")
    content_type = ContentType.objects.get_for_model(User).pk
    for value in ODD_VALUES[::2]:
        assert client.get("/admin/", dict.fromkeys(names, value)).status_code == 200, value
        for name in names[-3:]:
            response = client.get("/admin/billing/ledgerentry/export.csv", {name: value, "q": value, "p": value})
            assert response.status_code == 200, (name, value)
        parameters = dict.fromkeys(("term", "s", "app_label", "model_name", "field_name"), value)
        paths = ["/admin/autocomplete/", "/admin/search/", "/admin/jsi18n/", f"/admin/{encoded(value)}/"]
        paths += [f"/admin/r/{number}/{encoded(value)}/" for number in (content_type, 9**30)]
        for path in paths:
            assert client.get(path, parameters).status_code < 500, (path, value)


@pytest.mark.parametrize(
    "value",
    [
        "\0",
        "9" * 30,
        "nonsense",
        *(pytest.param(value, marks=pytest.mark.long) for value in ("-" + "9" * 30, "", "1.5", RIGHT_TO_LEFT)),
    ],
    ids=ascii,
)
def test_odd_values_of_forms_are_errors_of_their_fields(client: Client, alice: User, value: str) -> None:
    user = f"/admin/accounts/user/{alice.pk}"
    model = "/admin/images/cataloguemodel/openai_3Agpt-image-2/change/"
    values = {**model_form(client, model), "options": '{"a": "\\u0000"}'}
    for name in ("prices-0-credits", "prices-0-upstream_cost_cents", "prices-0-quality", "prices-0-id", "position"):
        assert client.post(model, {**values, name: value}).status_code in (200, 302), name
    for name in ("name", "default_quality", "backgrounds", "aspect_ratios"):
        assert client.post(model, {**values, "options": "{}", name: value}).status_code in (200, 302), name
    for page in ("grant", "adjust", "suspend", "change"):
        posted = {"amount": value, "reason": value, "groups": value, "reviewed": value, "confirmed": value}
        assert client.post(f"{user}/{page}/", posted).status_code in (200, 302), page
    pack = reverse("admin:billing_pack_add")
    assert client.post(pack, {"credits": value, "price_cents": value, "enabled": value}).status_code == 200
