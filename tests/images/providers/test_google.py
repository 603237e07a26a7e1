import asyncio
import logging
from typing import Any

import pytest

from images.failures import ModelRetired, ModerationRejected, ProviderFailed
from images.providers import MAX_CALLS, google
from tests.images.providers import responses
from tests.images.providers.conftest import GEMINI_KEY
from tests.images.providers.requests import PROMPT, failure, picture_request
from tests.images.providers.responses import candidate, google_error, picture_part, text_part
from tests.images.providers.stand_in import ProviderStandIn

SEVEN = ["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4"]
CATALOGUE = [
    ("google:gemini-2.5-flash-image", "gemini-2.5-flash-image", {}, SEVEN),
    ("google:gemini-3.1-flash-image-preview", "gemini-3.1-flash-image", {"image_size": "1K"}, SEVEN),
    ("google:gemini-3-pro-image-preview", "gemini-3-pro-image", {"image_size": "1K"}, [*SEVEN, "21:9"]),
]
REQUEST = picture_request("google:gemini-2.5-flash-image")
DRAFT, FINAL = responses.png(colour="red"), responses.png(colour="green")
RETRY_INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}
BAD_KEY_INFO = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}


@pytest.mark.parametrize(
    ("model_id", "upstream_id", "options", "ratio"), [(*row[:3], ratio) for row in CATALOGUE for ratio in row[3]]
)
async def test_the_request_contains_prompt_ratio_and_size(
    stand_in: ProviderStandIn, model_id: str, upstream_id: str, options: dict[str, str], ratio: str
) -> None:
    level = "default" if options else None
    await google.generate(
        picture_request(model_id, upstream_id=upstream_id, aspect_ratio=ratio, options=options, thinking_level=level)
    )
    (received,) = stand_in.requests
    image_config = {"aspectRatio": ratio, **({"imageSize": "1K"} if options else {})}
    assert received.path == f"/v1beta/models/{upstream_id}:generateContent"
    assert received.headers["x-goog-api-key"] == GEMINI_KEY
    assert received.body == {
        "contents": [{"parts": [{"text": PROMPT}], "role": "user"}],
        "generationConfig": {"responseModalities": ["IMAGE"], "imageConfig": image_config},
    }


# The SDK sends this field under its protocol-buffer name, which Google's servers accept as well.
@pytest.mark.parametrize(("level", "thinking"), [(None, None), ("default", None), ("deep", {"thinking_level": "HIGH"})])
async def test_only_deep_enables_thinking(
    stand_in: ProviderStandIn, level: str | None, thinking: dict[str, str] | None
) -> None:
    await google.generate(picture_request("google:gemini-3-pro-image-preview", thinking_level=level))
    assert stand_in.requests[0].body["generationConfig"].get("thinkingConfig") == thinking


async def test_the_timeout_is_sent_to_the_server(stand_in: ProviderStandIn) -> None:
    await google.generate(picture_request("google:gemini-2.5-flash-image", timeout_seconds=12))
    assert stand_in.requests[0].headers["x-server-timeout"] == "12"


async def test_other_variables_of_the_sdk_are_ignored(
    stand_in: ProviderStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"):
        monkeypatch.setenv(name, "elsewhere")
    for name in ("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:1/elsewhere")
    monkeypatch.setenv("GOOGLE_GENAI_API_VERSION", "v9")
    monkeypatch.setenv("GOOGLE_GENAI_CLIENT_MODE", "replay")
    await google.generate(REQUEST)
    assert "elsewhere" not in str(stand_in.requests)
    assert stand_in.requests[0].path.startswith("/v1beta/")


@pytest.mark.parametrize(
    "response",
    [
        candidate(picture_part(FINAL)),
        candidate(picture_part(DRAFT, thought=True), picture_part(FINAL)),
        candidate(picture_part(FINAL), picture_part(DRAFT, thought=True)),
        candidate(picture_part(DRAFT), picture_part(FINAL)),
        candidate(
            text_part("Thinking", thought=True), text_part("Here it is:"), picture_part(FINAL), text_part("Done.")
        ),
    ],
)
async def test_the_last_picture_outside_a_thought_is_returned(
    stand_in: ProviderStandIn, response: responses.Response
) -> None:
    stand_in.respond_with(response)
    assert (await google.generate(REQUEST)).content == FINAL


async def test_the_bytes_are_returned_unchanged(stand_in: ProviderStandIn) -> None:
    stand_in.respond_with(responses.garbage, responses.wrong_shape)
    assert (await google.generate(REQUEST)).content == b"These bytes are no picture."
    assert (await google.generate(REQUEST)).content == responses.png(900, 300)


@pytest.mark.parametrize(
    "reason",
    [
        "SAFETY",
        "IMAGE_SAFETY",
        "PROHIBITED_CONTENT",
        "BLOCKLIST",
        "RECITATION",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "SPII",
        "ESCALATION",
        "MODEL_ARMOR",
    ],
)
async def test_a_blocked_picture_is_rejected(stand_in: ProviderStandIn, reason: str) -> None:
    stand_in.respond_with(candidate(picture_part(DRAFT, thought=True), finish_reason=reason))
    raised = await failure(google.generate, REQUEST)
    assert isinstance(raised, ModerationRejected)
    assert f"({reason})" in raised.message


@pytest.mark.parametrize("reason", ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY"])
async def test_a_blocked_prompt_is_rejected(stand_in: ProviderStandIn, reason: str) -> None:
    stand_in.respond_with(responses.prompt_blocked(reason))
    raised = await failure(google.generate, REQUEST)
    assert isinstance(raised, ModerationRejected)
    assert f"({reason})" in raised.message


@pytest.mark.parametrize(
    "response",
    [
        candidate(finish_reason="IMAGE_SAFETY", finish_message="The picture would show a real person."),
        candidate(text_part("The picture would show a real person."), finish_reason="SAFETY"),
    ],
)
async def test_a_rejection_includes_the_explanation_of_google(
    stand_in: ProviderStandIn, response: responses.Response
) -> None:
    stand_in.respond_with(response)
    raised = await failure(google.generate, REQUEST)
    assert raised.message.startswith("The picture would show a real person. Rephrase")


@pytest.mark.parametrize("finish_reason", ["STOP", "NO_IMAGE", "MAX_TOKENS", "IMAGE_OTHER"])
async def test_text_without_a_picture_is_quoted_and_allows_one_more_call(
    stand_in: ProviderStandIn, finish_reason: str
) -> None:
    stand_in.respond_with(
        candidate(text_part("Hm.", thought=True), text_part("Which lighthouse?"), finish_reason=finish_reason)
    )
    raised = await failure(google.generate, REQUEST)
    assert type(raised) is ProviderFailed
    assert raised.calls_allowed == 2
    assert raised.message.endswith("picture: Which lighthouse?")


async def test_a_limited_account_is_logged_for_staff_and_not_called_again(
    stand_in: ProviderStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in.respond_with(candidate(finish_reason="PUP_LIMITED_DISABLED", finish_message="Your account is disabled."))
    raised = await failure(google.generate, REQUEST)
    assert type(raised) is ProviderFailed
    assert raised.calls_allowed == 1
    assert raised.message.startswith("The provider refused our request.")
    assert not {"account", "PUP_LIMITED_DISABLED"} & set(raised.message.replace(".", "").split())
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "rejected our key or account" in record.message
    assert "PUP_LIMITED_DISABLED" in record.message


async def test_an_unsupported_language_is_not_called_again(stand_in: ProviderStandIn) -> None:
    stand_in.respond_with(candidate(finish_reason="LANGUAGE"))
    raised = await failure(google.generate, REQUEST)
    assert raised.calls_allowed == 1
    assert "(LANGUAGE)" in raised.message


def with_nulls(**changes: Any) -> responses.Response:
    """Return a response with a picture in which the changed fields of the response and its candidate are null."""
    nulls = {"citationMetadata": None, "finishMessage": None, "safetyRatings": None, "tokenCount": None}
    parts = [picture_part(FINAL)]
    fields = {"content": {"role": None, "parts": parts}, "finishReason": "STOP", "index": None, **nulls, **changes}
    return responses.json_response({"candidates": [fields], "promptFeedback": None, "usageMetadata": None})


NULL_PART = {"text": None, "inlineData": None, "thought": None, "thoughtSignature": None}


@pytest.mark.parametrize(
    "response",
    [
        with_nulls(),
        with_nulls(finishReason=None),
        with_nulls(content={"parts": [{**picture_part(FINAL), "text": None, "thought": None}]}),
        with_nulls(content={"parts": [NULL_PART, picture_part(FINAL), NULL_PART]}),
        with_nulls(content={"parts": [None, picture_part(FINAL), {"text": 7}]}),
        with_nulls(content={"parts": [picture_part(FINAL), {"inlineData": {"mimeType": None, "data": None}}]}),
        with_nulls(content={"parts": [picture_part(FINAL), picture_part(b"")]}),
        responses.json_response(
            {
                "candidates": [None, {"content": {"parts": [picture_part(FINAL)]}}],
                "promptFeedback": {"blockReason": None, "safetyRatings": None},
            }
        ),
        responses.json_response(
            {
                "candidates": [{"content": {"parts": [picture_part(FINAL)]}}],
                "promptFeedback": {"blockReason": "BLOCKED_REASON_UNSPECIFIED"},
            }
        ),
    ],
)
async def test_null_fields_do_not_lose_a_picture(stand_in: ProviderStandIn, response: responses.Response) -> None:
    stand_in.respond_with(response)
    assert (await google.generate(REQUEST)).content == FINAL


@pytest.mark.parametrize(
    "body",
    [
        {"candidates": None, "promptFeedback": None},
        {"candidates": [None]},
        {"candidates": [{"content": None, "finishReason": None}]},
        {"candidates": [{"content": {"parts": None}, "finishReason": "IMAGE_OTHER"}]},
    ],
)
async def test_null_in_place_of_a_picture_allows_one_more_call(stand_in: ProviderStandIn, body: dict[str, Any]) -> None:
    stand_in.respond_with(responses.json_response(body))
    raised = await failure(google.generate, REQUEST)
    assert raised.calls_allowed == 2
    assert raised.message.startswith("The model returned no picture")


async def test_a_blocked_prompt_with_null_candidates_is_rejected(stand_in: ProviderStandIn) -> None:
    body = {"candidates": None, "promptFeedback": {"blockReason": "SAFETY", "blockReasonMessage": None}}
    stand_in.respond_with(responses.json_response(body))
    assert isinstance(await failure(google.generate, REQUEST), ModerationRejected)


async def test_a_long_text_is_shortened(stand_in: ProviderStandIn) -> None:
    stand_in.respond_with(candidate(text_part("Lighthouses\nare " * 100)))
    raised = await failure(google.generate, REQUEST)
    assert "Lighthouses are Lighthouses" in raised.message
    assert raised.message.endswith("…")
    assert len(raised.message) < 360


@pytest.mark.parametrize(
    "response",
    [
        candidate(finish_reason="NO_IMAGE"),
        candidate(picture_part(DRAFT, thought=True), finish_reason="A_REASON_OF_NEXT_YEAR"),
        candidate(picture_part(b"")),
        responses.json_response({}),
        responses.json_response({"candidates": []}),
        responses.json_response({"candidates": [{}]}),
        responses.json_response({"candidates": [{"content": {"parts": [{"inlineData": {"data": "!!!"}}]}}]}),
        responses.json_response({"candidates": [{"content": {"parts": [{"inlineData": {"data": 7}}]}}]}),
        responses.json_response({"candidates": "none"}),
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
    raised = await failure(google.generate, REQUEST)
    assert type(raised) is ProviderFailed
    assert raised.calls_allowed == 2


@pytest.mark.parametrize(
    "error",
    [
        google_error(400, "INVALID_ARGUMENT", f"API key not valid: {GEMINI_KEY}.", BAD_KEY_INFO),
        google_error(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key."),
        google_error(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
        google_error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."),
        google_error(403, "PERMISSION_DENIED", f"The key {GEMINI_KEY} was reported as leaked."),
    ],
)
async def test_a_bad_key_is_logged_and_not_shown_to_the_user(
    stand_in: ProviderStandIn, caplog: pytest.LogCaptureFixture, error: responses.Script
) -> None:
    stand_in.respond_with(error)
    raised = await failure(google.generate, REQUEST)
    assert raised.calls_allowed == 1
    assert raised.message.startswith("The provider refused our request.")
    assert "key" not in raised.message
    assert any(record.levelno == logging.ERROR and "rejected our key" in record.message for record in caplog.records)


async def test_a_bad_request_is_not_repeated_and_not_quoted(
    stand_in: ProviderStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in.respond_with(google_error(400, "INVALID_ARGUMENT", f"Invalid value: {PROMPT}"))
    raised = await failure(google.generate, REQUEST)
    assert raised.calls_allowed == 1
    assert PROMPT not in raised.message
    assert PROMPT not in caplog.text
    assert "INVALID_ARGUMENT" in caplog.text


async def test_an_unknown_model_is_retired_and_logged(
    stand_in: ProviderStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in.respond_with(google_error(404, "NOT_FOUND", "models/gemini-retired is not found for API version v1beta."))
    raised = await failure(google.generate, picture_request("google:gemini-2.5", upstream_id="gemini-retired"))
    assert isinstance(raised, ModelRetired)
    assert any(record.levelno == logging.ERROR and "gemini-retired" in record.message for record in caplog.records)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
async def test_a_temporary_failure_may_be_repeated_but_not_by_the_sdk(stand_in: ProviderStandIn, status: int) -> None:
    stand_in.respond_with(responses.status(status))
    raised = await failure(google.generate, REQUEST)
    assert type(raised) is ProviderFailed
    assert (raised.calls_allowed, raised.retry_after_seconds) == (MAX_CALLS, None)
    assert len(stand_in.requests) == 1


@pytest.mark.parametrize(
    ("headers", "details", "seconds"),
    [
        ({"retry_after": "12"}, [], 12),
        ({}, [{"@type": "type.googleapis.com/google.rpc.Help"}, RETRY_INFO], 34.5),
        ({"retry_after": "12"}, [RETRY_INFO], 12),
        ({}, [{"retryDelay": "soon"}], None),
    ],
)
async def test_the_delay_that_google_requests_is_returned(
    stand_in: ProviderStandIn, headers: dict[str, str], details: list[dict[str, Any]], seconds: float | None
) -> None:
    stand_in.respond_with(
        google_error(429, "RESOURCE_EXHAUSTED", "You exceeded your daily quota.", *details, **headers)
    )
    raised = await failure(google.generate, REQUEST)
    assert (raised.calls_allowed, raised.retry_after_seconds) == (MAX_CALLS, seconds)
    assert "quota" not in raised.message


@pytest.mark.parametrize("body", ["overloaded", ["overloaded"], {"error": "overloaded"}, None])
async def test_an_error_with_an_unknown_body_is_classified_by_its_status(
    stand_in: ProviderStandIn, body: object
) -> None:
    stand_in.respond_with(responses.json_response(body, 503, retry_after="3"))
    raised = await failure(google.generate, REQUEST)
    assert (raised.calls_allowed, raised.retry_after_seconds) == (MAX_CALLS, 3)


async def test_a_broken_connection_may_be_repeated(stand_in: ProviderStandIn) -> None:
    stand_in.respond_with(responses.broken)
    raised = await failure(google.generate, REQUEST)
    assert raised.calls_allowed == MAX_CALLS
    assert "connection" in raised.message


async def test_an_unreachable_server_may_be_called_again(stand_in: ProviderStandIn, settings: Any) -> None:
    settings.GOOGLE_GEMINI_BASE_URL = "http://127.0.0.1:1"
    assert (await failure(google.generate, REQUEST)).calls_allowed == MAX_CALLS
    assert stand_in.requests == []


@pytest.mark.parametrize("endless", [responses.hang, responses.trickle])
async def test_a_call_ends_at_its_timeout(stand_in: ProviderStandIn, endless: responses.Script) -> None:
    stand_in.respond_with(endless)
    raised = await failure(google.generate, picture_request("google:gemini-2.5-flash-image", timeout_seconds=0.2))
    assert raised.calls_allowed == MAX_CALLS
    assert "in time" in raised.message


async def test_a_cancellation_propagates(stand_in: ProviderStandIn) -> None:
    stand_in.hold()
    call = asyncio.create_task(google.generate(REQUEST))
    await asyncio.to_thread(stand_in.wait_for_requests, 1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_response_with_a_continuation_token_causes_no_second_call(stand_in: ProviderStandIn) -> None:
    unfinished = {"finishReason": "CONTINUATION", "continuationToken": "bW9yZQ==", "index": 0}
    stand_in.respond_with(responses.json_response({"candidates": [unfinished]}))
    await failure(google.generate, REQUEST)
    assert len(stand_in.requests) == 1
