"""OpenAI's Python SDK generates images."""

import base64
import io
from typing import Any

import httpx2
import openai
import pytest
from PIL import Image as Pillow

from accounts.models import User
from billing.models import LedgerEntry
from images.models import Image
from tests.factories import MODEL, balance, set_price
from tests.images.providers.responses import ReceivedRequest, Response, content, json_response, png
from tests.images.providers.stand_in import ProviderStandIn
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)

TRANSPARENT_MODEL = "openai:gpt-image-2.5-flare"


def pictures(response: Any) -> list[Pillow.Image]:
    return [Pillow.open(io.BytesIO(base64.b64decode(item.b64_json))) for item in response.data]


def test_an_image_is_returned_as_base64(sdk: openai.OpenAI, alice: User, worker: WorkerThread) -> None:
    response = sdk.images.generate(model=MODEL, prompt="a quiet lake")
    (picture,), image = pictures(response), Image.objects.get()
    assert picture.size == (image.width, image.height) == (1024, 1024)
    assert response.created == int(image.created_at.timestamp())
    assert (response.size, response.quality, response.background) == ("1024x1024", "medium", "opaque")
    assert response.output_format == str(picture.format).lower()
    assert response.data
    assert response.data[0].url is None
    assert balance(alice) == 95


def test_the_headers_have_credits_and_ids(sdk: openai.OpenAI, worker: WorkerThread) -> None:
    headers = sdk.images.with_raw_response.generate(model=MODEL, prompt="a quiet lake", n=2).headers
    assert (headers["X-Credits-Charged"], headers["X-Credits-Remaining"]) == ("10", "90")
    assert set(headers["X-Image-Ids"].split(", ")) == {str(image.id) for image in Image.objects.all()}
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_a_link_is_returned_on_request(sdk: openai.OpenAI, server: Any, settings: Any, worker: WorkerThread) -> None:
    settings.SITE_URL = server.url
    response = sdk.images.generate(model=MODEL, prompt="a quiet lake", response_format="url")
    assert response.data
    assert response.data[0].b64_json is None
    picture = httpx2.get(str(response.data[0].url))
    assert (picture.status_code, len(picture.content)) == (200, Image.objects.get().byte_size)


def test_every_image_of_a_request_is_charged(sdk: openai.OpenAI, alice: User, worker: WorkerThread) -> None:
    response = sdk.images.generate(model=MODEL, prompt="a quiet lake", n=4)
    assert len(pictures(response)) == Image.objects.filter(status="succeeded").count() == 4
    assert balance(alice) == 80


def test_a_transparent_picture_has_alpha(sdk: openai.OpenAI, provider: ProviderStandIn, worker: WorkerThread) -> None:
    transparent = io.BytesIO()
    Pillow.new("RGBA", (1024, 1024)).save(transparent, "WEBP")
    provider.respond_with(content(transparent.getvalue()))
    response = sdk.images.generate(
        model=TRANSPARENT_MODEL, prompt="a quiet lake", background="transparent", output_format="webp"
    )
    (request,), (picture,) = provider.requests, pictures(response)
    assert (request.body["background"], request.body["output_format"]) == ("transparent", "webp")
    assert (picture.format, response.output_format, response.background) == ("WEBP", "webp", "transparent")
    assert picture.convert("RGBA").getchannel("A").getextrema()[0] == 0


def test_the_part_of_an_id_after_the_colon_is_enough(sdk: openai.OpenAI, worker: WorkerThread) -> None:
    sdk.images.generate(model="gpt-image-2", prompt="a quiet lake")
    assert Image.objects.get().model_id == MODEL


def picture_with_usage(tokens: int) -> Any:
    """Return a picture and the usage of this many input and output tokens, as OpenAI does."""
    details = {"image_tokens": 0, "text_tokens": tokens}
    usage = {
        "input_tokens": tokens,
        "input_tokens_details": details,
        "output_tokens": tokens,
        "total_tokens": 2 * tokens,
    }

    def respond(request: ReceivedRequest) -> Response:
        data = [{"b64_json": base64.b64encode(png(*request.size)).decode()}]
        return json_response({"created": 1, "data": data, "usage": usage})

    return respond


@pytest.mark.parametrize(
    ("quality", "stored"),
    [("auto", "medium"), ("standard", "medium"), ("hd", "high"), ("high", "high"), ("low", "low")],
)
def test_a_quality_is_ours_or_of_an_older_client(
    sdk: openai.OpenAI, worker: WorkerThread, quality: Any, stored: str
) -> None:
    response = sdk.images.generate(model=MODEL, prompt="a quiet lake", quality=quality)
    assert response.quality == Image.objects.get().quality == stored


def test_parameters_without_effect_are_accepted(sdk: openai.OpenAI, worker: WorkerThread) -> None:
    sdk.images.generate(
        model=MODEL,
        prompt="a quiet lake",
        background="auto",
        moderation="low",
        output_compression=100,
        partial_images=0,
        size="auto",
        stream=False,
        user="ada",
        extra_body={"safety_identifier": "ada"},
    )
    assert Image.objects.get().aspect_ratio == "1:1"


def test_the_usage_of_all_pictures_is_added(
    sdk: openai.OpenAI, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    provider.respond_with(picture_with_usage(10), picture_with_usage(20))
    usage = sdk.images.generate(model=MODEL, prompt="a quiet lake", n=2).usage
    assert usage
    assert (usage.input_tokens, usage.input_tokens_details.text_tokens) == (30, 30)
    assert (usage.output_tokens, usage.total_tokens) == (30, 60)


def test_without_usage_of_the_provider_there_is_none(sdk: openai.OpenAI, worker: WorkerThread) -> None:
    assert sdk.images.generate(model=MODEL, prompt="a quiet lake").usage is None


def test_several_images_are_charged_together_or_not_at_all(sdk: openai.OpenAI, alice: User) -> None:
    set_price(MODEL, 60)
    with pytest.raises(openai.RateLimitError):
        sdk.images.generate(model=MODEL, prompt="a quiet lake", n=2)
    assert (balance(alice), Image.objects.count()) == (100, 0)
    assert not LedgerEntry.objects.filter(type="generation").exists()


async def test_the_asynchronous_client_generates(base_url: str, alices_key: str, worker: WorkerThread) -> None:
    async with openai.AsyncOpenAI(base_url=base_url, api_key=alices_key) as client:
        assert pictures(await client.images.generate(model=MODEL, prompt="a quiet lake"))
