"""Each option from the request to the stored file: what the provider receives, and the picture that comes of it."""

import io
import json
from typing import Any

import pytest
from PIL import Image as Pillow

from accounts.models import User
from images import generation
from images.models import Image
from images.pictures import raster
from images.schemas import GenerationArguments
from images.storage import files
from tests.api.program import Program
from tests.concurrency import eventually
from tests.factories import balance, caller_of
from tests.images.providers import responses
from tests.images.providers.stand_in import ProviderStandIn
from tests.mcp_gateway.agent import Agent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker")]

GPT, FLARE, SUNBURST = "openai:gpt-image-2", "openai:gpt-image-2.5-flare", "openai:gpt-image-2.5-sunburst"
FLASH, PRO = "google:gemini-3.1-flash-image-preview", "google:gemini-3-pro-image-preview"
NANO, LITE, OLD = "google:gemini-nano-banana-2.1", "google:gemini-3.1-flash-lite-image", "google:gemini-2.5-flash-image"

# The arguments, the parameters that OpenAI receives besides model, prompt and n, and the stored file.
OPENAI: list[tuple[dict[str, Any], dict[str, Any], tuple[str, int, int]]] = [
    ({"modelId": GPT}, {"quality": "medium", "size": "1024x1024"}, ("image/png", 1024, 1024)),
    (
        {"modelId": GPT, "quality": "low", "resolution": "2K", "aspectRatio": "16:9"},
        {"quality": "low", "size": "2560x1440"},
        ("image/png", 2560, 1440),
    ),
    (
        {"modelId": GPT, "quality": "high", "outputFormat": "webp"},
        {"quality": "high", "size": "1024x1024", "output_format": "webp"},
        ("image/webp", 1024, 1024),
    ),
    (
        {"modelId": FLARE, "aspectRatio": "4:5"},
        {"quality": "medium", "size": "1024x1280", "background": "opaque"},
        ("image/png", 1024, 1280),
    ),
    (
        {"modelId": FLARE, "background": "transparent"},
        {"quality": "medium", "size": "1024x1024", "background": "transparent", "output_format": "png"},
        ("image/png", 1024, 1024),
    ),
    (
        {"modelId": SUNBURST, "background": "transparent", "outputFormat": "webp", "quality": "high"},
        {"quality": "high", "size": "1024x1024", "background": "transparent", "output_format": "webp"},
        ("image/webp", 1024, 1024),
    ),
    (
        {"modelId": SUNBURST, "outputFormat": "jpeg"},
        {"quality": "medium", "size": "1024x1024", "background": "opaque", "output_format": "jpeg"},
        ("image/jpeg", 1024, 1024),
    ),
]
# The arguments, the image configuration that Google receives, and the stored file.
GOOGLE: list[tuple[dict[str, Any], dict[str, Any], tuple[str, int, int]]] = [
    ({"modelId": OLD}, {"aspectRatio": "1:1"}, ("image/png", 1024, 1024)),
    ({"modelId": FLASH}, {"aspectRatio": "1:1", "imageSize": "1K"}, ("image/png", 1024, 1024)),
    ({"modelId": FLASH, "resolution": "512"}, {"aspectRatio": "1:1", "imageSize": "512"}, ("image/png", 512, 512)),
    (
        {"modelId": PRO, "resolution": "2K", "aspectRatio": "21:9"},
        {"aspectRatio": "21:9", "imageSize": "2K"},
        ("image/png", 3024, 1296),
    ),
    (
        {"modelId": NANO, "resolution": "2K", "aspectRatio": "1:8"},
        {"aspectRatio": "1:8", "imageSize": "2K"},
        ("image/png", 480, 3840),
    ),
    # Google cannot be asked for a format, so the picture is converted.
    ({"modelId": LITE, "outputFormat": "jpeg"}, {"aspectRatio": "1:1", "imageSize": "1K"}, ("image/jpeg", 1024, 1024)),
    ({"modelId": PRO, "outputFormat": "webp"}, {"aspectRatio": "1:1", "imageSize": "1K"}, ("image/webp", 1024, 1024)),
]


def make_image(user: User, **fields: Any) -> Image:
    arguments = GenerationArguments.model_validate({"prompt": "a lake", **fields})
    image = generation.request(caller_of(user), arguments).image
    eventually(lambda: Image.objects.unfinished().count() == 0)
    image.refresh_from_db()
    return image


def stored_picture(image: Image) -> Pillow.Image:
    picture = Pillow.open(io.BytesIO(files.read(image.picture_name)))
    picture.load()
    return picture


def assert_stored(image: Image, stored: tuple[str, int, int]) -> None:
    assert image.status == "succeeded", image.error_message
    assert (image.media_type, image.width, image.height) == stored
    picture = stored_picture(image)
    assert (Pillow.MIME[picture.format or ""], *picture.size) == stored


@pytest.mark.parametrize(("arguments", "sent", "stored"), OPENAI)
def test_openai_receives_the_options(
    provider: ProviderStandIn,
    alice: User,
    arguments: dict[str, Any],
    sent: dict[str, Any],
    stored: tuple[str, int, int],
) -> None:
    image = make_image(alice, **arguments)
    (received,) = provider.requests
    body = dict(received.body)
    assert len(body.pop("safety_identifier")) == 64
    assert body == {"model": arguments["modelId"].partition(":")[2], "prompt": "a lake", "n": 1, **sent}
    assert_stored(image, stored)


@pytest.mark.parametrize(("arguments", "sent", "stored"), GOOGLE)
def test_google_receives_the_options(
    provider: ProviderStandIn,
    alice: User,
    arguments: dict[str, Any],
    sent: dict[str, Any],
    stored: tuple[str, int, int],
) -> None:
    image = make_image(alice, **arguments)
    (received,) = provider.requests
    assert received.body["generationConfig"]["imageConfig"] == sent
    assert_stored(image, stored)


@pytest.mark.parametrize("output_format", [None, "png", "webp"])
@pytest.mark.usefixtures("provider")
def test_a_transparent_picture_has_real_alpha(alice: User, output_format: str | None) -> None:
    fields = {"outputFormat": output_format} if output_format else {}
    image = make_image(alice, modelId=FLARE, background="transparent", **fields)
    picture = stored_picture(image)
    assert picture.convert("RGBA").getchannel("A").getextrema() == (0, 255)
    thumbnail = Pillow.open(io.BytesIO(raster.thumbnail(files.read(image.picture_name))))
    assert thumbnail.convert("RGBA").getchannel("A").getextrema()[0] == 0


def test_an_opaque_picture_in_place_of_a_transparent_one_is_refunded(provider: ProviderStandIn, alice: User) -> None:
    provider.respond_with(*2 * [responses.content(responses.png(1024, 1024))])
    image = make_image(alice, modelId=FLARE, background="transparent")
    assert (image.status, image.error_code) == ("failed", "provider_error")
    assert "unusable file (without transparency)" in image.error_message
    assert (balance(alice), len(provider.requests)) == (100, 2)


def test_the_reported_usage_is_stored(provider: ProviderStandIn, alice: User) -> None:
    usage = {
        "input_tokens": 9,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 9},
        "output_tokens": 1056,
        "total_tokens": 1065,
    }
    provider.respond_with(lambda request: with_field(responses.picture()(request), "usage", usage))
    assert make_image(alice, modelId=GPT).provider_usage == usage
    google_usage = {"promptTokenCount": 4, "candidatesTokenCount": 1120, "totalTokenCount": 1124}
    provider.respond_with(lambda request: with_field(responses.picture()(request), "usageMetadata", google_usage))
    assert make_image(alice, modelId=PRO).provider_usage == google_usage


def with_field(response: responses.Response, name: str, value: object) -> responses.Response:
    return responses.json_response({**json.loads(response.body), name: value})


def test_the_safety_identifier_is_the_same_for_a_user_and_not_their_id(
    provider: ProviderStandIn, alice: User, bob: User
) -> None:
    for user in (alice, alice, bob):
        make_image(user, modelId=GPT)
    first, second, third = (request.body["safety_identifier"] for request in provider.requests)
    assert first == second != third
    assert str(alice.id) not in first


ARGUMENTS: dict[str, Any] = {
    "modelId": FLARE,
    "aspectRatio": "5:4",
    "resolution": "2K",
    "quality": "low",
    "background": "transparent",
    "outputFormat": "webp",
    "maxCredits": 10,
}
RESULT = {
    "aspectRatio": "5:4",
    "resolution": "2K",
    "quality": "low",
    "background": "transparent",
    "mediaType": "image/webp",
    "width": 2240,
    "height": 1792,
    "contentCredentials": False,
}


@pytest.mark.usefixtures("provider")
def test_rest_and_mcp_take_and_return_every_option(server: Any, alice: User, alices_key: str) -> None:
    program, agent = Program(server.url, alices_key), Agent(server.url, alices_key)
    with program.http:
        created = program.create(**ARGUMENTS).json()
        fetched = program.get(f"images/{created['id']}").json()
    generated = agent.generate(**ARGUMENTS)["structuredContent"]
    for body in (created, fetched, generated):
        assert {name: body[name] for name in RESULT} == RESULT
