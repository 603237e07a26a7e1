"""Objects of other users are not found: on every page with an id in its URL, every tool and every REST call."""

import functools
import itertools
import json
import uuid
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts import api_keys
from accounts.models import ApiKey, User
from api.urls import urlpatterns as api
from images.library import collections
from images.models import Collection, Upload, WebhookDelivery, WebhookEndpoint
from images.uploads import uploads
from images.webhooks import endpoints
from mcp_gateway.tools.declarations import TOOLS
from tests.accounts.oauth.steps import connect, create_client
from tests.api.program import Program
from tests.factories import caller_of, create_webhook, finished_image, paid_purchase
from tests.images.upload_files import png
from tests.mcp_gateway.agent import MODEL, Agent, code_of
from tests.web_server import Server

pytestmark = pytest.mark.django_db

BOBS_PROMPT: Final = "Bob's own prompt"
# URLs with ids that belong to no user (clients, files, one-time tokens), and entry points with their own tests.
EXCLUDED: Final = ("accounts/", "admin/", "api/", "docs/", "i/", "s/", "u/")


def routes_with_ids(patterns: Any, prefix: str = "") -> Iterator[str]:
    """Yield every route with converters below these patterns, as a format string."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes_with_ids(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and pattern.pattern.converters and not route.startswith(EXCLUDED):
            for name, converter in pattern.pattern.converters.items():
                converter_name = type(converter).__name__.removesuffix("Converter").lower()
                route = route.replace(f"<{converter_name}:{name}>", f"{{{name}}}").replace(f"<{name}>", f"{{{name}}}")
            yield "/" + route


def private_routes() -> list[str]:
    return list(routes_with_ids(get_resolver().url_patterns))


def test_there_are_routes_with_ids() -> None:
    assert len(private_routes()) > 5


@pytest.mark.parametrize("route", private_routes())
def test_pages_of_another_users_objects_are_not_found(
    route: str, client: Client, alice: User, bob: User, settings: Any
) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    connect(bob, create_client())
    bobs_connection = ApiKey.objects.exclude(client=None).get().pk
    bobs_ids = [finished_image(bob).id, api_keys.create(bob, name="Bob's")[0].id, paid_purchase(bob).pk, uuid.uuid4()]
    webhook = create_webhook(bob).endpoint
    delivery = endpoints.send_test(caller_of(bob), webhook.pk)
    bobs_ids += [bobs_connection, webhook.pk, collections.create(caller_of(bob), "Bob's").id]
    client.force_login(alice, backend=settings.AUTHENTICATION_BACKENDS[0])
    field = route[route.index("{") : route.index("}") + 1]
    for bobs_id in bobs_ids:
        path = route.replace(field, str(bobs_id)).replace("{delivery_id}", str(delivery.pk))
        statuses = {client.get(path).status_code, client.post(path).status_code}
        assert statuses <= {404, 405}, path
        assert 404 in statuses


def test_no_tool_returns_another_users_data(
    transactional_db: None, server: Server, alices_key: str, bob: User, settings: Any
) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    image = finished_image(bob, BOBS_PROMPT)
    arguments = {
        "id": str(image.id),
        "sources": [str(image.id)],
        "mask": str(image.id),
        "prompt": "a lake",
        "modelId": MODEL,
        "waitSeconds": 0,
    }
    for name, tool in TOOLS.items():
        properties = tool.declaration()["inputSchema"]["properties"]
        response = Agent(server.url, alices_key).call(
            name, **{field: value for field, value in arguments.items() if field in properties}
        )
        # An error may repeat the id of the request, to say that there is no such picture.
        returned = json.dumps(response).replace(f"has no image or upload with the ID {image.id}.", "")
        assert not [text for text in (str(image.id), BOBS_PROMPT, bob.email) if text in returned], name
        assert code_of(response) == ("image_not_found" if {"id", "sources"} & properties.keys() else ""), name


def test_no_rest_call_returns_or_changes_another_users_data(
    transactional_db: None, server: Server, alices_key: str, bob: User, settings: Any
) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    image = finished_image(bob, BOBS_PROMPT)
    upload = uploads.store(caller_of(bob), png())
    webhook = create_webhook(bob, "https://bob.example/hooks").endpoint
    delivery = endpoints.send_test(caller_of(bob), webhook.pk)
    collection = collections.create(caller_of(bob), "Bob's own collection")
    ids = {"<str:image_id>": str(image.id), "<str:upload_id>": str(upload.id)}
    ids |= {"<str:webhook_id>": str(webhook.pk), "<str:delivery_id>": str(delivery.pk)}
    ids["<str:collection_id>"] = str(collection.id)
    routes = [functools.reduce(lambda route, item: route.replace(*item), ids.items(), str(p.pattern)) for p in api]
    program = Program(server.url, alices_key)
    bobs_texts = (BOBS_PROMPT, bob.email, "bob.example", collection.name)
    with program.http:
        for route, method in itertools.product(routes, ("GET", "POST", "PUT", "PATCH", "DELETE")):
            # The body of a collection is checked before its id.
            is_rename = method == "PATCH" and route.startswith("collections/")
            answer = program.request(method, route, json={"name": "Mine"} if is_rename else {})
            assert not any(bobs_id in route for bobs_id in ids.values()) or answer.status_code in {404, 405}, route
            assert not [each for each in bobs_texts if each in answer.text], route
    image.refresh_from_db()
    assert (image.status, image.deleted_at) == ("succeeded", None)
    assert Upload.objects.filter(pk=upload.pk).exists()
    assert list(WebhookEndpoint.objects.values_list("pk", "enabled", "secret")) == [(webhook.pk, True, webhook.secret)]
    assert list(WebhookDelivery.objects.values_list("pk", "attempt")) == [(delivery.pk, 0)]
    assert Collection.objects.filter(pk=collection.id, name=collection.name).exists()
