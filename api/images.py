"""The REST API's calls about images and models."""

import uuid
from typing import Annotated, Any, Literal, TypeVar

from django.http import HttpResponseBase
from django.urls import reverse
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from api import openapi_docs, problems, request_parsing
from api.base_view import ApiView
from api.request_parsing import WaitPreference
from images import generation, listing, snapshots
from images.exceptions import NotReady
from images.schemas import (
    WAIT_MAX_SECONDS,
    FlatImageResult,
    GenerationArguments,
    IdempotencyKey,
    ImageArguments,
    ListArguments,
)
from images.snapshots import ImageSnapshot
from images.storage import downloads
from infrastructure import database
from infrastructure.schemas import NoArguments, parse

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

    @openapi_docs.LIST
    async def get(self, request: Request) -> Response:
        arguments = parse(ListArguments, request_parsing.query_fields(request), strict=False)
        return Response((await database.run_blocking(listing.list_flat_images, self.caller, arguments)).to_json())

    @openapi_docs.CREATE
    async def post(self, request: Request) -> Response:
        parse(NoArguments, request_parsing.query_fields(request))
        key = {"Idempotency-Key": request.headers.get("Idempotency-Key")}
        arguments = parse(KeyedArguments, request_parsing.merged(request_parsing.json_body(request), key))
        wait = request_parsing.wait_preference(
            request, default_seconds=WAIT_DEFAULT_SECONDS, max_seconds=WAIT_MAX_SECONDS
        )
        present = await snapshots.request(self.caller, arguments)
        self.image_id = present.image.id
        present = await snapshots.wait_until_final(self.caller, present, seconds=wait.seconds)
        path = reverse("api-image", args=[present.image.id])
        failure = generation.failure_of(present.image)
        if failure:
            response = problems.response(failure, instance=path)
        else:
            response = Response(_flat(present), status=201 if present.image.is_final else 202)
        response["Location"] = path
        if present.replayed:
            response["Idempotent-Replayed"] = "true"
        return _with_preference(response, wait)


class ImageView(ApiView):
    """A call about the image whose id stands in its path."""

    def read(self, schema: type[AboutImage], image_id: str) -> AboutImage:
        arguments = parse(schema, request_parsing.merged(request_parsing.query_fields(self.request), {"id": image_id}))
        self.image_id = uuid.UUID(arguments.id)
        return arguments


class OneImage(ImageView):
    """`images/{id}`."""

    @openapi_docs.GET
    async def get(self, request: Request, image_id: str) -> Response:
        arguments = self.read(ImageArguments, image_id)
        wait = request_parsing.wait_preference(request, default_seconds=0, max_seconds=WAIT_MAX_SECONDS)
        present = await snapshots.find(self.caller, arguments.id)
        present = await snapshots.wait_until_final(self.caller, present, seconds=wait.seconds)
        return _with_preference(Response(_flat(present)), wait)

    @openapi_docs.DELETE
    async def delete(self, _request: Request, image_id: str) -> Response:
        arguments = self.read(ImageArguments, image_id)
        await database.run_blocking(generation.delete, self.caller, arguments.id)
        return Response(status=204)


class Cancellation(ImageView):
    """`images/{id}/cancel`."""

    @openapi_docs.CANCEL
    async def post(self, _request: Request, image_id: str) -> Response:
        arguments = self.read(ImageArguments, image_id)
        await database.run_blocking(generation.cancel, self.caller, arguments.id)
        return Response(_flat(await snapshots.find(self.caller, arguments.id)))


class Content(ImageView):
    """`images/{id}/content`."""

    @openapi_docs.CONTENT
    async def get(self, request: Request, image_id: str) -> HttpResponseBase:
        arguments = self.read(ContentArguments, image_id)
        image = (await snapshots.find(self.caller, arguments.id)).image
        if not image.picture_name:
            raise NotReady(image.status, "There is no picture to send.")
        small = arguments.size == "thumbnail"
        file = await downloads.thumbnail_file(image) if small else downloads.picture_file(image)
        return await downloads.file_response(request, file)


class Models(ApiView):
    """`models`."""

    @openapi_docs.MODELS
    async def get(self, request: Request) -> Response:
        parse(NoArguments, request_parsing.query_fields(request))
        return Response((await database.run_blocking(listing.list_models, self.caller)).to_json())


def _flat(present: ImageSnapshot) -> dict[str, Any]:
    return FlatImageResult.flat(present.image, balance=present.balance, image_url=present.image_url).to_json()


def _with_preference(response: Response, wait: WaitPreference) -> Response:
    if wait.applied:
        response["Preference-Applied"] = wait.applied
    return response
