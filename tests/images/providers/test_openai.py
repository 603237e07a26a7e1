import asyncio
import base64
import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from images.failures import ModelRetired, ModerationRejected, ProviderFailed
from images.providers import MAX_CALLS, connections, openai
from tests.images.providers import responses
from tests.images.providers.conftest import OPENAI_KEY
from tests.images.providers.requests import PROMPT, failure, picture_request
from tests.images.providers.stand_in import OPENAI_PATH, ProviderStandIn

MODEL = "gpt-image-2"
SIZES = {
    (None, "1:1"): "1024x1024",
    (None, "3:2"): "1536x1024",
    (None, "2:3"): "1024x1536",
    (None, "16:9"): "1536x864",
    (None, "9:16"): "864x1536",
    (None, "4:3"): "1280x960",
    (None, "3:4"): "960x1280",
    ("1K", "16:9"): "1536x864",
    ("1K", "21:9"): "1680x720",
    ("1K", "5:4"): "1280x1024",
    ("1K", "4:5"): "1024x1280",
    ("2K", "1:1"): "2048x2048",
    ("2K", "16:9"): "2560x1440",
    ("4K", "1:1"): "2880x2880",
    ("4K", "16:9"): "3840x2160",
    ("4K", "9:16"): "2160x3840",
    ("4K", "21:9"): "3808x1632",
}
REASON = "Your request was rejected by the safety system."
WITH_ID = (
    f"{REASON} If you believe this is an error, contact us at help.openai.com and include the request ID req_0a1b2."
)
REQUEST = picture_request("openai:gpt-image-2", options={"quality": "medium"})


@pytest.mark.parametrize(("resolution", "ratio", "size"), [(*key, size) for key, size in SIZES.items()])
async def test_the_request_contains_model_prompt_size_and_quality(
    stand_in: ProviderStandIn, resolution: str | None, ratio: str, size: str
) -> None:
    await openai.generate(
        picture_request(f"openai:{MODEL}", aspect_ratio=ratio, resolution=resolution, options={"quality": "high"})
    )
    (received,) = stand_in.requests
    assert received.path == OPENAI_PATH
    assert received.headers["authorization"] == f"Bearer {OPENAI_KEY}"
    assert received.body == {"model": MODEL, "prompt": PROMPT, "size": size, "n": 1, "quality": "high"}


async def test_quality_is_sent_only_if_the_catalogue_sets_it(stand_in: ProviderStandIn) -> None:
    await openai.generate(picture_request("openai:gpt-image-2"))
    assert "quality" not in stand_in.requests[0].body


OPTIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"quality": "low"}, {"quality": "low"}),
    ({"quality": "low", "options": {"quality": "high"}}, {"quality": "low"}),
    ({"background": "opaque"}, {"background": "opaque"}),
    # A JPEG, which may be the default, has no transparency.
    ({"background": "transparent"}, {"background": "transparent", "output_format": "png"}),
    ({"background": "transparent", "output_format": "webp"}, {"background": "transparent", "output_format": "webp"}),
    ({"output_format": "jpeg"}, {"output_format": "jpeg"}),
    ({"safety_identifier": "5eb63bbbe01eeed0"}, {"safety_identifier": "5eb63bbbe01eeed0"}),
    ({"options": {"moderation": "low"}}, {"moderation": "low"}),
    # A fixed parameter never changes the size that was paid for, and one of another API is not sent.
    ({"options": {"size": "512x512", "image_size": "1K", "n": 4}}, {}),
]


@pytest.mark.parametrize(("options", "sent"), OPTIONS)
async def test_each_option_is_sent_as_openai_names_it(
    stand_in: ProviderStandIn, options: dict[str, Any], sent: dict[str, Any]
) -> None:
    await openai.generate(picture_request(f"openai:{MODEL}", **options))
    assert stand_in.requests[0].body == {"model": MODEL, "prompt": PROMPT, "size": "1024x1024", "n": 1, **sent}


async def test_the_bytes_are_returned_unchanged(stand_in: ProviderStandIn) -> None:
    stand_in.respond_with(responses.garbage, responses.wrong_shape, responses.picture())
    assert (await openai.generate(REQUEST)).content == b"These bytes are no picture."
    assert (await openai.generate(REQUEST)).content == responses.png(900, 300)
    assert (await openai.generate(REQUEST)).content == responses.png(1024, 1024)


ENCODED = base64.b64encode(responses.png()).decode()
LINES = base64.encodebytes(responses.png()).decode()


@pytest.mark.parametrize(
    "text",
    [
        LINES,
        LINES.replace("\n", "\r\n"),
        f" {ENCODED}\n",
        f"data:image/png;base64,{ENCODED}",
        f"data:image/png;base64,{LINES}",
        f"DATA:image/png;name=a.png;BASE64, {ENCODED}",
        f"data:;base64,{ENCODED}",
    ],
)
async def test_base64_with_line_breaks_or_as_a_data_url_is_a_picture(stand_in: ProviderStandIn, text: str) -> None:
    stand_in.respond_with(responses.openai_data([{"b64_json": text}]))
    assert (await openai.generate(REQUEST)).content == responses.png()


async def test_null_fields_do_not_lose_a_picture(stand_in: ProviderStandIn) -> None:
    picture = {"b64_json": ENCODED, "url": None, "revised_prompt": None}
    body = {"created": None, "usage": None, "data": [None, {"b64_json": None}, picture]}
    stand_in.respond_with(responses.json_response(body))
    assert (await openai.generate(REQUEST)).content == responses.png()


async def test_other_variables_of_the_sdk_are_ignored(
    stand_in: ProviderStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/elsewhere")
    await openai.generate(REQUEST)
    assert "elsewhere" not in str(stand_in.requests)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"code": "moderation_blocked", "message": REASON}, REASON),
        ({"code": "content_policy_violation", "message": REASON}, REASON),
        ({"code": "moderation_blocked", "message": WITH_ID}, REASON),
        ({"code": "moderation_blocked", "message": ""}, "The provider's safety system rejected this request."),
        (
            {"code": None, "message": REASON, "moderation_details": {"categories": ["violence", "self-harm"]}},
            "Your request was rejected by the safety system (violence, self-harm).",
        ),
        ({"code": "moderation_blocked", "message": REASON, "moderation_details": "none"}, REASON),
    ],
)
async def test_a_rejection_includes_the_reason_of_openai(
    stand_in: ProviderStandIn, error: dict[str, Any], reason: str
) -> None:
    stand_in.respond_with(responses.openai_error(400, **error))
    raised = await failure(openai.generate, REQUEST)
    assert isinstance(raised, ModerationRejected)
    assert raised.message.startswith(f"{reason} Rephrase")


async def test_moderation_details_outside_the_error_are_read(stand_in: ProviderStandIn) -> None:
    body = {"error": {"code": None, "message": REASON}, "moderation_details": {"categories": ["sexual"]}}
    stand_in.respond_with(responses.json_response(body, 400))
    raised = await failure(openai.generate, REQUEST)
    assert isinstance(raised, ModerationRejected)
    assert "(sexual)" in raised.message


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_bad_request_is_not_repeated_and_not_quoted(
    stand_in: ProviderStandIn, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    stand_in.respond_with(responses.openai_error(status, "invalid_value", f"Invalid prompt: {PROMPT}"))
    raised = await failure(openai.generate, REQUEST)
    assert type(raised) is ProviderFailed
    assert raised.calls_allowed == 1
    assert PROMPT not in raised.message
    assert PROMPT not in caplog.text
    assert "invalid_value" in caplog.text


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "invalid_api_key"), (403, None), (429, "insufficient_quota"), (400, "insufficient_quota")],
)
async def test_a_bad_key_is_logged_and_not_shown_to_the_user(
    stand_in: ProviderStandIn, caplog: pytest.LogCaptureFixture, status: int, code: str | None
) -> None:
    stand_in.respond_with(
        responses.openai_error(status, code, f"Incorrect API key provided: {OPENAI_KEY}. Mind your quota.")
    )
    raised = await failure(openai.generate, REQUEST)
    assert raised.calls_allowed == 1
    assert raised.message.startswith("The provider refused our request.")
    assert not {"key", "quota"} & set(raised.message.lower().replace(".", "").split())
    assert any(record.levelno == logging.ERROR and "rejected our key" in record.message for record in caplog.records)


async def test_a_quota_error_identified_by_its_type_is_not_repeated(stand_in: ProviderStandIn) -> None:
    stand_in.respond_with(
        responses.openai_error(429, None, "You exceeded your current quota.", type="insufficient_quota")
    )
    assert (await failure(openai.generate, REQUEST)).calls_allowed == 1


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (404, "model_not_found", "The model does not exist."),
        (404, None, "Not found."),
        (400, "model_not_found", "The model does not exist."),
        (400, "invalid_value", "Invalid model 'gpt-image-2'."),
        (403, "model_not_found", "The project has no access to the model."),
    ],
)
async def test_an_unknown_model_is_retired_and_logged(
    stand_in: ProviderStandIn, caplog: pytest.LogCaptureFixture, status: int, code: str | None, message: str
) -> None:
    stand_in.respond_with(responses.openai_error(status, code, message))
    raised = await failure(openai.generate, picture_request("openai:gpt-image-2", upstream_id="gpt-image-retired"))
    assert isinstance(raised, ModelRetired)
    assert raised.calls_allowed == 1
    assert any(record.levelno == logging.ERROR and "gpt-image-retired" in record.message for record in caplog.records)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
async def test_a_temporary_failure_may_be_repeated_but_not_by_the_sdk(stand_in: ProviderStandIn, status: int) -> None:
    stand_in.respond_with(responses.status(status))
    raised = await failure(openai.generate, REQUEST)
    assert type(raised) is ProviderFailed
    assert (raised.calls_allowed, raised.retry_after_seconds) == (MAX_CALLS, None)
    assert len(stand_in.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_the_delay_that_openai_requests_is_returned(stand_in: ProviderStandIn, status: int) -> None:
    stand_in.respond_with(responses.status(status, retry_after="17"))
    assert (await failure(openai.generate, REQUEST)).retry_after_seconds == 17


async def test_the_delay_can_be_a_date(stand_in: ProviderStandIn) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    stand_in.respond_with(responses.status(429, retry_after=date))
    assert 50 < (await failure(openai.generate, REQUEST)).retry_after_seconds <= 60


async def test_a_broken_connection_may_be_repeated(stand_in: ProviderStandIn) -> None:
    stand_in.respond_with(responses.broken)
    raised = await failure(openai.generate, REQUEST)
    assert raised.calls_allowed == MAX_CALLS
    assert "connection" in raised.message


async def test_an_unreachable_server_may_be_called_again(stand_in: ProviderStandIn, settings: Any) -> None:
    settings.OPENAI_BASE_URL = "http://127.0.0.1:1/v1"
    assert (await failure(openai.generate, REQUEST)).calls_allowed == MAX_CALLS
    assert stand_in.requests == []


@pytest.mark.parametrize("endless", [responses.hang, responses.trickle])
async def test_a_call_ends_at_its_timeout(stand_in: ProviderStandIn, endless: responses.Script) -> None:
    stand_in.respond_with(endless)
    raised = await failure(openai.generate, picture_request("openai:gpt-image-2", timeout_seconds=0.2))
    assert raised.calls_allowed == MAX_CALLS
    assert "in time" in raised.message


async def test_a_cancellation_propagates(stand_in: ProviderStandIn) -> None:
    stand_in.hold()
    call = asyncio.create_task(openai.generate(REQUEST))
    await asyncio.to_thread(stand_in.wait_for_requests, 1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


@pytest.mark.parametrize(
    "response",
    [
        responses.openai_data([]),
        responses.openai_data(None),
        responses.openai_data([None]),
        responses.openai_data({"b64_json": "eA=="}),
        responses.openai_data([{"url": "https://example.org/picture.png"}]),
        responses.openai_data([{"b64_json": "!!! no base64 !!!"}]),
        responses.openai_data([{"b64_json": "eA"}]),
        responses.openai_data([{"b64_json": "data:image/png;base64,"}]),
        responses.openai_data([{"b64_json": "data:image/svg+xml,<svg/>"}]),
        responses.openai_data([{"b64_json": None}]),
        responses.openai_data([{"b64_json": ""}]),
        responses.openai_data([{"b64_json": 7}]),
        responses.json_response([]),
        responses.json_response(None),
        responses.page,
        responses.cut_json,
    ],
)
async def test_a_response_without_a_picture_allows_one_more_call(
    stand_in: ProviderStandIn, response: responses.Response | responses.Script
) -> None:
    stand_in.respond_with(response)
    raised = await failure(openai.generate, REQUEST)
    assert type(raised) is ProviderFailed
    assert raised.calls_allowed == 2


async def test_a_response_that_exceeds_the_limit_is_cut_off(
    stand_in: ProviderStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_RESPONSE_BYTES", 10_000)
    stand_in.respond_with(responses.picture(size_bytes=20_000))
    assert "connection" in (await failure(openai.generate, REQUEST)).message
