"""OpenAI's Python SDK edits pictures."""

import asyncio
import base64
import contextlib
import io
import threading
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient
from PIL import Image as Pillow

from accounts.models import User
from api.openai_compatible import edit_form
from images.models import CatalogueModel, Image, Upload
from images.pictures import raster
from images.uploads import uploads
from infrastructure import database
from tests.factories import MODEL, balance
from tests.images.providers import responses
from tests.images.providers.stand_in import ProviderStandIn
from tests.images.upload_files import mask_png, png
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)

LAKE = ("lake.png", png(320, 200), "image/png")
BOAT = ("boat.png", png(90, 70, "red"), "image/png")
KEY = {"Idempotency-Key": "once"}
GOOGLE = "google:gemini-2.5-flash-image"


def edit(client: openai.OpenAI, **parameters: Any) -> Any:
    return client.images.with_raw_response.edit(
        **{"model": MODEL, "prompt": "make it night", "image": LAKE, **parameters}
    )


def failure(client: openai.OpenAI, **parameters: Any) -> openai.APIStatusError:
    with pytest.raises(openai.APIStatusError) as raised:
        edit(client.with_options(max_retries=0), **parameters)
    return raised.value


def picture(response: Any) -> Pillow.Image:
    (item,) = response.parse().data
    return Pillow.open(io.BytesIO(base64.b64decode(item.b64_json)))


def test_an_edit_has_the_shape_of_its_picture_and_costs_what_a_generation_costs(
    sdk: openai.OpenAI, alice: User, worker: WorkerThread
) -> None:
    response = edit(sdk)
    image = Image.objects.get()
    assert picture(response).size == (image.width, image.height) == (1408, 880)
    assert (response.parse().size, image.aspect_ratio) == ("1408x880", "auto")
    assert (response.headers["X-Credits-Charged"], response.headers["X-Credits-Remaining"]) == ("5", "95")
    assert response.headers["X-Image-Ids"] == str(image.id)
    (source,) = image.sources.all()
    upload = Upload.objects.get()
    assert (source.role, source.upload_id, upload.user_id, upload.width) == ("base", upload.id, alice.id, 320)


def test_every_file_reaches_the_provider_in_order(
    sdk: openai.OpenAI, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    mask = ("mask.png", mask_png(320, 200, alpha=True), "image/png")
    edit(sdk, image=[LAKE, BOAT], mask=mask, size="1024x1024", quality="low", output_format="webp", n=2)
    assert len(provider.requests) == 2
    for received in provider.requests:
        assert [(file.field, file.size) for file in received.files] == [
            ("image[]", (320, 200)),
            ("image[]", (90, 70)),
            ("mask", (320, 200)),
        ]
        expected = {"size": "1024x1024", "quality": "low", "output_format": "webp", "prompt": "make it night"}
        assert {name: received.body[name] for name in expected} == expected
    assert Upload.objects.count() == 3


@pytest.mark.parametrize("field", ["image", "image[]", "image[{}]"])
def test_other_programs_name_the_pictures_in_other_ways(
    base_url: str, alices_key: str, worker: WorkerThread, field: str
) -> None:
    response = httpx2.post(
        f"{base_url}/images/edits",
        headers={"Authorization": f"Bearer {alices_key}"},
        data={"model": MODEL, "prompt": "make it night", "n": "1", "response_format": "url"},
        files=[(field.format(index), file) for index, file in enumerate([LAKE, BOAT])],
        timeout=60,
    )
    assert response.status_code == 200, response.text
    roles = Image.objects.get().sources.values_list("role", "upload__width")
    assert list(roles) == [("base", 320), ("reference", 90)]


def test_a_transparent_background_is_honoured(sdk: openai.OpenAI, worker: WorkerThread) -> None:
    result = picture(edit(sdk, model="gpt-image-2.5-flare", background="transparent", input_fidelity="high"))
    assert result.convert("RGBA").getchannel("A").getextrema()[0] == 0


@pytest.mark.parametrize("n", [1, 2])
def test_a_replay_returns_the_same_images_and_keeps_no_further_uploads(
    sdk: openai.OpenAI, alice: User, worker: WorkerThread, n: int
) -> None:
    first, second = (edit(sdk, n=n, extra_headers=KEY) for _ in range(2))
    assert second.headers["X-Image-Ids"] == first.headers["X-Image-Ids"]
    assert (first.headers.get("Idempotent-Replayed"), second.headers["Idempotent-Replayed"]) == (None, "true")
    assert (balance(alice), Image.objects.count(), Upload.objects.count()) == (100 - 5 * n, n, 1)


@pytest.mark.parametrize("changed", [{"image": BOAT}, {"image": [LAKE, BOAT]}, {"prompt": "another"}, {"n": 2}])
def test_a_key_of_another_request_is_a_conflict(
    sdk: openai.OpenAI, alice: User, worker: WorkerThread, changed: dict[str, Any]
) -> None:
    edit(sdk, extra_headers=KEY)
    assert failure(sdk, extra_headers=KEY, **changed).code == "idempotency_conflict"
    assert (balance(alice), Upload.objects.count()) == (95, 1)


def test_nothing_is_stored_before_the_other_checks_or_for_a_replay(
    sdk: openai.OpenAI, alice: User, worker: WorkerThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = edit(sdk, image=[LAKE, BOAT], extra_headers=KEY)
    # From here on, an attempt to store a file is too_many_uploads.
    monkeypatch.setattr(uploads, "MAX_UPLOADS", 0)
    replayed = edit(sdk, image=[LAKE, BOAT], extra_headers=KEY)
    assert replayed.headers["X-Image-Ids"] == first.headers["X-Image-Ids"]
    assert failure(sdk, image=[BOAT, LAKE], extra_headers=KEY).code == "idempotency_conflict"
    assert failure(sdk, n=4, quality="high", size="3840x2160").code == "insufficient_credits"
    assert failure(sdk, image=[LAKE] * 4, model=GOOGLE).code == "too_many_sources"
    assert failure(sdk, background="transparent").code == "unsupported_option"
    CatalogueModel.objects.update(enabled=False)
    assert failure(sdk).code == "model_unavailable"


class HeldLock:
    """In place of the lock of the decoder: the second picture waits in it until it is released."""

    def __init__(self) -> None:
        self.entered, self.reached, self.released = 0, threading.Event(), threading.Event()

    def __enter__(self) -> None:
        self.entered += 1
        if self.entered > 1:
            self.reached.set()
            assert self.released.wait(30)

    def __exit__(self, *_: object) -> None:
        pass


def test_a_client_that_disconnects_during_the_upload_is_not_charged_and_leaves_no_uploads(
    alice: User, alices_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = HeldLock()
    monkeypatch.setattr(raster, "decoding", lock)
    files = [SimpleUploadedFile(*LAKE), SimpleUploadedFile(*BOAT)]

    async def request_and_disconnect() -> None:
        headers = {"Authorization": f"Bearer {alices_key}"}
        request = AsyncClient().post("/api/openai/v1/images/edits", {**FORM, "image": files}, headers=headers)
        task = asyncio.ensure_future(request)
        await asyncio.to_thread(lock.reached.wait, 30)
        task.cancel()
        await asyncio.sleep(0)
        assert await sync_to_async(Upload.objects.count)() == 1
        lock.released.set()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await database.close()

    asyncio.run(request_and_disconnect())
    assert lock.reached.is_set()
    assert (balance(alice), Image.objects.count(), Upload.objects.count()) == (100, 0, 0)


SMALL_MASK = ("mask.png", mask_png(64, 48), "image/png")
TEXT = ("notes.txt", b"no picture", "text/plain")
REFUSED: list[tuple[dict[str, Any], tuple[int, str, str]]] = [
    ({"image": TEXT}, (400, "invalid_arguments", "image")),
    ({"image": [LAKE, TEXT]}, (400, "invalid_arguments", "image")),
    ({"mask": TEXT}, (400, "invalid_arguments", "mask")),
    ({"mask": SMALL_MASK}, (400, "invalid_mask", "mask")),
    ({"mask": SMALL_MASK, "model": GOOGLE}, (400, "unsupported_option", "mask")),
    ({"image": [LAKE] * 4, "model": GOOGLE}, (400, "too_many_sources", "image")),
    ({"image": [LAKE] * 15}, (400, "invalid_arguments", "image")),
    ({"prompt": " "}, (400, "invalid_arguments", "prompt")),
    ({"size": "1000x900"}, (400, "invalid_arguments", "size")),
    ({"n": 5}, (400, "invalid_arguments", "n")),
    ({"stream": True}, (400, "invalid_arguments", "stream")),
    ({"background": "transparent"}, (400, "unsupported_option", "background")),
    ({"model": "dall-e-2"}, (404, "model_not_found", "model")),
    ({"extra_body": {"seed": 1}}, (400, "invalid_arguments", "seed")),
    ({"extra_headers": {"Idempotency-Key": "a" * 251}}, (400, "invalid_arguments", "Idempotency-Key")),
]


@pytest.mark.parametrize(("parameters", "expected"), REFUSED)
def test_a_refused_edit_names_the_parameter_and_keeps_no_uploads(
    sdk: openai.OpenAI, alice: User, parameters: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    error = failure(sdk, **parameters)
    assert (error.status_code, error.code, error.param) == expected
    assert (balance(alice), Image.objects.count(), Upload.objects.count()) == (100, 0, 0)


def test_a_mask_that_the_provider_refuses_is_a_bad_request(
    sdk: openai.OpenAI, alice: User, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    provider.respond_with(responses.openai_error(400, "invalid_mask_image_format", "No."))
    error = failure(sdk, mask=("mask.png", mask_png(320, 200), "image/png"))
    assert (error.status_code, error.code, error.param, balance(alice)) == (400, "invalid_mask", "mask", 100)


def test_the_end_user_is_sent_to_the_provider(
    sdk: openai.OpenAI, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    edit(sdk, user="customer 7")
    sent = provider.requests[0].body["safety_identifier"]
    assert sent == Image.objects.get().end_user_hash != ""


def test_the_quota_of_uploads_holds_and_no_file_is_left(
    sdk: openai.OpenAI, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOADS", 1)
    error = failure(sdk, image=[LAKE, BOAT])
    assert (error.status_code, error.code) == (409, "too_many_uploads")
    assert Upload.objects.count() == 0
    assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []


def send(base_url: str, key: str, **fields: Any) -> tuple[int, str]:
    response = httpx2.post(f"{base_url}/images/edits", headers={"Authorization": f"Bearer {key}"}, timeout=60, **fields)
    return response.status_code, response.json()["error"]["code"]


FORM = {"model": MODEL, "prompt": "make it night"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"json": FORM}, (415, "unsupported_media_type")),
        ({"data": FORM}, (415, "unsupported_media_type")),
        ({"data": FORM, "files": {"picture": LAKE}}, (400, "invalid_arguments")),
        ({"data": FORM, "files": {"mask": LAKE}}, (400, "invalid_arguments")),
        ({"data": FORM, "files": [("image", LAKE), ("mask", LAKE), ("mask", LAKE)]}, (400, "invalid_arguments")),
        ({"data": {**FORM, "image": "a"}, "files": {"mask": LAKE}}, (400, "invalid_arguments")),
        ({"data": {"prompt": ["a", "b"], "model": MODEL}, "files": {"image": LAKE}}, (400, "invalid_arguments")),
    ],
)
def test_another_form_is_refused(
    base_url: str, alices_key: str, fields: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert send(base_url, alices_key, **fields) == expected
    assert Upload.objects.count() == 0


def test_a_damaged_form_is_refused(base_url: str, alices_key: str) -> None:
    for content in (b"", b"--x\r\n", b"nothing"):
        headers = {"Authorization": f"Bearer {alices_key}", "Content-Type": "multipart/form-data; boundary=x"}
        response = httpx2.post(f"{base_url}/images/edits", headers=headers, content=content)
        assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_arguments")


def test_a_file_and_a_form_that_are_too_large_are_refused(
    base_url: str, alices_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edit_form, "UPLOAD_MAX_BYTES", 100)
    assert send(base_url, alices_key, data=FORM, files={"image": LAKE}) == (413, "too_large")
    monkeypatch.setattr(edit_form, "EDIT_BODY_MAX_BYTES", 100)
    assert send(base_url, alices_key, data=FORM, files={"image": ("a.png", b"")}) == (413, "too_large")


def test_a_form_of_more_than_a_mebibyte_is_accepted(sdk: openai.OpenAI, worker: WorkerThread) -> None:
    # The other endpoints accept no body of this size.
    large = ("lake.png", responses.png(640, 400, size_bytes=3 * 1024 * 1024), "image/png")
    assert picture(edit(sdk, image=[large, large])).size == (1408, 880)
