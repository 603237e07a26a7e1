"""Edits by servers that speak OpenAI's Images API: the form, and both kinds of answers."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from images.failures import MaskRefused, ModelRetired, SourcesRefused
from images.providers import SERVER_PARAMETERS, Server, compatible
from tests.images.providers import responses
from tests.images.providers.requests import PROMPT, failure, picture_request
from tests.images.providers.source_pictures import gradient, mask, source
from tests.images.providers.stand_in import OPENAI_EDITS_PATH, ProviderStandIn
from tests.infrastructure.outbound.stand_ins import Host, response

KEY, VARIABLE = "sk-compatible-secret-8f00b204", "COMPATIBLE_LOCAL_API_KEY"
SIZE = (320, 200)
FIRST, SECOND, MASK = source(gradient(*SIZE)), source(gradient(90, 60), "JPEG"), mask(SIZE, (0, 0, 9, 9))


@pytest.fixture
def host() -> Iterator[Host]:
    with Host(response(body=responses.png())) as host:
        yield host


def edit_request(stand_in: ProviderStandIn, *parameters: str, key_variable: str = "", **changes: Any) -> Any:
    server = Server(stand_in.url_openai, key_variable, parameters)
    defaults = {"server": server, "sources": [FIRST], "aspect_ratio": "auto", "safety_identifier": "5eb6"}
    return picture_request("compatible:flux", **{**defaults, **changes})


async def test_without_parameters_only_model_prompt_and_files_are_sent(
    stand_in: ProviderStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    stand_in.respond_with(responses.picture(64, 64))
    fields = {"quality": "low", "options": {"quality": "high", "steps": "8"}, "sources": [FIRST, SECOND], "mask": MASK}
    picture = await compatible.generate(edit_request(stand_in, key_variable=VARIABLE, **fields))
    (received,) = stand_in.requests
    assert (received.path, received.headers["authorization"]) == (OPENAI_EDITS_PATH, f"Bearer {KEY}")
    assert received.body == {"model": "flux", "prompt": PROMPT}
    assert [(file.field, file.name, file.media_type, file.content) for file in received.files] == [
        ("image[]", "source-1.png", "image/png", FIRST.content),
        ("image[]", "source-2.jpeg", "image/jpeg", SECOND.content),
        ("mask", "mask.png", "image/png", MASK),
    ]
    assert picture.content == responses.png()


async def test_one_picture_is_sent_as_image(stand_in: ProviderStandIn) -> None:
    await compatible.generate(edit_request(stand_in))
    assert [file.field for file in stand_in.requests[0].files] == ["image"]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("n", "1"),
        ("size", "1408x880"),
        ("quality", "low"),
        ("background", "transparent"),
        ("output_format", "png"),
        ("response_format", "b64_json"),
        ("user", "5eb6"),
        ("safety_identifier", "5eb6"),
        ("steps", "8"),
    ],
)
async def test_each_parameter_of_the_row_is_sent(stand_in: ProviderStandIn, parameter: str, value: str) -> None:
    stand_in.respond_with(responses.content(responses.png()))
    fields: dict[str, Any] = {"quality": "low", "background": "transparent", "options": {"steps": "8"}}
    await compatible.generate(edit_request(stand_in, parameter, **fields))
    assert stand_in.requests[0].body == {"model": "flux", "prompt": PROMPT, parameter: value}


@pytest.mark.parametrize(("ratio", "sent"), [("auto", None), ("16:9", "16:9")])
async def test_a_ratio_is_sent_if_it_was_chosen(stand_in: ProviderStandIn, ratio: str, sent: str | None) -> None:
    await compatible.generate(edit_request(stand_in, "aspect_ratio", aspect_ratio=ratio))
    assert stand_in.requests[0].body.get("aspect_ratio") == sent


async def test_every_parameter_without_a_choice(stand_in: ProviderStandIn) -> None:
    await compatible.generate(edit_request(stand_in, *SERVER_PARAMETERS, safety_identifier=""))
    sent = {"n": "1", "size": "1408x880", "response_format": "b64_json"}
    assert stand_in.requests[0].body == {"model": "flux", "prompt": PROMPT, **sent}


async def test_a_picture_at_a_url_is_downloaded(stand_in: ProviderStandIn, host: Host, settings: Any) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = True
    stand_in.respond_with(responses.openai_data([{"url": f"{host.url}/a.png"}]))
    assert (await compatible.generate(edit_request(stand_in))).content == responses.png()
    assert host.paths == ["/a.png"]


async def test_a_data_url_is_a_picture(stand_in: ProviderStandIn) -> None:
    url = f"data:image/png;base64,{base64.b64encode(responses.png()).decode()}"
    stand_in.respond_with(responses.openai_data([{"url": url}]))
    assert (await compatible.generate(edit_request(stand_in))).content == responses.png()


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (400, {"code": None, "message": "No.", "param": "mask"}, MaskRefused),
        (422, {"code": None, "message": "At most 1 image may be provided."}, SourcesRefused),
        # The server has no such endpoint.
        (404, {"code": None, "message": "Not found."}, ModelRetired),
    ],
)
async def test_a_refusal_has_a_code_of_its_own(
    stand_in: ProviderStandIn, status: int, error: dict[str, Any], expected: type
) -> None:
    stand_in.respond_with(responses.openai_error(status, **error))
    raised = await failure(compatible.generate, edit_request(stand_in, sources=[FIRST, SECOND], mask=MASK))
    assert type(raised) is expected
