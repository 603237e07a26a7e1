"""Descriptions and examples of the operations on public pages for the OpenAPI document."""

from typing import Final

from django.conf import settings
from drf_spectacular.utils import OpenApiResponse

from api.openapi.annotations import describe, response
from api.openapi.operations import ID, INVALID_ID
from api.problems import BodyTooLarge, NotJson, UnsupportedMediaType
from images.exceptions import ImageNotFound, NotReady, ShareNotFound
from images.shares.schemas import ShareArguments, ShareResult
from infrastructure.exceptions import FieldError, InvalidArguments
from infrastructure.limits import BODY_MAX_BYTES

EXAMPLE: Final = {
    "url": f"{settings.SITE_URL}/s/hVq3nJ0bX9sT2mLk7Rf4cYw8Ze1uAoPd",
    "showsPrompt": True,
    "createdAt": "2026-11-23T09:30:00.123456Z",
}
INVALID_BODY: Final = InvalidArguments([FieldError("showsPrompt", "Must be true or false.")])

GET: Final = describe(
    id="getShare",
    tag="images",
    summary="Get the public page of an image",
    description="Returns the link of the public page of a picture.",
    parameters=[ID],
    responses={200: response("The public page.", ShareResult, share=EXAMPLE)},
    errors=[ImageNotFound(), ShareNotFound(), INVALID_ID],
)

PUT: Final = describe(
    id="shareImage",
    tag="images",
    summary="Share an image",
    description="Creates a public page with the picture, which anyone with its link can open without a key, or changes "
    "whether the page shows the prompt. An existing page keeps its link. The body is optional. Search "
    "engines don't list it.",
    parameters=[ID],
    body=ShareArguments,
    body_examples={"prompt": {"showsPrompt": True}},
    responses={
        200: response("The page already existed.", ShareResult, changed=EXAMPLE),
        201: response("The page was created.", ShareResult, created=EXAMPLE),
    },
    errors=[
        ImageNotFound(),
        NotReady("queued", "Only succeeded images have a picture to share."),
        NotJson(),
        BodyTooLarge(BODY_MAX_BYTES),
        UnsupportedMediaType(),
        INVALID_ID,
        INVALID_BODY,
    ],
)

DELETE: Final = describe(
    id="revokeShare",
    tag="images",
    summary="Revoke the public page of an image",
    description="Revokes the public page immediately. A page created later has a different link. Also succeeds "
    "if there is no page.",
    parameters=[ID],
    responses={204: OpenApiResponse(description="The image has no public page.")},
    errors=[ImageNotFound(), INVALID_ID],
)
