"""Descriptions and examples of the image and model operations for the OpenAPI document."""

from typing import Any, Final

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from api.image_arguments import ImageBody
from api.openapi.annotations import describe, query_parameters, response
from api.problems import BodyTooLarge, NotJson, UnsupportedMediaType
from billing.exceptions import InsufficientCredits, KeyCapExceeded
from images.exceptions import (
    CollectionNotFound,
    EditsUnsupported,
    IdempotencyConflict,
    ImageNotFound,
    InvalidMask,
    ModelNotAllowed,
    ModelUnavailable,
    NotCancellable,
    NotReady,
    PriceAboveLimit,
    TooManyRunning,
    TooManySources,
    UnsupportedAspectRatio,
    UnsupportedOption,
    UnsupportedThinkingLevel,
    UploadExpired,
)
from images.failures import Cancelled, ModelRetired, ModerationRejected, ProviderFailed, SourceDeleted, TimedOut
from images.schemas import (
    WAIT_MAX_SECONDS,
    FlatImageListResult,
    FlatImageResult,
    ImageLineageResult,
    ListArguments,
    ModelListResult,
)
from infrastructure.exceptions import FieldError, InvalidArguments
from infrastructure.limits import BODY_MAX_BYTES

MODEL: Final = "openai:gpt-image-2"
IMAGE_ID: Final = "6a1f0c9e-2f55-4c0b-b3a8-5d1f5a4c9e02"
SOURCE_ID: Final = "2b7d0f34-8f0e-4c52-9a49-0d4f6f0c1f3e"
SOURCE_SHA256: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
REQUEST_EXAMPLE: Final = {"prompt": "A lighthouse in fog, woodcut", "modelId": MODEL, "aspectRatio": "3:2"}
EDIT_REQUEST_EXAMPLE: Final = {"prompt": "Make it night", "modelId": MODEL, "sources": [SOURCE_ID]}
IMAGE_EXAMPLE: Final[dict[str, Any]] = {
    "id": IMAGE_ID,
    "status": "succeeded",
    "prompt": "A lighthouse in fog, woodcut",
    "modelId": MODEL,
    "providerId": "openai",
    "aspectRatio": "3:2",
    "style": None,
    "thinkingLevel": None,
    "resolution": "1K",
    "quality": "medium",
    "background": "opaque",
    "width": 1536,
    "height": 1024,
    "contentCredentials": True,
    "sources": [],
    "mediaType": "image/png",
    "favourite": False,
    "creditCost": 5,
    "createdAt": "2026-11-23T09:30:00.123456Z",
    "error": None,
    "imageUrl": f"{settings.SITE_URL}/i/{IMAGE_ID}.1tNxqG.c2lnbmF0dXJl",
    "credits": {"charged": 5, "remaining": 477},
}
EDIT_EXAMPLE: Final[dict[str, Any]] = {
    **IMAGE_EXAMPLE,
    "id": "c4f0a1de-93a4-4a7e-8d65-7f2e0b7a9c11",
    "prompt": "Make it night",
    "aspectRatio": "auto",
    "sources": [{"id": SOURCE_ID, "role": "base", "sha256": SOURCE_SHA256}],
    "credits": {"charged": 5, "remaining": 472},
}
# Lists and lineage omit the error, the link and the balance.
LISTED_EDIT_EXAMPLE: Final = {
    name: value for name, value in EDIT_EXAMPLE.items() if name not in {"error", "imageUrl", "credits"}
}
QUEUED_EXAMPLE: Final = {
    **IMAGE_EXAMPLE,
    "status": "queued",
    "width": None,
    "height": None,
    "contentCredentials": False,
    "mediaType": None,
    "imageUrl": None,
}
CANCELLED_EXAMPLE: Final = {**QUEUED_EXAMPLE, "status": "cancelled", "credits": {"charged": 5, "remaining": 482}}
MODELS_EXAMPLE: Final = {
    "models": [
        {
            "modelId": MODEL,
            "providerId": "openai",
            "name": "GPT Image 2",
            "credits": 5,
            "deepCredits": None,
            "aspectRatios": ["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4"],
            "thinkingLevels": [],
            "resolutions": ["1K", "4K"],
            "qualities": ["medium", "high"],
            "backgrounds": ["opaque"],
            "outputFormats": ["png", "jpeg", "webp"],
            "maxSources": 14,
            "takesMask": True,
            "prices": [
                {"quality": "medium", "resolution": "1K", "thinkingLevel": None, "credits": 5},
                {"quality": "medium", "resolution": "4K", "thinkingLevel": None, "credits": 10},
                {"quality": "high", "resolution": "1K", "thinkingLevel": None, "credits": 20},
                {"quality": "high", "resolution": "4K", "thinkingLevel": None, "credits": 38},
            ],
            "available": True,
            "speed": "standard",
        }
    ],
    "creditBalance": 482,
}

INVALID_ID: Final = InvalidArguments([FieldError("id", "Not a UUID. The image's ID, a UUID.")])
UNKNOWN_PARAMETER: Final = InvalidArguments([FieldError("size", "Unknown argument. This request takes no arguments.")])

ID: Final = OpenApiParameter(
    "image_id", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH, description="The image's ID, a UUID."
)
PREFER: Final = OpenApiParameter(
    "Prefer",
    {"type": "string"},
    OpenApiParameter.HEADER,
    description=f"wait=N waits up to N seconds (0 to {WAIT_MAX_SECONDS}) for the image to finish; respond-async "
    "returns immediately. By default, creating an image waits up to 60 seconds, and fetching one doesn't wait.",
)
IDEMPOTENCY_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"},
    OpenApiParameter.HEADER,
    description="A unique value of 1 to 255 visible characters. Repeating a request with the same key returns the same "
    "image without charging again.",
)
# The statuses of a request whose image failed within the wait.
FAILURE_STATUSES: Final = (409, 422, 502, 503, 504)
APPLIED: Final = OpenApiParameter(
    "Preference-Applied",
    {"type": "string"},
    OpenApiParameter.HEADER,
    response=[200, 201, 202, *FAILURE_STATUSES],
    description="The preferences that were applied.",
)
LOCATION: Final = OpenApiParameter(
    "Location",
    {"type": "string", "format": "uri-reference"},
    OpenApiParameter.HEADER,
    response=[201, 202, *FAILURE_STATUSES],
    description="The path of the image. If absent, no image was created.",
)
REPLAYED: Final = OpenApiParameter(
    "Idempotent-Replayed",
    {"type": "string", "enum": ["true"]},
    OpenApiParameter.HEADER,
    response=[201, 202, *FAILURE_STATUSES],
    description="Present if this request repeats an earlier one with the same Idempotency-Key.",
)
RANGE: Final = OpenApiParameter(
    "Range",
    {"type": "string"},
    OpenApiParameter.HEADER,
    description="The part of the file to send, such as bytes=0-1023.",
)
IF_NONE_MATCH: Final = OpenApiParameter(
    "If-None-Match",
    {"type": "string"},
    OpenApiParameter.HEADER,
    description="The ETag of your copy. If the file is unchanged, the response is 304 without a body.",
)
IF_RANGE: Final = OpenApiParameter(
    "If-Range",
    {"type": "string"},
    OpenApiParameter.HEADER,
    description="The ETag of the copy that Range completes. If the file has changed, all of it is sent.",
)
FILE_HEADERS: Final = [
    OpenApiParameter(name, {"type": "string"}, OpenApiParameter.HEADER, response=statuses, description=description)
    for name, statuses, description in (
        ("ETag", [200, 206, 304], "The version of the file."),
        ("Content-Disposition", [200, 206, 304], "A file name derived from the prompt."),
        ("Accept-Ranges", [200, 206, 304], "bytes: range requests are supported."),
        ("Content-Range", [206, 416], "The part that was sent; with 416, the size of the file."),
    )
]
SIZE: Final = OpenApiParameter(
    "size",
    {"type": "string", "enum": ["full", "thumbnail"], "default": "full"},
    OpenApiParameter.QUERY,
    description="full for the stored picture, or thumbnail for a WebP with a long side of 512 px.",
)

LIST: Final = describe(
    id="listImages",
    tag="images",
    summary="List images",
    description="Lists the account's images, newest first, without the image files.",
    parameters=query_parameters(ListArguments),
    responses={
        200: response(
            "A page of images.",
            FlatImageListResult,
            images={"images": [IMAGE_EXAMPLE], "total": 1, "limit": 20, "offset": 0},
        )
    },
    errors=[
        CollectionNotFound(),
        InvalidArguments([FieldError("limit", "Must be an integer. How many entries to return: 1 to 100.")]),
    ],
)

CREATE: Final = describe(
    id="createImage",
    tag="images",
    summary="Create an image",
    description="Charges credits and generates an image, or edits one if the request has sources. The response is sent "
    "when the image is finished or when the wait set by Prefer is over. The image is generated either way. If it "
    "fails, its credits are refunded.",
    body=ImageBody,
    body_examples={"lighthouse": REQUEST_EXAMPLE, "edit": EDIT_REQUEST_EXAMPLE},
    parameters=[IDEMPOTENCY_KEY, PREFER, LOCATION, APPLIED, REPLAYED],
    responses={
        201: response("The finished image.", FlatImageResult, finished=IMAGE_EXAMPLE, edited=EDIT_EXAMPLE),
        202: response(
            "The image is queued or running. Fetch it from Location.", FlatImageResult, queued=QUEUED_EXAMPLE
        ),
    },
    errors=[
        NotJson(),
        InsufficientCredits(needed=5, balance=3),
        PriceAboveLimit(credits=20, limit=5),
        KeyCapExceeded(needed=5, spent=198, cap=200),
        ModelNotAllowed(MODEL, ["openai:gpt-image-1.5"]),
        ImageNotFound.source(SOURCE_ID),
        IdempotencyConflict(),
        NotReady.source(SOURCE_ID, "queued"),
        Cancelled(),
        SourceDeleted.of(SOURCE_ID),
        UploadExpired.of(SOURCE_ID),
        BodyTooLarge(BODY_MAX_BYTES),
        UnsupportedMediaType(),
        InvalidArguments([FieldError("prompt", "Required. A description of the picture, 1 to 8,000 characters.")]),
        UnsupportedAspectRatio(MODEL, ["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4"]),
        UnsupportedThinkingLevel(MODEL),
        UnsupportedOption.value(
            MODEL,
            "background",
            "transparent",
            ["opaque"],
            ["openai:gpt-image-2.5-flare", "openai:gpt-image-2.5-sunburst"],
        ),
        EditsUnsupported("openai:gpt-image-1.5", [MODEL]),
        TooManySources("google:gemini-2.5-flash-image", limit=3, models=[MODEL]),
        InvalidMask("The mask is 512 x 512 pixels, but the first source is 1024 x 1024. Use the same size."),
        ModerationRejected.with_advice("The provider rejected the prompt"),
        TooManyRunning(10),
        ProviderFailed("The provider's response contained no picture. Your credits were refunded. Try again."),
        ModelUnavailable(MODEL),
        ModelRetired(),
        TimedOut(),
    ],
)

GET: Final = describe(
    id="getImage",
    tag="images",
    summary="Get an image",
    description="Returns one image with a new link to its picture. With Prefer: wait=N, the response is sent when the "
    "image is finished or the wait is over.",
    parameters=[ID, PREFER, APPLIED],
    responses={200: response("The image.", FlatImageResult, finished=IMAGE_EXAMPLE, queued=QUEUED_EXAMPLE)},
    errors=[ImageNotFound(), INVALID_ID],
)

DELETE: Final = describe(
    id="deleteImage",
    tag="images",
    summary="Delete an image",
    description="Permanently deletes the picture, thumbnail, prompt and links of a finished image. Its ledger entries "
    "remain.",
    parameters=[ID],
    responses={204: OpenApiResponse(description="The image was deleted.")},
    errors=[
        ImageNotFound(),
        NotReady("running", "Only finished images can be deleted. Wait until it finishes."),
        INVALID_ID,
    ],
)

CANCEL: Final = describe(
    id="cancelImage",
    tag="images",
    summary="Cancel an image",
    description="Cancels an image that is still queued and refunds its credits.",
    parameters=[ID],
    responses={200: response("The cancelled image.", FlatImageResult, cancelled=CANCELLED_EXAMPLE)},
    errors=[ImageNotFound(), NotCancellable(), INVALID_ID],
)

CONTENT: Final = describe(
    id="getImageContent",
    tag="images",
    summary="Download a picture",
    description="Returns the picture or its thumbnail. Supports range requests.",
    parameters=[ID, SIZE, RANGE, IF_NONE_MATCH, IF_RANGE, *FILE_HEADERS],
    responses={
        **{
            (status, media_type): OpenApiResponse(OpenApiTypes.BINARY, description)
            for status, description in ((200, "The file."), (206, "The requested part of the file."))
            for media_type in ("image/png", "image/jpeg", "image/webp")
        },
        304: OpenApiResponse(description="Your copy is up to date."),
        416: OpenApiResponse(description="The range starts after the end of the file."),
    },
    errors=[ImageNotFound(), NotReady("queued", "Only succeeded images have a picture to download."), INVALID_ID],
)

LINEAGE: Final = describe(
    id="getImageLineage",
    tag="images",
    summary="Get the lineage of an image",
    description="Returns the images that an image was made from, and those that were made from it, over any number of "
    "steps and nearest first. Deleted images are not listed.",
    parameters=[ID],
    responses={
        200: response(
            "The lineage.", ImageLineageResult, lineage={"ancestors": [], "descendants": [LISTED_EDIT_EXAMPLE]}
        )
    },
    errors=[ImageNotFound(), INVALID_ID],
)

MODELS: Final = describe(
    id="listModels",
    tag="models",
    summary="List models",
    description="Lists every model with its prices, aspect ratios and options, and the credit balance.",
    responses={200: response("The models.", ModelListResult, models=MODELS_EXAMPLE)},
    errors=[UNKNOWN_PARAMETER],
)
