"""The REST API's calls about images and models."""

import uuid
from typing import Annotated, Any, Literal, TypeVar

from django.http import HttpResponseBase
from django.urls import reverse
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import Caller
from accounts.rest import problems, reading
from accounts.rest.reading import Wait
from accounts.rest.views import ApiView
from accounts.schemas import NoArguments, read
from config import database
from images import descriptions, generation, listing, presenting, serving, waiting
from images.exceptions import NotReady
from images.presenting import Present
from images.schemas import (
    WAIT_MAX_SECONDS,
    FlatImageAnswer,
    GenerationArguments,
    IdempotencyKey,
    ImageArguments,
    ListArguments,
)

WAIT_DEFAULT_SECONDS = 60

AboutImage = TypeVar("AboutImage", bound=ImageArguments)


class KeyedArguments(GenerationArguments):
    """A picture's arguments with the idempotency key where HTTP has it: in a header."""

    idempotency_key: IdempotencyKey = Field(default=None, alias="Idempotency-Key")


class ContentArguments(ImageArguments):
    """Which file of an image."""

    size: Annotated[
        Literal["full", "thumbnail"],
        Field(description="full (default), the stored picture; thumbnail, a WebP of 512 px at the long side."),
    ] = "full"


class Images(ApiView):
    """`images`."""

    @descriptions.LIST
    async def get(self, request: Request) -> Response:
        arguments = read(ListArguments, reading.query(request), strict=False)
        return Response((await database.run_blocking(listing.flat_images, self.caller, arguments)).to_json())

    @descriptions.CREATE
    async def post(self, request: Request) -> Response:
        read(NoArguments, reading.query(request))
        key = {"Idempotency-Key": request.headers.get("Idempotency-Key")}
        arguments = read(KeyedArguments, reading.joined(reading.json_body(request), key))
        wait = reading.wait(request, default_seconds=WAIT_DEFAULT_SECONDS, max_seconds=WAIT_MAX_SECONDS)
        present = await presenting.request(self.caller, arguments)
        self.image_id = present.image.id
        present = await _settled(self.caller, present, wait)
        path = reverse("api-image", args=[present.image.id])
        failure = generation.failure(present.image)
        if failure:
            response = problems.answer(failure, instance=path)
        else:
            response = Response(_flat(present), status=201 if present.image.is_final else 202)
        response["Location"] = path
        if present.replayed:
            response["Idempotent-Replayed"] = "true"
        return _with_preference(response, wait)


class ImageView(ApiView):
    """A call about the image whose id stands in its path."""

    def read(self, schema: type[AboutImage], image_id: str) -> AboutImage:
        arguments = read(schema, reading.joined(reading.query(self.request), {"id": image_id}))
        self.image_id = uuid.UUID(arguments.id)
        return arguments


class OneImage(ImageView):
    """`images/{id}`."""

    @descriptions.GET
    async def get(self, request: Request, image_id: str) -> Response:
        arguments = self.read(ImageArguments, image_id)
        wait = reading.wait(request, default_seconds=0, max_seconds=WAIT_MAX_SECONDS)
        present = await _settled(self.caller, await presenting.find(self.caller, arguments.id), wait)
        return _with_preference(Response(_flat(present)), wait)

    @descriptions.DELETE
    async def delete(self, _request: Request, image_id: str) -> Response:
        arguments = self.read(ImageArguments, image_id)
        await database.run_blocking(generation.delete, self.caller, arguments.id)
        return Response(status=204)


class Cancellation(ImageView):
    """`images/{id}/cancel`."""

    @descriptions.CANCEL
    async def post(self, _request: Request, image_id: str) -> Response:
        arguments = self.read(ImageArguments, image_id)
        await database.run_blocking(generation.cancel, self.caller, arguments.id)
        return Response(_flat(await presenting.find(self.caller, arguments.id)))


class Content(ImageView):
    """`images/{id}/content`."""

    @descriptions.CONTENT
    async def get(self, request: Request, image_id: str) -> HttpResponseBase:
        arguments = self.read(ContentArguments, image_id)
        image = (await presenting.find(self.caller, arguments.id)).image
        if not image.picture_name:
            raise NotReady(image.status, "There is no picture to send.")
        small = arguments.size == "thumbnail"
        file = await serving.thumbnail(image) if small else serving.picture(image)
        return await serving.send(request, file)


class Models(ApiView):
    """`models`."""

    @descriptions.MODELS
    async def get(self, request: Request) -> Response:
        read(NoArguments, reading.query(request))
        return Response((await database.run_blocking(listing.models, self.caller)).to_json())


async def _settled(caller: Caller, present: Present, wait: Wait) -> Present:
    if present.image.is_final or not wait.seconds:
        return present
    await waiting.until_final(present.image.id, seconds=wait.seconds)
    return await presenting.find(caller, present.image.id, replayed=present.replayed)


def _flat(present: Present) -> dict[str, Any]:
    return FlatImageAnswer.flat(present.image, balance=present.balance, image_url=present.image_url).to_json()


def _with_preference(response: Response, wait: Wait) -> Response:
    if wait.applied:
        response["Preference-Applied"] = wait.applied
    return response
