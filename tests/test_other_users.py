"""Whatever address of the site holds an id: somebody else's is a page that does not exist."""

import itertools
import json
import uuid
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts import api_keys
from accounts.models import User
from api.urls import urlpatterns as api
from mcp_gateway.tools.declarations import TOOLS
from tests.api.program import Program
from tests.factories import finished_image, paid
from tests.mcp_gateway.agent import MODEL, Agent, code_of
from tests.web_server import Server

pytestmark = pytest.mark.django_db

BOBS_WISH: Final = "Bob's own wish"
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


def test_no_tool_shows_what_is_somebody_elses(
    transactional_db: None, server: Server, alices_key: str, bob: User, settings: Any
) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    image = finished_image(bob, BOBS_WISH)
    wanted = {"id": str(image.id), "prompt": "a lake", "modelId": MODEL, "waitSeconds": 0}
    for name, tool in TOOLS.items():
        takes = tool.declaration()["inputSchema"]["properties"]
        answer = Agent(server.url, alices_key).call(
            name, **{field: wanted[field] for field in wanted if field in takes}
        )
        assert not [each for each in (str(image.id), BOBS_WISH, bob.email) if each in json.dumps(answer)], name
        assert code_of(answer) == ("image_not_found" if "id" in takes else ""), name


def test_no_call_of_the_api_shows_or_changes_what_is_somebody_elses(
    transactional_db: None, server: Server, alices_key: str, bob: User, settings: Any
) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    image = finished_image(bob, BOBS_WISH)
    routes = [str(each.pattern).replace("<str:image_id>", str(image.id)) for each in api]
    program = Program(server.url, alices_key)
    with program.http:
        for route, method in itertools.product(routes, ("GET", "POST", "DELETE")):
            answer = program.request(method, route, json={})
            assert str(image.id) not in route or answer.status_code in {404, 405}, route
            assert not [each for each in (BOBS_WISH, bob.email) if each in answer.text], route
    image.refresh_from_db()
    assert (image.status, image.deleted_at) == ("succeeded", None)
