"""REST views of collections."""

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from api import request_parsing
from api.base_view import ApiView
from api.openapi import collection_operations as operations
from images.library import collections
from images.library.schemas import (
    CollectionArguments,
    CollectionIdArguments,
    CollectionImageArguments,
    RenameArguments,
)
from infrastructure import database
from infrastructure.schemas import NoArguments, parse


class Collections(ApiView):
    """`GET collections` and `POST collections`."""

    @operations.LIST
    async def get(self, request: Request) -> Response:
        parse(NoArguments, request_parsing.query_fields(request))
        return Response((await database.run_blocking(collections.list_all, self.caller)).to_json())

    @operations.CREATE
    async def post(self, request: Request) -> Response:
        parse(NoArguments, request_parsing.query_fields(request))
        arguments = parse(CollectionArguments, request_parsing.json_body(request))
        collection = await database.run_blocking(collections.create, self.caller, arguments.name)
        response = Response(collection.to_json(), status=201)
        response["Location"] = reverse("api-collection", args=[collection.id])
        return response


class OneCollection(ApiView):
    """`GET collections/{id}`, `PATCH collections/{id}` and `DELETE collections/{id}`."""

    @operations.GET
    async def get(self, _request: Request, collection_id: str) -> Response:
        arguments = self.parse_path(CollectionIdArguments, id=collection_id)
        return Response((await database.run_blocking(collections.get, self.caller, arguments.id)).to_json())

    @operations.RENAME
    async def patch(self, request: Request, collection_id: str) -> Response:
        parse(NoArguments, request_parsing.query_fields(request))
        fields = request_parsing.merge_fields(request_parsing.json_body(request), {"id": collection_id})
        arguments = parse(RenameArguments, fields)
        renamed = await database.run_blocking(collections.rename, self.caller, arguments.id, arguments.name)
        return Response(renamed.to_json())

    @operations.DELETE
    async def delete(self, _request: Request, collection_id: str) -> Response:
        arguments = self.parse_path(CollectionIdArguments, id=collection_id)
        await database.run_blocking(collections.delete, self.caller, arguments.id)
        return Response(status=204)


class CollectedImage(ApiView):
    """`PUT collections/{id}/images/{image id}` and `DELETE collections/{id}/images/{image id}`."""

    @operations.ADD
    async def put(self, _request: Request, collection_id: str, image_id: str) -> Response:
        arguments = self.parse_path(CollectionImageArguments, id=collection_id, imageId=image_id)
        await database.run_blocking(collections.add, self.caller, arguments.id, arguments.image_id)
        return Response(status=204)

    @operations.REMOVE
    async def delete(self, _request: Request, collection_id: str, image_id: str) -> Response:
        arguments = self.parse_path(CollectionImageArguments, id=collection_id, imageId=image_id)
        await database.run_blocking(collections.remove, self.caller, arguments.id, arguments.image_id)
        return Response(status=204)
