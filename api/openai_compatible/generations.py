"""The view of POST images/generations: request images, wait for all of them and return their pictures."""

import asyncio
from collections.abc import Sequence
from typing import Final

from django.http import HttpResponse, HttpResponseBase
from rest_framework.request import Request

from api import request_parsing
from api.openai_compatible import errors, model_list, picture_response
from api.openai_compatible.arguments import GenerateArguments
from api.openai_compatible.base_view import OpenAiView
from api.openai_compatible.errors import Unfinished
from billing import usage
from images import generation, snapshots
from images.models import Image
from images.schemas import GenerationArguments
from images.snapshots import ImageSnapshot
from infrastructure import database
from infrastructure.exceptions import ServiceError
from infrastructure.http import request_headers
from infrastructure.schemas import NoArguments, parse

# The SDKs give up after 600 seconds and send the request again, which without an idempotency key is a second charge.
WAIT_SECONDS: Final = 570


class Generations(OpenAiView):
    """`POST images/generations`."""

    async def post(self, request: Request) -> HttpResponseBase:
        parse(NoArguments, request_parsing.query_fields(request))
        header = {"Idempotency-Key": request_headers.single_value(request, "Idempotency-Key")}
        arguments = parse(GenerateArguments, request_parsing.merge_fields(request_parsing.json_body(request), header))
        requested = await self.charge(await database.run_blocking(_image_request, arguments), arguments)
        return await self.finish(requested, arguments)

    async def finish(self, requested: Sequence[ImageSnapshot], arguments: GenerateArguments) -> HttpResponseBase:
        """Wait for the requested images, and return the response with their pictures."""
        self.image_id = requested[0].image.id
        images = await self._wait(requested)
        response = self._failure_response(images) or await self._picture_response(images, arguments)
        return await self._with_headers(response, images, requested)

    async def _wait(self, requested: Sequence[ImageSnapshot]) -> list[Image]:
        """Wait until the images are final, or the time is over, and return them."""
        waits = (snapshots.wait_until_final(self.caller, snapshot, seconds=WAIT_SECONDS) for snapshot in requested)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(wait) for wait in waits]
        except* ServiceError as errors_of_waits:
            # One of the images was deleted meanwhile.
            raise errors_of_waits.exceptions[0] from None
        return [task.result().image for task in tasks]

    async def charge(self, request: GenerationArguments, arguments: GenerateArguments) -> list[ImageSnapshot]:
        """Request the images."""
        # From here on, any error may follow a charge, unless the service refuses the request.
        self.retry_is_safe = arguments.idempotency_key is not None
        try:
            end_user = arguments.safety_identifier or arguments.user
            return await snapshots.request_all(self.caller, request, arguments.n, end_user=end_user)
        except ServiceError:
            self.retry_is_safe = True
            raise

    def _failure_response(self, images: Sequence[Image]) -> HttpResponseBase | None:
        failures = [failure for image in images if (failure := generation.failure_of(image))]
        ids = [str(image.id) for image in images]
        unfinished = [Unfinished(ids, has_key=self.retry_is_safe) for image in images if not image.is_final]
        error = next(iter([*failures, *unfinished]), None)
        if error is None:
            return None
        made = [str(image.id) for image in images if image.picture_name]
        note = f"These images were generated and charged: {', '.join(made)}." if made else ""
        return errors.response(error, retry_is_safe=self.retry_is_safe, note=note)

    async def _picture_response(self, images: Sequence[Image], arguments: GenerateArguments) -> HttpResponseBase:
        try:
            as_url = arguments.response_format == "url"
            body = await database.run_blocking(picture_response.body, images, as_url=as_url)
        except ServiceError as error:
            return errors.response(error, retry_is_safe=self.retry_is_safe)
        return HttpResponse(body, content_type="application/json")

    async def _with_headers(
        self, response: HttpResponseBase, images: Sequence[Image], requested: Sequence[ImageSnapshot]
    ) -> HttpResponseBase:
        """Add headers about credits and images. The credits of a failed image have been refunded."""
        charged = sum(image.credit_cost for image in images if not generation.failure_of(image))
        response["X-Credits-Charged"] = str(charged)
        response["X-Credits-Remaining"] = str(await database.run_blocking(usage.balance, self.caller))
        response["X-Image-Ids"] = ", ".join(str(image.id) for image in images)
        if requested[0].replayed:
            response["Idempotent-Replayed"] = "true"
        return response


def _image_request(arguments: GenerateArguments) -> GenerationArguments:
    return arguments.image_request(model_list.find(arguments.model))
