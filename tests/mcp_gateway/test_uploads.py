"""The tools that upload and edit pictures."""

import base64
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

from accounts.models import User
from images.models import Upload
from mcp_gateway.tools.declarations import TOOLS
from tests.factories import balance, finished_image
from tests.images.upload_files import UNUSABLE, mask_png, photo, png
from tests.infrastructure.outbound.stand_ins import Host, SilentListener, response
from tests.mcp_gateway.agent import MODEL, Agent, code_of, text_of

pytestmark = pytest.mark.django_db(transaction=True)

UPLOAD, EDIT = "getimages_upload_image", "getimages_edit_image"


@pytest.fixture
def listener() -> Iterator[SilentListener]:
    with SilentListener() as listener:
        yield listener


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def upload(agent: Agent, **arguments: Any) -> dict[str, Any]:
    result = agent.call(UPLOAD, **arguments)
    assert not result["isError"], result
    content: dict[str, Any] = result["structuredContent"]
    Draft202012Validator(TOOLS[UPLOAD].declaration()["outputSchema"]).validate(content)
    assert content["id"] in text_of(result)
    return content


def edit(agent: Agent, *sources: str, **arguments: Any) -> dict[str, Any]:
    fields = {"prompt": "make it night", "modelId": MODEL, "sources": list(sources), "waitSeconds": 0, **arguments}
    return agent.call(EDIT, **fields)


def test_without_arguments_it_returns_a_link(agent: Agent) -> None:
    content = upload(agent)
    assert (content["status"], content["maxBytes"]) == ("waiting", 20 * 1024 * 1024)
    assert content["uploadUrl"] == content["pageUrl"]
    assert content["curl"].startswith("curl ")
    assert content["width"] is None
    assert code_of(edit(agent, content["id"])) == "not_ready"
    sent = httpx2.put(agent.url + "/u/" + content["uploadUrl"].rpartition("/")[2], content=png())
    assert (sent.status_code, sent.json()["id"]) == (201, content["id"])
    assert code_of(edit(agent, content["id"])) == ""


@pytest.mark.parametrize("prefix", ["", "data:image/jpeg;base64,"])
def test_data_is_decoded_and_stored(agent: Agent, prefix: str) -> None:
    content = upload(agent, data=prefix + base64_of(photo()))
    assert (content["status"], content["mediaType"], content["width"]) == ("uploaded", "image/jpeg", 48)
    assert content["uploadUrl"] is None


def test_data_of_700_kib_is_taken_and_more_is_not(agent: Agent) -> None:
    padded = png() + bytes(700 * 1024 - len(png()))
    upload(agent, data=base64_of(padded))
    result = agent.call(UPLOAD, data=base64_of(padded + b"x"))
    assert code_of(result) == "invalid_arguments"
    assert "Larger than 700 KiB. Call the tool without arguments" in text_of(result)


@pytest.mark.parametrize("name", [name for name in UNUSABLE if name != "empty"])
def test_unusable_data_is_refused_with_its_reason(agent: Agent, name: str) -> None:
    content, reason = UNUSABLE[name]
    result = agent.call(UPLOAD, data=base64_of(content))
    assert code_of(result) == "invalid_arguments"
    assert reason in text_of(result)


@pytest.mark.parametrize("data", ["", "no base64!", "iVBO"])
def test_what_is_not_a_picture_in_base64_is_an_error(agent: Agent, data: str) -> None:
    assert code_of(agent.call(UPLOAD, data=data)) == "invalid_arguments"
    assert not Upload.objects.exists()


def test_only_one_way_at_a_time(agent: Agent) -> None:
    result = agent.call(UPLOAD, data=base64_of(png()), url="https://example.com/a.png")
    assert code_of(result) == "invalid_arguments"
    assert "Use only one of url, file and data" in text_of(result)


def test_a_url_and_a_file_of_the_chat_are_fetched(agent: Agent, settings: Any) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = True
    with Host(response(body=png())) as host:
        upload(agent, url=f"{host.url}/a.png")
        file = {"download_url": f"{host.url}/b.png", "file_id": "file_1", "mime_type": "image/png", "more": 1}
        upload(agent, file=file)
    assert host.paths == ["/a.png", "/b.png"]


@pytest.mark.parametrize("field", ["url", "file"])
def test_nothing_is_sent_to_private_addresses(agent: Agent, listener: SilentListener, field: str) -> None:
    for host in ("127.0.0.1", "localhost", "[::1]", "10.0.0.1"):
        for scheme in ("http", "https"):
            url = f"{scheme}://{host}:{listener.port}/a.png"
            value = url if field == "url" else {"download_url": url, "file_id": "file_1"}
            result = agent.call(UPLOAD, **{field: value})
            assert code_of(result) == "invalid_arguments"
            assert text_of(result).startswith(f"invalid_arguments: {field}: ")
    assert not listener.was_contacted()


@pytest.mark.parametrize("file", ["file_1", {"file_id": "file_1"}, {}, []])
def test_a_malformed_file_is_an_error(agent: Agent, file: Any) -> None:
    assert code_of(agent.call(UPLOAD, file=file)) == "invalid_arguments"


def test_an_upload_is_free_and_an_edit_costs_what_a_generation_costs(agent: Agent, alice: User) -> None:
    source, mask = upload(agent, data=base64_of(png()))["id"], upload(agent, data=base64_of(mask_png()))["id"]
    assert balance(alice) == 100
    result = edit(agent, source, mask=mask)
    content = result["structuredContent"]
    Draft202012Validator(TOOLS[EDIT].declaration()["outputSchema"]).validate(content)
    assert [(each["id"], each["role"]) for each in content["sources"]] == [(source, "base"), (mask, "mask")]
    assert (content["aspectRatio"], content["credits"]) == ("auto", {"charged": 5, "remaining": 95})


def test_the_image_and_uploads_of_another_user_are_not_found(agent: Agent, bobs_agent: Agent, bob: User) -> None:
    own = upload(agent, data=base64_of(png()))["id"]
    for other in (
        str(finished_image(bob).id),
        upload(bobs_agent)["id"],
        upload(bobs_agent, data=base64_of(png()))["id"],
    ):
        assert code_of(edit(agent, other)) == "image_not_found"
        assert code_of(edit(agent, own, other)) == "image_not_found"
        assert code_of(edit(agent, own, mask=other)) == "image_not_found"


def test_a_call_of_generate_takes_no_sources(agent: Agent, alice: User) -> None:
    result = agent.generate(sources=[str(finished_image(alice).id)])
    assert code_of(result) == "invalid_arguments"
