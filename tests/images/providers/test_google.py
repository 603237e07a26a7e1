import asyncio
import logging
from typing import Any

import pytest

from images.exceptions import ModelRetired, ModerationRejected, ProviderFailed
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
ASKED = picture_request("google:gemini-2.5-flash-image")
DRAFT, FINAL = responses.png(colour="red"), responses.png(colour="green")
RETRY_INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}
BAD_KEY_INFO = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}


@pytest.mark.parametrize(
    ("model_id", "upstream_id", "options", "ratio"), [(*row[:3], ratio) for row in CATALOGUE for ratio in row[3]]
)
async def test_the_body_names_prompt_ratio_and_size(
    stand_in: ProviderStandIn, model_id: str, upstream_id: str, options: dict[str, str], ratio: str
) -> None:
    level = "default" if options else None
    await google.generate(
        picture_request(model_id, upstream_id=upstream_id, aspect_ratio=ratio, options=options, thinking_level=level)
    )
    (asked,) = stand_in.requests
    image_config = {"aspectRatio": ratio, **({"imageSize": "1K"} if options else {})}
    assert asked.path == f"/v1beta/models/{upstream_id}:generateContent"
    assert asked.headers["x-goog-api-key"] == GEMINI_KEY
    assert asked.body == {
        "contents": [{"parts": [{"text": PROMPT}], "role": "user"}],
        "generationConfig": {"responseModalities": ["IMAGE"], "imageConfig": image_config},
    }


# The SDK writes this one field as the protocol buffer names it, which Google's servers read as well.
@pytest.mark.parametrize(("level", "thinking"), [(None, None), ("default", None), ("deep", {"thinking_level": "HIGH"})])
async def test_only_deep_asks_for_thinking(
    stand_in: ProviderStandIn, level: str | None, thinking: dict[str, str] | None
) -> None:
    await google.generate(picture_request("google:gemini-3-pro-image-preview", thinking_level=level))
    assert stand_in.requests[0].body["generationConfig"].get("thinkingConfig") == thinking


async def test_the_server_is_told_how_long_we_wait(stand_in: ProviderStandIn) -> None:
    await google.generate(picture_request("google:gemini-2.5-flash-image", timeout_seconds=12))
    assert stand_in.requests[0].headers["x-server-timeout"] == "12"


async def test_other_variables_of_the_sdk_change_nothing(
    stand_in: ProviderStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"):
        monkeypatch.setenv(name, "elsewhere")
    for name in ("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:1/elsewhere")
    monkeypatch.setenv("GOOGLE_GENAI_API_VERSION", "v9")
    monkeypatch.setenv("GOOGLE_GENAI_CLIENT_MODE", "replay")
    await google.generate(ASKED)
    assert "elsewhere" not in str(stand_in.requests)
    assert stand_in.requests[0].path.startswith("/v1beta/")


@pytest.mark.parametrize(
    "answer",
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
async def test_the_picture_is_the_last_one_that_is_no_thought(
    stand_in: ProviderStandIn, answer: responses.Answer
) -> None:
    stand_in.answer(answer)
    assert await google.generate(ASKED) == FINAL


async def test_the_bytes_come_as_they_are(stand_in: ProviderStandIn) -> None:
    stand_in.answer(responses.garbage, responses.wrong_shape)
    assert await google.generate(ASKED) == b"These bytes are no picture."
    assert await google.generate(ASKED) == responses.png(900, 300)


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
    ],
)
async def test_a_blocked_picture_is_rejected(stand_in: ProviderStandIn, reason: str) -> None:
    stand_in.answer(candidate(picture_part(DRAFT, thought=True), finish_reason=reason))
    raised = await failure(google.generate, ASKED)
    assert isinstance(raised, ModerationRejected)
    assert f"({reason})" in raised.message


@pytest.mark.parametrize("reason", ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY"])
async def test_a_blocked_prompt_is_rejected(stand_in: ProviderStandIn, reason: str) -> None:
    stand_in.answer(responses.prompt_blocked(reason))
    raised = await failure(google.generate, ASKED)
    assert isinstance(raised, ModerationRejected)
    assert f"({reason})" in raised.message


@pytest.mark.parametrize(
    "answer",
    [
        candidate(finish_reason="IMAGE_SAFETY", finish_message="The picture would show a real person."),
        candidate(text_part("The picture would show a real person."), finish_reason="SAFETY"),
    ],
)
async def test_a_rejection_tells_the_words_of_google(stand_in: ProviderStandIn, answer: responses.Answer) -> None:
    stand_in.answer(answer)
    raised = await failure(google.generate, ASKED)
    assert raised.message.startswith("The picture would show a real person. Rephrase")


@pytest.mark.parametrize("finish_reason", ["STOP", "NO_IMAGE", "MAX_TOKENS", "IMAGE_OTHER"])
async def test_text_alone_is_told_and_worth_one_more_call(stand_in: ProviderStandIn, finish_reason: str) -> None:
    stand_in.answer(
        candidate(text_part("Hm.", thought=True), text_part("Which lighthouse?"), finish_reason=finish_reason)
    )
    raised = await failure(google.generate, ASKED)
    assert type(raised) is ProviderFailed
    assert raised.calls_allowed == 2
    assert raised.message.endswith("picture: Which lighthouse?")


async def test_a_long_text_is_shortened(stand_in: ProviderStandIn) -> None:
    stand_in.answer(candidate(text_part("Lighthouses\nare " * 100)))
    raised = await failure(google.generate, ASKED)
    assert "Lighthouses are Lighthouses" in raised.message
    assert raised.message.endswith("…")
    assert len(raised.message) < 360


@pytest.mark.parametrize(
    "answer",
    [
        candidate(finish_reason="NO_IMAGE"),
        candidate(picture_part(DRAFT, thought=True), finish_reason="A_REASON_OF_NEXT_YEAR"),
        candidate(picture_part(b"")),
        responses.json_answer({}),
        responses.json_answer({"candidates": []}),
        responses.json_answer({"candidates": [{}]}),
        responses.json_answer({"candidates": [{"content": {"parts": [{"inlineData": {"data": "!!!"}}]}}]}),
        responses.json_answer({"candidates": [{"content": {"parts": [{"inlineData": {"data": 7}}]}}]}),
        responses.json_answer({"candidates": "none"}),
        responses.json_answer([]),
        responses.json_answer(None),
        responses.page,
        responses.cut_json,
    ],
)
async def test_an_answer_without_a_picture_is_worth_one_more_call(
    stand_in: ProviderStandIn, answer: responses.Answer | responses.Script
) -> None:
    stand_in.answer(answer)
    raised = await failure(google.generate, ASKED)
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
async def test_a_bad_key_is_told_to_staff_alone(
    stand_in: ProviderStandIn, caplog: pytest.LogCaptureFixture, error: responses.Script
) -> None:
    stand_in.answer(error)
    raised = await failure(google.generate, ASKED)
    assert raised.calls_allowed == 1
    assert raised.message.startswith("The provider refused our request.")
    assert "key" not in raised.message
    assert any(record.levelno == logging.ERROR and "turned our key" in record.message for record in caplog.records)


async def test_a_bad_request_is_not_repeated_and_not_quoted(
    stand_in: ProviderStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in.answer(google_error(400, "INVALID_ARGUMENT", f"Invalid value: {PROMPT}"))
    raised = await failure(google.generate, ASKED)
    assert raised.calls_allowed == 1
    assert PROMPT not in raised.message
    assert PROMPT not in caplog.text
    assert "INVALID_ARGUMENT" in caplog.text


async def test_an_unknown_model_is_gone_and_named_to_staff(
    stand_in: ProviderStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in.answer(google_error(404, "NOT_FOUND", "models/gemini-retired is not found for API version v1beta."))
    raised = await failure(google.generate, picture_request("google:gemini-2.5", upstream_id="gemini-retired"))
    assert isinstance(raised, ModelRetired)
    assert any(record.levelno == logging.ERROR and "gemini-retired" in record.message for record in caplog.records)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
async def test_a_passing_failure_may_be_repeated_but_not_by_the_sdk(stand_in: ProviderStandIn, status: int) -> None:
    stand_in.answer(responses.status(status))
    raised = await failure(google.generate, ASKED)
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
async def test_the_wait_that_google_asks_for_is_passed_on(
    stand_in: ProviderStandIn, headers: dict[str, str], details: list[dict[str, Any]], seconds: float | None
) -> None:
    stand_in.answer(google_error(429, "RESOURCE_EXHAUSTED", "You exceeded your daily quota.", *details, **headers))
    raised = await failure(google.generate, ASKED)
    assert (raised.calls_allowed, raised.retry_after_seconds) == (MAX_CALLS, seconds)
    assert "quota" not in raised.message


@pytest.mark.parametrize("body", ["overloaded", ["overloaded"], {"error": "overloaded"}, None])
async def test_an_error_of_another_form_counts_by_its_status(stand_in: ProviderStandIn, body: object) -> None:
    stand_in.answer(responses.json_answer(body, 503, retry_after="3"))
    raised = await failure(google.generate, ASKED)
    assert (raised.calls_allowed, raised.retry_after_seconds) == (MAX_CALLS, 3)


async def test_a_connection_that_breaks_may_be_repeated(stand_in: ProviderStandIn) -> None:
    stand_in.answer(responses.broken)
    raised = await failure(google.generate, ASKED)
    assert raised.calls_allowed == MAX_CALLS
    assert "connection" in raised.message


async def test_a_server_that_is_not_there_may_be_asked_again(stand_in: ProviderStandIn, settings: Any) -> None:
    settings.GOOGLE_GEMINI_BASE_URL = "http://127.0.0.1:1"
    assert (await failure(google.generate, ASKED)).calls_allowed == MAX_CALLS
    assert stand_in.requests == []


@pytest.mark.parametrize("endless", [responses.hang, responses.trickle])
async def test_a_call_ends_with_its_time(stand_in: ProviderStandIn, endless: responses.Script) -> None:
    stand_in.answer(endless)
    raised = await failure(google.generate, picture_request("google:gemini-2.5-flash-image", timeout_seconds=0.2))
    assert raised.calls_allowed == MAX_CALLS
    assert "in time" in raised.message


async def test_being_cancelled_passes_through(stand_in: ProviderStandIn) -> None:
    stand_in.hold()
    call = asyncio.create_task(google.generate(ASKED))
    await asyncio.to_thread(stand_in.wait_for_requests, 1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_an_answer_that_wants_to_be_continued_is_not_paid_for_again(stand_in: ProviderStandIn) -> None:
    unfinished = {"finishReason": "CONTINUATION", "continuationToken": "bW9yZQ==", "index": 0}
    stand_in.answer(responses.json_answer({"candidates": [unfinished]}))
    await failure(google.generate, ASKED)
    assert len(stand_in.requests) == 1
