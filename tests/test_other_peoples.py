"""Whatever address of the site holds an id: somebody else's is a page that does not exist."""

import uuid
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts import api_keys
from accounts.models import User
from tests.billing.purchases import paid
from tests.rest.conftest import finished_image

pytestmark = pytest.mark.django_db

# Addresses whose ids are nobody's: names of clients and files, one-time tokens, and doors with tests of their own.
PUBLIC: Final = ("accounts/", "admin/", "api/", "docs/", "i/")


def addresses(patterns: Any, before: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield every address below these patterns that holds ids, as a template, with the names of its ids."""
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from addresses(each.url_patterns, route)
        elif isinstance(each, URLPattern) and each.pattern.converters and not route.startswith(PUBLIC):
            names = list(each.pattern.converters)
            for name, converter in each.pattern.converters.items():
                kind = type(converter).__name__.removesuffix("Converter").lower()
                route = route.replace(f"<{kind}:{name}>", f"{{{name}}}").replace(f"<{name}>", f"{{{name}}}")
            yield "/" + route, names


def private_addresses() -> list[str]:
    return [route for route, names in addresses(get_resolver().url_patterns)]


def test_there_are_addresses_with_ids() -> None:
    assert len(private_addresses()) > 5


@pytest.mark.parametrize("route", private_addresses())
def test_somebody_elses_id_is_not_found(route: str, client: Client, alice: User, bob: User, settings: Any) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    theirs = [finished_image(bob).id, api_keys.create(bob, name="Bob's")[0].id, paid(bob).pk, uuid.uuid4()]
    client.force_login(alice, backend=settings.AUTHENTICATION_BACKENDS[0])
    field = route[route.index("{") : route.index("}") + 1]
    for each in theirs:
        address = route.replace(field, str(each))
        statuses = {client.get(address).status_code, client.post(address).status_code}
        assert statuses <= {404, 405}, address
        assert 404 in statuses
