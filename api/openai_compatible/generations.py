"""The view of POST images/generations: request images, wait for all of them and return their pictures."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request

from api import request_parsing
from api.openai_compatible import errors, model_list, picture_response
from api.openai_compatible.arguments import GenerateArguments
from api.openai_compatible.base_view import OpenAiView
from api.openai_compatible.errors import Unfinished
from images import generation, snapshots
from images.models import CatalogueModel, Image
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
        picture, model = await database.run_blocking(_image_request, arguments)
        requested = await self.charge(picture, arguments, model=model)
        return await self.finish(requested, arguments)

    async def finish(self, requested: Sequence[ImageSnapshot], arguments: GenerateArguments) -> HttpResponseBase:
        """Wait for the requested images, and return the response with their pictures."""
        self.image_id = requested[0].image.id
        finished = await snapshots.wait_until_all_final(self.caller, requested, seconds=WAIT_SECONDS)
        images = [snapshot.image for snapshot in finished]
        response = self._failure_response(images) or await self._picture_response(images, arguments)
        return _with_headers(response, finished)

    async def charge(
        self, picture: GenerationArguments, arguments: GenerateArguments, *, model: CatalogueModel | None = None
    ) -> list[ImageSnapshot]:
        """Request the images."""
        # From here on, any error may follow a charge, unless the service refuses the request.
        self.retry_is_safe = arguments.idempotency_key is not None
        try:
            end_user = arguments.safety_identifier or arguments.user
            return await snapshots.request_all(self.caller, picture, arguments.n, end_user=end_user, model=model)
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
            parts = await database.run_blocking(picture_response.body, images, as_url=as_url)
        except ServiceError as error:
            return errors.response(error, retry_is_safe=self.retry_is_safe)
        headers = {"Content-Length": str(sum(map(len, parts)))}
        return StreamingHttpResponse(_stream(parts), content_type="application/json", headers=headers)


async def _stream(parts: Sequence[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def _with_headers(response: HttpResponseBase, finished: Sequence[ImageSnapshot]) -> HttpResponseBase:
    """Add headers about credits and images. The credits of a failed image have been refunded."""
    images = [snapshot.image for snapshot in finished]
    charged = sum(image.credit_cost for image in images if not generation.failure_of(image))
    response["X-Credits-Charged"] = str(charged)
    response["X-Credits-Remaining"] = str(finished[-1].balance)
    response["X-Image-Ids"] = ", ".join(str(image.id) for image in images)
    if finished[0].replayed:
        response["Idempotent-Replayed"] = "true"
    return response


def _image_request(arguments: GenerateArguments) -> tuple[GenerationArguments, CatalogueModel]:
    model = model_list.find(arguments.model)
    return arguments.image_request(model), model
