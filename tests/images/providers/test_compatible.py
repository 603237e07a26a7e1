"""Servers that speak OpenAI's Images API: what is sent, both kinds of answers, and which URLs and keys are refused."""

import base64
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from images.failures import ModelRetired
from images.models import CatalogueModel
from images.pictures import raster
from images.providers import SERVER_PARAMETERS, Server, compatible, registry
from tests.images.providers import responses
from tests.images.providers.requests import PROMPT, failure, picture_request
from tests.images.providers.stand_in import ProviderStandIn
from tests.infrastructure.outbound.stand_ins import Host, NameServer, response

KEY, VARIABLE = "sk-compatible-secret-8f00b204", "COMPATIBLE_LOCAL_API_KEY"
MODEL = "compatible:flux"
SIGNATURE = "sig=6a1f2c"


@pytest.fixture
def host() -> Iterator[Host]:
    with Host(response(body=responses.png())) as host:
        yield host


def request_to(stand_in: ProviderStandIn, *parameters: str, key_variable: str = "", **changes: Any) -> Any:
    server = Server(stand_in.url_openai, key_variable, parameters)
    return picture_request(MODEL, server=server, **changes)


async def test_without_parameters_only_model_and_prompt_are_sent(stand_in: ProviderStandIn) -> None:
    stand_in.respond_with(responses.picture(64, 64))
    picture = await compatible.generate(
        request_to(stand_in, quality="low", safety_identifier="5eb6", options={"quality": "high", "steps": "8"})
    )
    assert picture.content == responses.png()
    assert stand_in.requests[0].body == {"model": "flux", "prompt": PROMPT}


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("n", 1),
        ("size", "1536x864"),
        ("aspect_ratio", "16:9"),
        ("quality", "low"),
        ("background", "transparent"),
        ("output_format", "png"),
        ("response_format", "b64_json"),
        ("user", "5eb6"),
        ("safety_identifier", "5eb6"),
        ("steps", "8"),
    ],
)
async def test_each_parameter_of_the_row_is_sent(stand_in: ProviderStandIn, parameter: str, value: object) -> None:
    stand_in.respond_with(responses.picture(64, 64))
    choices = {"aspect_ratio": "16:9", "quality": "low", "background": "transparent", "safety_identifier": "5eb6"}
    await compatible.generate(request_to(stand_in, parameter, options={"steps": "8"}, **choices))
    assert stand_in.requests[0].body == {"model": "flux", "prompt": PROMPT, parameter: value}


async def test_a_parameter_without_a_value_is_not_sent(stand_in: ProviderStandIn) -> None:
    await compatible.generate(request_to(stand_in, *SERVER_PARAMETERS))
    sent = {"n": 1, "size": "1024x1024", "aspect_ratio": "1:1", "response_format": "b64_json"}
    assert stand_in.requests[0].body == {"model": "flux", "prompt": PROMPT, **sent}


async def test_the_key_of_the_variable_is_sent(stand_in: ProviderStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin-secret")
    await compatible.generate(request_to(stand_in, "size", key_variable=VARIABLE))
    assert stand_in.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert not {"openai-organization", "openai-project"} & stand_in.requests[0].headers.keys()


async def test_a_server_without_a_key_receives_no_key_of_ours(stand_in: ProviderStandIn) -> None:
    await compatible.generate(request_to(stand_in, "size"))
    assert stand_in.requests[0].headers["authorization"] == "Bearer none"


async def test_the_key_is_in_no_error_or_log(
    stand_in: ProviderStandIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    stand_in.respond_with(responses.openai_error(401, "invalid_api_key", f"Incorrect API key: {KEY}"))
    error = await failure(compatible.generate, request_to(stand_in, key_variable=VARIABLE))
    assert error.calls_allowed == 1
    assert KEY not in error.message + caplog.text


@pytest.mark.parametrize(
    "variable",
    ["SECRET_KEY", "OPENAI_API_KEY", "DATABASE_URL", "XCOMPATIBLE_API_KEY", "COMPATIBLE_API_KEY_2", VARIABLE],
)
async def test_a_variable_that_is_not_set_or_not_such_a_key_makes_the_model_unavailable(
    stand_in: ProviderStandIn, monkeypatch: pytest.MonkeyPatch, settings: Any, variable: str
) -> None:
    if variable != VARIABLE:
        monkeypatch.setenv(variable, "another-secret")
    settings.SANDBOX_PROVIDERS = "off"
    row = CatalogueModel(api="compatible", base_url=stand_in.url_openai, key_variable=variable)
    assert registry.provider_for(row) is None
    with pytest.raises(ModelRetired):
        await compatible.generate(request_to(stand_in, key_variable=variable))
    assert stand_in.requests == []


@pytest.mark.parametrize("variable", ["", VARIABLE])
def test_a_row_with_a_url_is_enough(monkeypatch: pytest.MonkeyPatch, settings: Any, variable: str) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    settings.SANDBOX_PROVIDERS = "off"
    row = CatalogueModel(api="compatible", base_url="http://localhost:8080/v1", key_variable=variable)
    assert registry.provider_for(row) is compatible.generate
    assert registry.provider_for(CatalogueModel(api="compatible")) is None


async def test_the_reported_usage_is_returned(stand_in: ProviderStandIn) -> None:
    encoded = base64.b64encode(responses.png()).decode()
    usage = {"input_tokens": 9, "output_tokens": 196, "total_tokens": 205}
    stand_in.respond_with(responses.json_response({"created": 1, "data": [{"b64_json": encoded}], "usage": usage}))
    assert (await compatible.generate(request_to(stand_in))).usage == usage


async def test_a_picture_at_a_url_is_downloaded(stand_in: ProviderStandIn, host: Host, settings: Any) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = True
    stand_in.respond_with(responses.openai_data([{"url": f"{host.url}/a.png?{SIGNATURE}"}]))
    assert (await compatible.generate(request_to(stand_in))).content == responses.png()
    assert host.paths == [f"/a.png?{SIGNATURE}"]
    assert "authorization" not in host.headers[0]


async def test_a_data_url_is_a_picture(stand_in: ProviderStandIn) -> None:
    url = f"data:image/png;base64,{base64.b64encode(responses.png()).decode()}"
    stand_in.respond_with(responses.openai_data([{"url": url}]))
    assert (await compatible.generate(request_to(stand_in))).content == responses.png()


@pytest.mark.parametrize("data", [[], [{}], [{"url": None}], [{"url": 5}], [{"url": ""}], None, "text"])
async def test_an_answer_without_a_picture_is_called_for_once_more(stand_in: ProviderStandIn, data: object) -> None:
    stand_in.respond_with(responses.openai_data(data))
    error = await failure(compatible.generate, request_to(stand_in))
    assert error.calls_allowed == (1 if data == [{"url": ""}] else 2)


async def test_a_url_that_leads_to_a_private_address_is_refused(
    stand_in: ProviderStandIn, host: Host, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = False
    names = NameServer()
    names.set("pictures.example", ["10.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    for url in ("https://pictures.example/a.png", "https://10.0.0.1/a.png", f"{host.url}/a.png"):
        stand_in.respond_with(responses.openai_data([{"url": f"{url}?{SIGNATURE}"}]))
        error = await failure(compatible.generate, request_to(stand_in))
        assert (error.code, error.calls_allowed) == ("provider_error", 1)
        assert "refunded" in error.message
        assert "example" not in error.message
    assert host.paths == []
    assert "pictures.example is not a public https address" in caplog.text
    assert SIGNATURE not in caplog.text


async def test_a_redirect_of_the_picture_is_not_followed(stand_in: ProviderStandIn, host: Host, settings: Any) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = True
    with Host(response(b"Location: " + host.url.encode(), status=b"302 Found")) as redirecting:
        stand_in.respond_with(responses.openai_data([{"url": f"{redirecting.url}/a.png"}]))
        assert (await failure(compatible.generate, request_to(stand_in))).calls_allowed == 1
    assert host.paths == []


async def test_a_redirect_of_the_server_is_not_followed(stand_in: ProviderStandIn, host: Host) -> None:
    stand_in.respond_with(responses.Response(status=307, headers={"Location": f"{host.url}/v1/images/generations"}))
    assert (await failure(compatible.generate, request_to(stand_in))).calls_allowed == 1
    assert host.paths == []


@pytest.mark.parametrize("status", [b"403 Forbidden", b"404 Not Found", b"500 Internal Server Error"])
async def test_a_picture_that_is_gone_is_requested_once_more(
    stand_in: ProviderStandIn, settings: Any, status: bytes
) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = True
    with Host(response(status=status)) as host:
        stand_in.respond_with(responses.openai_data([{"url": f"{host.url}/a.png"}]))
        assert (await failure(compatible.generate, request_to(stand_in))).calls_allowed == 2


async def test_a_picture_that_is_too_long_is_not_requested_again(
    stand_in: ProviderStandIn, host: Host, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = True
    monkeypatch.setattr(raster, "MAX_BYTES", 10)
    stand_in.respond_with(responses.openai_data([{"url": f"{host.url}/a.png"}]))
    assert (await failure(compatible.generate, request_to(stand_in))).calls_allowed == 1
