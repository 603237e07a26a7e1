"""REST view of the public page of an image."""

from rest_framework.request import Request
from rest_framework.response import Response

from api import request_parsing
from api.images import ImageView
from api.openapi import share_operations
from images.schemas import ImageArguments
from images.shares import shares
from images.shares.schemas import ShareArguments, ShareResult
from infrastructure import database
from infrastructure.schemas import parse


class OneShare(ImageView):
    """`GET`, `PUT` and `DELETE images/{id}/share`."""

    http_method_names = ["get", "put", "delete", "head"]

    @share_operations.GET
    async def get(self, _request: Request, image_id: str) -> Response:
        arguments = self.parse_arguments(ImageArguments, image_id)
        return Response(ShareResult.of(await database.run_blocking(shares.find, self.caller, arguments.id)).to_json())

    @share_operations.PUT
    async def put(self, request: Request, image_id: str) -> Response:
        image = self.parse_arguments(ImageArguments, image_id)
        arguments = parse(ShareArguments, request_parsing.optional_json_body(request))
        share, is_new = await database.run_blocking(
            shares.share, self.caller, image.id, shows_prompt=arguments.shows_prompt
        )
        return Response(ShareResult.of(share).to_json(), status=201 if is_new else 200)

    @share_operations.DELETE
    async def delete(self, _request: Request, image_id: str) -> Response:
        arguments = self.parse_arguments(ImageArguments, image_id)
        await database.run_blocking(shares.revoke, self.caller, arguments.id)
        return Response(status=204)
