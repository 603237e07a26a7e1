"""Odd ids, filters, searches, pages and dates in the addresses of the staff site: 404, or an ignored filter."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.factories import finished_image, paid_purchase

pytestmark = pytest.mark.django_db
Staff = Callable[[str], Client]

ODD_IDS: Final = (
    *("nonsense", "a\0b", "%00", "9" * 30, "1" * 5000, "\N{GRINNING FACE}", str(uuid.UUID(int=1)), "a/b", "_3A"),
)
ODD_VALUES: Final = ("a\0b", "nonsense", "9" * 30, "0001-01-01", "9999-12-31", "(")
# The filters of each list, besides search, page and order.
FILTERS: Final = {
    "user": ("status", "is_staff__exact", "groups__id__exact"),
    "image": ("status__exact", "model", "error"),
    "ledgerentry": ("type__exact", "model", "created_at_from", "created_at_to"),
    "purchase": ("status__exact", "dispute__exact"),
    "logentry": ("kind",),
}
# Parameters that no list has, or that only Django's own pages use.
OTHER_PARAMETERS: Final = (
    *("e", "all", "_facets", "_popup", "_to_field", "created_at__gte", "created_at__year", "id", "pk__in"),
    *("content_type__id__exact", "suspended_at__gte", "email__regex", "a\0b", "prompt__regex", "nothing", "__"),
    *("account__user__email__regex", "password__startswith", "digest__startswith", "_changelist_filters"),
)
ACTIONS: Final = {
    "user": ("grant", "adjust", "suspend", "restore"),
    "apikey": ("revoke",),
    "image": ("refund", "retry", "end"),
    "cataloguemodel": ("switch",),
    "auditrun": ("acknowledge",),
    "purchase": ("compare",),
}


def models() -> Iterator[Any]:
    """Yield the options of every model of the staff site."""
    for model_admin in admin.site._registry.values():
        yield model_admin.opts


@pytest.fixture
def client(staff: Staff, alice: User) -> Client:
    finished_image(alice)
    paid_purchase(alice)
    owner = staff("superuser")
    owner.get("/admin/")
    return owner


def encoded(odd_id: str) -> str:
    return quote(odd_id, safe="", errors="surrogateescape")


@pytest.mark.parametrize("odd_id", ODD_IDS, ids=lambda odd_id: ascii(odd_id)[:20])
def test_an_odd_id_is_not_found(client: Client, odd_id: str) -> None:
    for options in models():
        pages = ("change", "history", "delete", *ACTIONS.get(options.model_name, ()))
        for page in pages:
            path = f"/admin/{options.app_label}/{options.model_name}/{encoded(odd_id)}/{page}/"
            for response in (client.get(path), client.post(path, {"reason": "ticket", "amount": 5})):
                assert response.status_code in (403, 404), (path, response.status_code)


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: ascii(value)[:20])
def test_odd_parameters_of_a_list_are_ignored(client: Client, value: str) -> None:
    for options in models():
        path = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
        queries = [{name: value} for name in ("q", "p", *FILTERS.get(options.model_name, ()))]
        queries += [dict.fromkeys(OTHER_PARAMETERS, value)]
        for query in queries:
            response = client.get(path, query, follow=True)
            assert response.status_code == 200, (path, query)


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: ascii(value)[:20])
def test_odd_parameters_of_other_pages_do_not_fail(client: Client, alice: User, value: str) -> None:
    user = f"/admin/accounts/user/{alice.pk}"
    names = ("days", "q", "p", "_changelist_filters", "created_at_from", "created_at_to", "type__exact")
    for path in ("/admin/", f"{user}/change/", f"{user}/history/", f"{user}/grant/"):
        assert client.get(path, dict.fromkeys(names, value)).status_code == 200, path
    for name in names:
        response = client.get("/admin/billing/ledgerentry/export.csv", {name: value}, follow=True)
        assert response.status_code == 200, name
    parameters = dict.fromkeys(("term", "s", "app_label", "model_name", "field_name"), value)
    paths = ["/admin/autocomplete/", "/admin/search/", "/admin/jsi18n/", f"/admin/{encoded(value)}/"]
    content_type = ContentType.objects.get_for_model(User).pk
    paths += [f"/admin/r/{number}/{encoded(value)}/" for number in (content_type, 9**30)]
    for path in paths:
        assert client.get(path, parameters).status_code < 500, path


def test_a_list_cannot_be_filtered_by_a_secret(client: Client, alice: User) -> None:
    """By the beginning of a hash, its characters could be found one by one."""
    alice.set_password("a quiet lake at dawn")
    alice.save()
    for value in ("pbkdf2", "zzz"):
        response = client.get("/admin/accounts/user/", {"password__startswith": value})
        assert alice in response.context["cl"].result_list


@pytest.mark.parametrize("value", ["\0", "9" * 30, "-" + "9" * 30, "nonsense", ""], ids=ascii)
def test_odd_values_of_forms_are_errors_of_their_fields(client: Client, alice: User, value: str) -> None:
    user = f"/admin/accounts/user/{alice.pk}"
    form = client.get("/admin/images/cataloguemodel/openai_3Agpt-image-2/change/").context["adminform"].form
    values = {name: number for name, number in form.initial.items() if number is not None}
    values |= {"aspect_ratios": "1:1,3:2", "options": '{"a": "\\u0000"}'}
    for name in ("credits", "position", "name", "options"):
        odd = {**values, name: value} if name != "options" else values
        response = client.post("/admin/images/cataloguemodel/openai_3Agpt-image-2/change/", odd)
        assert response.status_code in (200, 302), name
    for page in ("grant", "adjust", "suspend", "change"):
        posted = {"amount": value, "reason": value, "groups": value, "reviewed": value, "confirmed": value}
        assert client.post(f"{user}/{page}/", posted).status_code in (200, 302), page
