"""Resources: the caller's images and thumbnails, in every protocol version."""

import base64
import datetime
from typing import Any

import httpx2
import pytest
from django.conf import settings

from accounts.models import OAuthToken, User
from accounts.oauth import scopes
from images.models import Image
from images.storage import files
from mcp_gateway import resources
from tests.accounts.oauth.steps import connect, create_client
from tests.factories import complete, finished_image, queued_image
from tests.mcp_gateway.agent import Agent, request, tool_call

pytestmark = pytest.mark.django_db(transaction=True)

UNKNOWN = "getimages://images/8d3f1a52-0000-4000-8000-1e8a02b3c4d5"


def uri_of(image: Image) -> str:
    return f"getimages://images/{image.id}"


def test_the_list_has_the_callers_pictures_newest_first(agent: Agent, alice: User, bob: User) -> None:
    older, newer = finished_image(alice, "A red fox " * 20), finished_image(alice, "A quiet lake")
    queued_image(alice)
    finished_image(bob)
    result = agent.result("resources/list")
    assert [resource["uri"] for resource in result["resources"]] == [uri_of(newer), uri_of(older)]
    assert result["resources"][0] == {
        "uri": uri_of(newer),
        "name": "a-quiet-lake.png",
        "title": "A quiet lake",
        "mimeType": "image/png",
        "size": newer.byte_size,
        "annotations": {"lastModified": f"{newer.finished_at:%Y-%m-%dT%H:%M:%SZ}"},
    }
    assert len(result["resources"][1]["title"]) == 80
    assert (result["ttlMs"], result["cacheScope"]) == (5000, "private")
    assert "nextCursor" not in result


def test_pages_have_every_image_once_even_if_times_are_equal(
    agent: Agent, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "PAGE_SIZE", 2)
    images = [finished_image(alice, f"number {number}") for number in range(5)]
    moment = datetime.datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=datetime.UTC)
    Image.objects.filter(pk__in=[image.pk for image in images[:4]]).update(created_at=moment)
    uris: list[str] = []
    result: dict[str, Any] = {"nextCursor": None}
    while "nextCursor" in result:
        cursor = {"cursor": result["nextCursor"]} if result["nextCursor"] else {}
        result = agent.result("resources/list", **cursor)
        uris += [resource["uri"] for resource in result["resources"]]
    assert len(uris) == 5
    assert set(uris) == {uri_of(image) for image in images}


@pytest.mark.parametrize("cursor", ["", "x", "!" * 300, "\ud800", base64.b64encode(b"2026-01-01/1").decode()])
def test_an_invalid_cursor_is_an_error_that_says_what_to_do(agent: Agent, cursor: str) -> None:
    error = agent.error("resources/list", cursor=cursor)
    assert error["code"] == -32602
    assert "without a cursor" in error["message"]


def test_an_image_and_its_thumbnail_can_be_read(agent: Agent, alice: User) -> None:
    image = finished_image(alice)
    [picture] = agent.result("resources/read", uri=uri_of(image))["contents"]
    assert (picture["uri"], picture["mimeType"]) == (uri_of(image), "image/png")
    assert base64.b64decode(picture["blob"]) == files.read(image.picture_name)
    result = agent.result("resources/read", uri=f"{uri_of(image)}/thumbnail")
    assert result["contents"][0]["mimeType"] == "image/webp"
    assert base64.b64decode(result["contents"][0]["blob"]) == files.read(image.thumbnail_name)
    assert (result["ttlMs"], result["cacheScope"]) == (300_000, "private")


def test_an_unfinished_image_is_not_ready(agent: Agent, alice: User) -> None:
    image = queued_image(alice)
    error = agent.error("resources/read", uri=uri_of(image))
    assert (error["code"], error["data"]) == (-32602, {"code": "not_ready", "retryable": False})
    complete(image)
    assert agent.result("resources/read", uri=uri_of(image))["contents"]


@pytest.mark.parametrize("suffix", ["", "/thumbnail"])
def test_the_image_of_another_user_is_not_found_like_an_unknown_one(agent: Agent, bob: User, suffix: str) -> None:
    bobs = uri_of(finished_image(bob)) + suffix
    errors = {uri: agent.error("resources/read", uri=uri) for uri in (bobs, UNKNOWN + suffix)}
    for uri, error in errors.items():
        assert (error["code"], error["data"]) == (-32602, {"uri": uri})
    assert errors[bobs]["message"] == errors[UNKNOWN + suffix]["message"]


def test_a_deleted_image_is_not_found(agent: Agent, alice: User) -> None:
    image = finished_image(alice)
    Image.objects.filter(pk=image.pk).erase_content()
    assert agent.error("resources/read", uri=uri_of(image))["data"] == {"uri": uri_of(image)}
    assert agent.result("resources/list")["resources"] == []


@pytest.mark.parametrize("version", ["2025-03-26", "2025-06-18", "2025-11-25"])
def test_earlier_versions_have_their_own_code_for_not_found(agent: Agent, alice: User, version: str) -> None:
    headers = {"MCP-Protocol-Version": version}
    response = agent.send(request("resources/read", {"uri": "file:///etc/passwd"}), headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (200, -32002)
    image = finished_image(alice)
    listed = agent.send(request("resources/list"), headers=headers).json()["result"]
    assert listed.keys() == {"resources"}
    read = agent.send(request("resources/read", {"uri": uri_of(image)}), headers=headers).json()["result"]
    assert read["contents"][0]["blob"]


def test_the_templates_are_public(agent: Agent) -> None:
    result = agent.result("resources/templates/list")
    templates = [template["uriTemplate"] for template in result["resourceTemplates"]]
    assert templates == ["getimages://images/{id}", "getimages://images/{id}/thumbnail"]
    assert (result["ttlMs"], result["cacheScope"]) == (300_000, "public")


def test_a_suspended_account_reads_nothing(agent: Agent, alice: User) -> None:
    image = finished_image(alice)
    User.objects.filter(pk=alice.pk).update(suspended_at="2026-01-01T00:00Z")
    for method, parameters in {"resources/list": {}, "resources/read": {"uri": uri_of(image)}}.items():
        error = agent.error(method, **parameters)
        assert error["code"] == -32600
        assert error["message"].startswith("account_suspended: ")


def test_a_picture_that_storage_lost_is_a_temporary_error(agent: Agent, alice: User) -> None:
    image = finished_image(alice)
    files.backend().delete(image.picture_name)
    error = agent.error("resources/read", uri=uri_of(image))
    assert (error["code"], error["data"]) == (-32603, {"code": "unavailable", "retryable": True})


def test_a_finished_image_is_linked_since_2025_06_18(agent: Agent, alice: User) -> None:
    image = finished_image(alice, "A quiet lake")
    message = tool_call("getimages_get_image", {"id": str(image.id)})
    for version, links in (("2025-03-26", 0), ("2025-06-18", 1), ("2025-11-25", 1)):
        result = agent.send(message, headers={"MCP-Protocol-Version": version}).json()["result"]
        blocks = [block for block in result["content"] if block["type"] == "resource_link"]
        assert len(blocks) == links, version
    assert blocks[0] == {
        "type": "resource_link",
        "uri": result["structuredContent"]["imageUrl"],
        "name": "a-quiet-lake.png",
        "mimeType": "image/png",
        "size": image.byte_size,
    }
    assert len(httpx2.get(blocks[0]["uri"].replace(settings.SITE_URL, agent.url)).content) == image.byte_size


def test_a_connection_without_the_scope_to_read_gets_the_http_error(agent: Agent, alice: User) -> None:
    agent.key = connect(alice, create_client()).access_token
    OAuthToken.objects.update(scopes=[scopes.GENERATE])
    for method, parameters in {
        "resources/list": {},
        "resources/read": {"uri": UNKNOWN},
        "prompts/get": {"name": "product-photo"},
        "completion/complete": {},
    }.items():
        response = agent.send(request(method, parameters))
        assert response.status_code == 403, method
        assert 'scope="images:read"' in response.headers["www-authenticate"]
    assert agent.send(request("prompts/list")).status_code == 200
