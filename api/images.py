"""REST views of images and models."""

import uuid
from typing import Annotated, Any, Literal, TypeVar

from django.http import HttpResponseBase
from django.urls import reverse
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from api import image_arguments, problems, request_parsing
from api.base_view import ApiView
from api.openapi import collection_operations, operations
from api.request_parsing import WaitPreference
from images import generation, snapshots
from images.exceptions import NotReady
from images.library import favourites, lineage, listing
from images.schemas import WAIT_MAX_SECONDS, FlatImageResult, ImageArguments, ListArguments
from images.snapshots import ImageSnapshot
from images.storage import downloads
from infrastructure import database
from infrastructure.http import request_headers
from infrastructure.schemas import NoArguments, parse

WAIT_DEFAULT_SECONDS = 60

PathArguments = TypeVar("PathArguments", bound=ImageArguments)


ContentSize = Annotated[
    Literal["full", "thumbnail"],
    Field(description="full (default) for the stored picture, or thumbnail for a WebP with a long side of 512 px."),
]


class ContentArguments(ImageArguments):
    """The image and the file to send."""

    size: ContentSize = "full"


class Images(ApiView):
    """`GET images` and `POST images`."""

    @operations.LIST
    async def get(self, request: Request) -> Response:
        arguments = parse(ListArguments, request_parsing.query_fields(request), strict=False)
        return Response((await database.run_blocking(listing.list_flat_images, self.caller, arguments)).to_json())

    @operations.CREATE
    async def post(self, request: Request) -> Response:
        parse(NoArguments, request_parsing.query_fields(request))
        header = {"Idempotency-Key": request_headers.single_value(request, "Idempotency-Key")}
        fields = request_parsing.merge_fields(request_parsing.json_body(request), header)
        arguments = image_arguments.parse_image(fields)
        wait = request_parsing.wait_preference(
            request, default_seconds=WAIT_DEFAULT_SECONDS, max_seconds=WAIT_MAX_SECONDS
        )
        snapshot = await snapshots.request(self.caller, arguments)
        self.image_id = snapshot.image.id
        snapshot = await snapshots.wait_until_final(self.caller, snapshot, seconds=wait.seconds)
        path = reverse("api-image", args=[snapshot.image.id])
        failure = generation.failure_of(snapshot.image)
        if failure:
            response = problems.response(failure, instance=path)
        else:
            response = Response(_image_json(snapshot), status=201 if snapshot.image.is_final else 202)
        response["Location"] = path
        if snapshot.replayed:
            response["Idempotent-Replayed"] = "true"
        return _with_preference_applied(response, wait)


class ImageView(ApiView):
    """Base class of the views of one image, whose ID is in the path."""

    def parse_arguments(self, schema: type[PathArguments], image_id: str) -> PathArguments:
        arguments = self.parse_path(schema, id=image_id)
        self.image_id = uuid.UUID(arguments.id)
        return arguments


class OneImage(ImageView):
    """`GET images/{id}` and `DELETE images/{id}`."""

    @operations.GET
    async def get(self, request: Request, image_id: str) -> Response:
        arguments = self.parse_arguments(ImageArguments, image_id)
        wait = request_parsing.wait_preference(request, default_seconds=0, max_seconds=WAIT_MAX_SECONDS)
        snapshot = await snapshots.find(self.caller, arguments.id)
        snapshot = await snapshots.wait_until_final(self.caller, snapshot, seconds=wait.seconds)
        return _with_preference_applied(Response(_image_json(snapshot)), wait)

    @operations.DELETE
    async def delete(self, _request: Request, image_id: str) -> Response:
        arguments = self.parse_arguments(ImageArguments, image_id)
        await database.run_blocking(generation.delete, self.caller, arguments.id)
        return Response(status=204)


class Cancellation(ImageView):
    """`POST images/{id}/cancel`."""

    @operations.CANCEL
    async def post(self, _request: Request, image_id: str) -> Response:
        arguments = self.parse_arguments(ImageArguments, image_id)
        await database.run_blocking(generation.cancel, self.caller, arguments.id)
        return Response(_image_json(await snapshots.find(self.caller, arguments.id)))


class Favourite(ImageView):
    """`PUT images/{id}/favourite` and `DELETE images/{id}/favourite`."""

    @collection_operations.ADD_FAVOURITE
    async def put(self, _request: Request, image_id: str) -> Response:
        arguments = self.parse_arguments(ImageArguments, image_id)
        await database.run_blocking(favourites.add, self.caller, arguments.id)
        return Response(status=204)

    @collection_operations.REMOVE_FAVOURITE
    async def delete(self, _request: Request, image_id: str) -> Response:
        arguments = self.parse_arguments(ImageArguments, image_id)
        await database.run_blocking(favourites.remove, self.caller, arguments.id)
        return Response(status=204)


class Content(ImageView):
    """`GET images/{id}/content`."""

    @operations.CONTENT
    async def get(self, request: Request, image_id: str) -> HttpResponseBase:
        arguments = self.parse_arguments(ContentArguments, image_id)
        image = (await snapshots.find(self.caller, arguments.id)).image
        if not image.picture_name:
            raise NotReady(image.status, "Only succeeded images have a picture to download.")
        if arguments.size == "thumbnail":
            file = await downloads.thumbnail_file(image)
        else:
            file = downloads.picture_file(image)
        return await downloads.file_response(request, file)


class Lineage(ImageView):
    """`GET images/{id}/lineage`."""

    @operations.LINEAGE
    async def get(self, _request: Request, image_id: str) -> Response:
        arguments = self.parse_arguments(ImageArguments, image_id)
        return Response((await database.run_blocking(lineage.lineage, self.caller, arguments.id)).to_json())


class Models(ApiView):
    """`GET models`."""

    @operations.MODELS
    async def get(self, request: Request) -> Response:
        parse(NoArguments, request_parsing.query_fields(request))
        return Response((await database.run_blocking(listing.list_models, self.caller)).to_json())


def _image_json(snapshot: ImageSnapshot) -> dict[str, Any]:
    return FlatImageResult.flat(snapshot.image, balance=snapshot.balance, image_url=snapshot.image_url).to_json()


def _with_preference_applied(response: Response, wait: WaitPreference) -> Response:
    if wait.applied:
        response["Preference-Applied"] = wait.applied
    return response
