"""REST views of webhooks and their deliveries."""

from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from api import request_parsing
from api.base_view import ApiView
from api.openapi import webhook_operations
from images.webhooks import calls
from images.webhooks.schemas import (
    DeliveryIdArguments,
    DeliveryListArguments,
    WebhookArguments,
    WebhookChangeArguments,
    WebhookIdArguments,
)
from infrastructure import database
from infrastructure.schemas import NoArguments, Result, parse


class Webhooks(ApiView):
    """`GET webhooks` and `POST webhooks`."""

    @webhook_operations.LIST
    async def get(self, request: Request) -> Response:
        parse(NoArguments, request_parsing.query_fields(request))
        return await _response(calls.list_webhooks, self.caller)

    @webhook_operations.CREATE
    async def post(self, request: Request) -> Response:
        parse(NoArguments, request_parsing.query_fields(request))
        arguments = parse(WebhookArguments, request_parsing.json_body(request))
        response = await _response(calls.create, self.caller, arguments, status=201)
        response["Location"] = reverse("api-webhook", args=[response.data["id"]])
        return response


class OneWebhook(ApiView):
    """`GET webhooks/{id}`, `PATCH webhooks/{id}` and `DELETE webhooks/{id}`."""

    @webhook_operations.GET
    async def get(self, _request: Request, webhook_id: str) -> Response:
        return await _response(calls.get, self.caller, self.parse_path(WebhookIdArguments, id=webhook_id).id)

    @webhook_operations.CHANGE
    async def patch(self, request: Request, webhook_id: str) -> Response:
        found = self.parse_path(WebhookIdArguments, id=webhook_id)
        arguments = parse(WebhookChangeArguments, request_parsing.json_body(request))
        return await _response(calls.change, self.caller, found.id, arguments)

    @webhook_operations.DELETE
    async def delete(self, _request: Request, webhook_id: str) -> Response:
        found = self.parse_path(WebhookIdArguments, id=webhook_id)
        await database.run_blocking(calls.delete, self.caller, found.id)
        return Response(status=204)


class Rotation(ApiView):
    """`POST webhooks/{id}/rotate`."""

    @webhook_operations.ROTATE
    async def post(self, _request: Request, webhook_id: str) -> Response:
        return await _response(calls.rotate, self.caller, self.parse_path(WebhookIdArguments, id=webhook_id).id)


class TestEvent(ApiView):
    """`POST webhooks/{id}/test`."""

    @webhook_operations.TEST
    async def post(self, _request: Request, webhook_id: str) -> Response:
        found = self.parse_path(WebhookIdArguments, id=webhook_id)
        return await _response(calls.send_test, self.caller, found.id, status=202)


class Deliveries(ApiView):
    """`GET webhooks/{id}/deliveries`."""

    @webhook_operations.DELIVERIES
    async def get(self, request: Request, webhook_id: str) -> Response:
        query = dict(request_parsing.query_fields(request))
        request_parsing.merge_fields(query, {"id": webhook_id})
        found = parse(WebhookIdArguments, {"id": webhook_id})
        arguments = parse(DeliveryListArguments, query, strict=False)
        return await _response(calls.list_deliveries, self.caller, found.id, arguments)


class Resend(ApiView):
    """`POST webhooks/{id}/deliveries/{deliveryId}/resend`."""

    @webhook_operations.RESEND
    async def post(self, _request: Request, webhook_id: str, delivery_id: str) -> Response:
        found = self.parse_path(DeliveryIdArguments, id=webhook_id, deliveryId=delivery_id)
        return await _response(calls.resend, self.caller, found.id, found.delivery_id, status=202)


async def _response(function: Any, *arguments: Any, status: int = 200) -> Response:
    result: Result = await database.run_blocking(function, *arguments)
    return Response(result.to_json(), status=status)
