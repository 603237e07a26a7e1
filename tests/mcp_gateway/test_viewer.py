"""The viewer as a resource: its size, its metadata, and who is told about it."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import httpx2
import pytest
from django.conf import settings as configured
from django.utils import timezone

from accounts.models import OAuthToken, User
from accounts.oauth import scopes
from images.models import Image
from images.storage import files, links
from mcp_gateway import viewer
from tests.accounts.oauth.steps import connect, create_client
from tests.factories import finished_image, queued_image
from tests.mcp_gateway.agent import Agent, messages, request

pytestmark = pytest.mark.django_db(transaction=True)

VIEWED: Final = {
    "getimages_generate_image",
    "getimages_edit_image",
    "getimages_get_image",
    "getimages_list_images",
}
SIZE_MAX_BYTES: Final = 30_000
EXTENSIONS: Final = {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html;profile=mcp-app"]}}


def test_the_viewer_is_one_small_file_that_loads_pictures_of_this_site_only(agent: Agent) -> None:
    [content] = agent.result("resources/read", uri="ui://get-images/viewer")["contents"]
    assert content["mimeType"] == "text/html;profile=mcp-app"
    assert len(content["text"].encode()) < SIZE_MAX_BYTES
    assert content["_meta"] == {
        "ui": {
            "csp": {"resourceDomains": [configured.SITE_URL]},
            "permissions": {"clipboardWrite": {}},
            "prefersBorder": False,
        }
    }
    for reference in ("src=", "@import", "url(", "innerHTML", "import("):
        assert reference not in content["text"], reference
    assert f'data-site="{configured.SITE_URL}"' in content["text"]


def test_credits_are_offered_only_where_they_are_sold(settings: Any) -> None:
    assert "data-billing" not in viewer.document()
    settings.STRIPE_SECRET_KEY = "sk_test"
    assert f'data-billing="{configured.SITE_URL}/dashboard/billing/"' in viewer.document()


def meta(extensions: dict[str, Any]) -> dict[str, Any]:
    return {"io.modelcontextprotocol/clientCapabilities": {"extensions": extensions}}


def told(agent: Agent, alice: User, send: Callable[..., Any]) -> tuple[set[str], bool, bool]:
    """Return the tools that name the viewer, whether the resources contain it, and whether a list has thumbnails."""
    tools = send("tools/list")["tools"]
    named = {tool["name"] for tool in tools if tool.get("_meta", {}).get("ui") == {"resourceUri": viewer.URI}}
    resources = [resource["uri"] for resource in send("resources/list")["resources"]]
    images = send("tools/call", name="getimages_list_images", arguments={})
    return named, viewer.URI in resources, viewer.THUMBNAILS_KEY in images.get("_meta", {})


def test_a_client_since_2026_07_28_is_told_of_the_viewer_if_it_declares_the_extension(
    agent: Agent, alice: User
) -> None:
    finished_image(alice)
    cases: list[tuple[dict[str, Any], bool]] = [
        (EXTENSIONS, True),
        ({}, False),
        ({"io.modelcontextprotocol/ui": {}}, False),
        ({"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html"]}}, False),
    ]
    for extensions, is_told in cases:
        send = partial(agent.result, _meta=meta(extensions))
        assert told(agent, alice, send) == (VIEWED if is_told else set(), is_told, is_told), extensions


@pytest.mark.parametrize("version", ["2025-06-18", "2025-11-25"])
def test_a_client_of_an_earlier_version_is_always_told(agent: Agent, alice: User, version: str) -> None:
    finished_image(alice)

    def send(method: str, **parameters: Any) -> Any:
        headers = {"MCP-Protocol-Version": version}
        return messages(agent.send(request(method, parameters), headers=headers))[-1]["result"]

    assert told(agent, alice, send) == (VIEWED, True, True)


def test_a_list_has_links_to_the_thumbnails_of_its_pictures(agent: Agent, alice: User, bob: User) -> None:
    image = finished_image(alice)
    queued_image(alice)
    finished_image(bob)
    thumbnails = agent.call("getimages_list_images", status="all")["_meta"][viewer.THUMBNAILS_KEY]
    assert list(thumbnails) == [str(image.pk)]
    path = thumbnails[str(image.pk)].removeprefix(configured.SITE_URL)
    response = httpx2.get(agent.url + path)
    assert response.content == files.read(image.thumbnail_name)
    assert response.headers["content-type"] == "image/webp"
    # Pages that isolate themselves load nothing without this header.
    for url in (agent.url + path, agent.url + path.removesuffix("/thumbnail")):
        assert httpx2.get(url).headers["cross-origin-resource-policy"] == "cross-origin"


def test_an_invalid_link_to_a_thumbnail_is_not_found(agent: Agent, alice: User) -> None:
    image = finished_image(alice)
    path = links.thumbnail_url(image.pk).removeprefix(configured.SITE_URL)
    Image.objects.filter(pk=image.pk).update(deleted_at=timezone.now())
    for changed in (path, path.replace("/thumbnail", "x/thumbnail"), "/i/x/thumbnail"):
        assert httpx2.get(agent.url + changed).status_code == 404


def test_the_viewer_needs_no_scope(agent: Agent, alice: User) -> None:
    agent.key = connect(alice, create_client()).access_token
    OAuthToken.objects.update(scopes=[scopes.GENERATE])
    [content] = agent.result("resources/read", uri=viewer.URI)["contents"]
    assert content["uri"] == viewer.URI
