"""REST views of uploads."""

import functools
from typing import Final

from django.http import HttpResponseBase
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from api import request_parsing, upload_body
from api.base_view import ApiView
from api.images import ContentSize
from api.openapi import upload_operations
from api.problems import UnsupportedMediaType
from images.models import Upload
from images.storage import downloads
from images.uploads import intake, uploads
from images.uploads.schemas import UploadArguments, UploadIdArguments, UploadResult
from infrastructure import database
from infrastructure.schemas import NoArguments, parse

JSON: Final = "application/json"
ACCEPTED_TYPES: Final = (
    "Send a PNG, JPEG or WebP file with its media type as Content-Type, a form (multipart/form-data), or JSON "
    "(application/json)."
)


class UploadContentArguments(UploadIdArguments):
    """The upload and the file to send."""

    size: ContentSize = "full"


class Uploads(ApiView):
    """`POST uploads`."""

    @upload_operations.CREATE
    async def post(self, request: Request) -> Response:
        parse(NoArguments, request_parsing.query_fields(request))
        media_type = request_parsing.media_type(request)
        if media_type in {upload_body.MULTIPART, *upload_body.PICTURES}:
            return _created(await intake.store(self.caller, functools.partial(upload_body.read, request)))
        if media_type != JSON:
            raise UnsupportedMediaType(ACCEPTED_TYPES)
        arguments = parse(UploadArguments, request_parsing.json_body(request))
        if arguments.url is None:
            return Response((await intake.create_ticket(self.caller)).to_json(), status=201)
        return _created(await intake.store_from_url(self.caller, arguments.url))


class UploadView(ApiView):
    """Base class of the views of one upload, whose ID is in the path."""

    def parse_id(self, upload_id: str) -> str:
        return self.parse_path(UploadIdArguments, id=upload_id).id

    async def find(self, upload_id: str) -> Upload:
        return await database.run_blocking(uploads.find, self.caller, upload_id)


class OneUpload(UploadView):
    """`GET uploads/{id}` and `DELETE uploads/{id}`."""

    @upload_operations.GET
    async def get(self, _request: Request, upload_id: str) -> Response:
        return Response(UploadResult.of(await self.find(self.parse_id(upload_id))).to_json())

    @upload_operations.DELETE
    async def delete(self, _request: Request, upload_id: str) -> Response:
        await database.run_blocking(uploads.delete, self.caller, self.parse_id(upload_id))
        return Response(status=204)


class UploadContent(UploadView):
    """`GET uploads/{id}/content`."""

    @upload_operations.CONTENT
    async def get(self, request: Request, upload_id: str) -> HttpResponseBase:
        arguments = self.parse_path(UploadContentArguments, id=upload_id)
        upload = await self.find(arguments.id)
        if arguments.size == "thumbnail":
            file = await downloads.upload_thumbnail_file(upload)
        else:
            file = downloads.upload_file(upload)
        return await downloads.file_response(request, file)


def _created(upload: Upload) -> Response:
    path = reverse("api-upload", args=[upload.id])
    return Response(UploadResult.of(upload).to_json(), status=201, headers={"Location": path})
