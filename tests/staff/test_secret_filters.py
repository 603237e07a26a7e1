"""No list of the staff site can be filtered, searched or sorted by a secret column, of its own rows or of related ones.

By the beginning of a hash, its characters could be found one by one.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts import api_keys
from accounts.models import User
from billing.models import PaymentEvent
from images import audit
from tests.factories import create_webhook, finished_image, paid_purchase
from tests.staff.test_actions import REASON, action_path, confirm

pytestmark = pytest.mark.django_db

SECRETS: Final[Mapping[str, frozenset[str]]] = {
    "accounts.user": frozenset({"password"}),
    "accounts.apikey": frozenset({"digest"}),
    "account.emailconfirmation": frozenset({"key"}),
    "billing.signupgrant": frozenset({"digest"}),
    "images.image": frozenset({"idempotency_key"}),
    "images.webhookendpoint": frozenset({"url", "secret", "previous_secret"}),
    "mfa.authenticator": frozenset({"data"}),
    "sessions.session": frozenset({"session_key", "session_data"}),
    "socialaccount.socialtoken": frozenset({"token", "token_secret"}),
    "usersessions.usersession": frozenset({"session_key", "data"}),
}
RELATIONS_MAX: Final = 2
LOOKUPS: Final = ("", "__exact", "__startswith", "__icontains", "__regex", "__gt", "__in", "__isnull")


def secret_paths(model: type[Model], relations: int = RELATIONS_MAX) -> Iterator[str]:
    """Yield the lookup path of every secret column of a model and of the models related to it."""
    for field in model._meta.get_fields():
        if field.name in SECRETS.get(model._meta.label_lower, ()):
            yield field.name
        elif field.is_relation and relations and isinstance(related := field.related_model, type):
            yield from (f"{field.name}__{path}" for path in secret_paths(related, relations - 1))


@pytest.fixture
def client(staff: Callable[[str], Client], alice: User) -> Client:
    """An owner of the site, whose lists all have rows."""
    alice.set_password("a quiet lake at dawn")
    alice.save()
    api_keys.create(alice, name="Laptop")
    create_webhook(alice)
    finished_image(alice)
    PaymentEvent.objects.create(id="evt_1", type="charge.refunded", about="ch_1", purchase=paid_purchase(alice))
    audit.run()
    owner = staff("superuser")
    confirm(owner, action_path(alice, "suspend"), REASON)
    return owner


def rows(client: Client, path: str, parameters: Mapping[str, str] | None = None) -> list[Any]:
    response = client.get(path, parameters)
    assert response.status_code == 200, (path, response.status_code)
    return list(response.context["cl"].result_list)


def test_every_secret_column_exists() -> None:
    for label, columns in SECRETS.items():
        assert columns <= {field.name for field in apps.get_model(label)._meta.get_fields()}, label


@pytest.mark.parametrize(
    ("path", "name"), [("accounts/user", "password__startswith"), ("accounts/apikey", "digest__startswith")]
)
@pytest.mark.parametrize("value", ["pbkdf2", "\\x00", "zzz"])
def test_users_and_keys_cannot_be_filtered_by_a_hash(client: Client, path: str, name: str, value: str) -> None:
    found = rows(client, f"/admin/{path}/", {name: value})
    assert found
    assert found == rows(client, f"/admin/{path}/")


def test_no_list_is_filtered_by_a_secret_column(client: Client) -> None:
    walked = {}
    for model_admin in admin.site._registry.values():
        options = model_admin.opts
        path = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
        paths = list(secret_paths(model_admin.model))
        found = rows(client, path, {f"{name}{lookup}": "zzz" for name in paths for lookup in LOOKUPS})
        assert found, path
        assert found == rows(client, path), path
        walked[options.label_lower] = set(paths)
    assert {"password", "api_keys__digest"} <= walked["accounts.user"]
    assert {"digest", "user__password", "user__authenticator__data"} <= walked["accounts.apikey"]
    assert {"user__password", "user__api_keys__digest"} <= walked["admin.logentry"] & walked["images.image"]
    assert "account__user__password" in walked["billing.ledgerentry"] & walked["billing.purchase"]


def test_no_list_searches_sorts_or_shows_a_secret_column(client: Client) -> None:
    for model_admin in admin.site._registry.values():
        columns = (model_admin.list_display, model_admin.ordering, model_admin.list_filter, model_admin.search_fields)
        shown = [column for part in columns for column in part or ()]
        names = {name.lstrip("=^@-") for name in shown if isinstance(name, str)}
        assert not names.intersection(secret_paths(model_admin.model)), model_admin


@pytest.mark.django_db(transaction=True)
def test_the_csv_is_not_filtered_by_a_secret_column(client: Client) -> None:
    path = "/admin/billing/ledgerentry/export.csv"
    everything = csv_lines(client, path)
    assert everything > 1
    assert csv_lines(client, path, {"account__user__password__startswith": "zzz"}) == everything


def csv_lines(client: Client, path: str, parameters: Mapping[str, str] | None = None) -> int:
    response: Any = client.get(path, parameters)

    async def read() -> list[bytes]:
        return [chunk async for chunk in response.streaming_content]

    return b"".join(async_to_sync(read)()).count(b"\n")
