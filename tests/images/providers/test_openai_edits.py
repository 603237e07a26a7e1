"""Edits with OpenAI: the exact form that is sent, and its errors about masks and sources."""

import io
from typing import Any

import pytest
from PIL import Image

from images.failures import MaskRefused, ModerationRejected, ProviderFailed, SourcesRefused
from images.providers import openai
from tests.images.providers import responses
from tests.images.providers.conftest import OPENAI_KEY
from tests.images.providers.requests import PROMPT, failure, picture_request
from tests.images.providers.source_pictures import gradient, mask, noise, source
from tests.images.providers.stand_in import OPENAI_EDITS_PATH, ProviderStandIn

MODEL = "gpt-image-2"
SIZE = (320, 200)
FIRST = source(gradient(*SIZE))
JPEG, WEBP = source(gradient(90, 60), "JPEG"), source(gradient(60, 90), "WEBP")
MASK = mask(SIZE, (10, 20, 200, 100))


def edit_request(*sources: Any, **fields: Any) -> Any:
    return picture_request(f"openai:{MODEL}", **{"aspect_ratio": "auto", "sources": sources or [FIRST], **fields})


async def test_the_form_has_the_sources_in_order_then_the_mask(stand_in: ProviderStandIn) -> None:
    picture = await openai.generate(
        edit_request(FIRST, JPEG, WEBP, mask=MASK, quality="high", safety_identifier="5eb63bbbe01eeed0")
    )
    (received,) = stand_in.requests
    assert received.path == OPENAI_EDITS_PATH
    assert received.headers["authorization"] == f"Bearer {OPENAI_KEY}"
    assert received.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert received.body == {
        "model": MODEL,
        "prompt": PROMPT,
        "n": "1",
        "size": "1408x880",
        "quality": "high",
        "safety_identifier": "5eb63bbbe01eeed0",
    }
    assert [(file.field, file.name, file.media_type) for file in received.files] == [
        ("image[]", "source-1.png", "image/png"),
        ("image[]", "source-2.jpeg", "image/jpeg"),
        ("image[]", "source-3.webp", "image/webp"),
        ("mask", "mask.png", "image/png"),
    ]
    assert [file.content for file in received.files] == [FIRST.content, JPEG.content, WEBP.content, MASK]
    assert picture.content == responses.png(1408, 880)


async def test_one_source_without_a_mask_is_one_file(stand_in: ProviderStandIn) -> None:
    await openai.generate(edit_request(aspect_ratio="16:9", resolution="2K"))
    (received,) = stand_in.requests
    assert [(file.field, file.name) for file in received.files] == [("image", "source-1.png")]
    assert received.body == {"model": MODEL, "prompt": PROMPT, "n": "1", "size": "2560x1440"}


OPTIONS: list[tuple[dict[str, Any], dict[str, str]]] = [
    # Edits have no such parameter, and the newer models always keep the details of their sources.
    ({"options": {"moderation": "low", "input_fidelity": "high"}}, {}),
    ({"options": {"quality": "high", "output_compression": "80"}}, {"quality": "high", "output_compression": "80"}),
    ({"background": "opaque"}, {"background": "opaque"}),
    ({"background": "transparent"}, {"background": "transparent", "output_format": "png"}),
    ({"background": "transparent", "output_format": "webp"}, {"background": "transparent", "output_format": "webp"}),
    ({"output_format": "jpeg"}, {"output_format": "jpeg"}),
]


@pytest.mark.parametrize(("options", "sent"), OPTIONS)
async def test_each_option_is_sent_as_openai_names_it(
    stand_in: ProviderStandIn, options: dict[str, Any], sent: dict[str, str]
) -> None:
    await openai.generate(edit_request(aspect_ratio="1:1", **options))
    sent = {"model": MODEL, "prompt": PROMPT, "size": "1024x1024", "n": "1", **sent}
    assert stand_in.requests[0].body == sent


async def test_fourteen_sources_keep_their_order(stand_in: ProviderStandIn) -> None:
    sources = [source(gradient(16 + index, 16)) for index in range(14)]
    await openai.generate(edit_request(*sources))
    assert [file.size[0] for file in stand_in.requests[0].files] == [16 + index for index in range(14)]


async def test_transparent_pixels_of_the_mask_are_those_to_change(stand_in: ProviderStandIn) -> None:
    await openai.generate(edit_request(mask=MASK))
    sent = Image.open(io.BytesIO(stand_in.requests[0].files[-1].content))
    assert (sent.format, sent.mode, sent.size) == ("PNG", "RGBA", SIZE)
    assert (sent.getpixel((11, 21)), sent.getpixel((9, 19))) == ((0, 0, 0, 0), (0, 0, 0, 255))


async def test_large_files_are_scaled_with_the_mask(stand_in: ProviderStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    large = source(noise(2200, 1100))
    monkeypatch.setattr(openai, "SOURCE_MAX_BYTES", len(large.content))
    await openai.generate(edit_request(large, JPEG, mask=mask((2200, 1100), (0, 0, 300, 300))))
    first, second, mask_file = stand_in.requests[0].files
    assert (first.name, first.media_type, first.size) == ("source-1.jpeg", "image/jpeg", (2048, 1024))
    assert len(first.content) < len(large.content)
    assert (second.content, mask_file.size) == (JPEG.content, (2048, 1024))


def test_the_limits_are_those_of_openai() -> None:
    assert (openai.SOURCE_MAX_BYTES, openai.MASK_MAX_BYTES) == (50_000_000, 4_000_000)


@pytest.mark.parametrize(
    "error",
    [
        {
            "code": "invalid_mask_image_format",
            "message": "Invalid mask image format - mask size does not match",
            "param": None,
        },
        {"code": "invalid_value", "message": "The mask is unusable.", "param": "mask"},
        {"code": None, "message": "The mask is unusable.", "param": "mask"},
    ],
)
async def test_a_refused_mask_has_a_code_of_its_own(
    stand_in: ProviderStandIn, caplog: pytest.LogCaptureFixture, error: dict[str, Any]
) -> None:
    stand_in.respond_with(responses.openai_error(400, **error))
    raised = await failure(openai.generate, edit_request(mask=MASK))
    assert (type(raised), raised.code, raised.status) == (MaskRefused, "invalid_mask", 422)
    assert "refunded" in raised.message
    assert "does not accept the mask" in caplog.text


@pytest.mark.parametrize(
    "error",
    [
        {"code": "array_above_max_length", "message": "Invalid 'image': array too long.", "param": "image"},
        {"code": "array_above_max_length", "message": "Invalid 'image[]': array too long.", "param": "image[]"},
        {"code": None, "message": "Invalid request: too many input images (14, max 10)"},
        {"code": "invalid_value", "message": "At most 5 image(s) may be provided in one request."},
        {"code": "invalid_value", "message": "Please use fewer than 16 images in your request."},
        {"code": "invalid_value", "message": "This model supports a maximum of 10 images."},
    ],
)
async def test_too_many_sources_have_a_code_of_their_own(
    stand_in: ProviderStandIn, caplog: pytest.LogCaptureFixture, error: dict[str, Any]
) -> None:
    stand_in.respond_with(responses.openai_error(400, **error))
    raised = await failure(openai.generate, edit_request(FIRST, JPEG, WEBP))
    assert (type(raised), raised.code, raised.status) == (SourcesRefused, "too_many_sources", 422)
    assert "does not accept 3 pictures" in caplog.text
    assert error["message"] not in caplog.text


@pytest.mark.parametrize(
    ("fields", "error", "expected"),
    [
        # Only a request with a mask or with sources can have one of these errors.
        ({}, {"code": "invalid_value", "message": "No.", "param": "mask"}, ProviderFailed),
        ({"sources": ()}, {"code": None, "message": "Too many images."}, ProviderFailed),
        ({"mask": MASK}, {"code": "moderation_blocked", "message": "No.", "param": "mask"}, ModerationRejected),
        ({"mask": MASK}, {"code": "invalid_value", "message": "An image of 3 bytes is too small."}, ProviderFailed),
    ],
)
async def test_other_errors_remain_what_they_are(
    stand_in: ProviderStandIn, fields: dict[str, Any], error: dict[str, Any], expected: type
) -> None:
    stand_in.respond_with(responses.openai_error(400, **error))
    raised = await failure(openai.generate, edit_request(**{"aspect_ratio": "1:1", **fields}))
    assert type(raised) is expected


async def test_a_server_error_about_a_mask_may_be_repeated(stand_in: ProviderStandIn) -> None:
    stand_in.respond_with(responses.openai_error(500, "invalid_mask_image_format", "No."))
    assert type(await failure(openai.generate, edit_request(mask=MASK))) is ProviderFailed
