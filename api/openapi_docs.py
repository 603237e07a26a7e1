"""What the OpenAPI document says of the calls about images and models, with examples."""

from typing import Any, Final

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from api.openapi import describe, query_parameters, response
from api.problems import BodyTooLarge, NotJson, UnsupportedMediaType
from billing.exceptions import InsufficientCredits, KeyCapExceeded
from images.exceptions import (
    Cancelled,
    IdempotencyConflict,
    ImageNotFound,
    ModelNotAllowed,
    ModelRetired,
    ModelUnavailable,
    ModerationRejected,
    NotCancellable,
    NotReady,
    ProviderFailed,
    TimedOut,
    TooManyRunning,
    UnsupportedAspectRatio,
    UnsupportedThinkingLevel,
)
from images.schemas import (
    WAIT_MAX_SECONDS,
    FlatImageListResult,
    FlatImageResult,
    ListArguments,
    ModelListResult,
    PictureArguments,
)
from infrastructure.exceptions import FieldError, InvalidArguments
from infrastructure.limits import BODY_MAX_BYTES

MODEL: Final = "openai:gpt-image-2"
IMAGE_ID: Final = "6a1f0c9e-2f55-4c0b-b3a8-5d1f5a4c9e02"
REQUEST: Final = {"prompt": "A lighthouse in fog, woodcut", "modelId": MODEL, "aspectRatio": "3:2"}
IMAGE: Final[dict[str, Any]] = {
    "id": IMAGE_ID,
    "status": "succeeded",
    "prompt": "A lighthouse in fog, woodcut",
    "modelId": MODEL,
    "providerId": "openai",
    "aspectRatio": "3:2",
    "style": None,
    "thinkingLevel": None,
    "mediaType": "image/png",
    "creditCost": 5,
    "createdAt": "2026-11-23T09:30:00.123456Z",
    "error": None,
    "imageUrl": f"{settings.SITE_URL}/i/{IMAGE_ID}.1tNxqG.c2lnbmF0dXJl",
    "credits": {"charged": 5, "remaining": 477},
}
QUEUED: Final = {**IMAGE, "status": "queued", "mediaType": None, "imageUrl": None}
CANCELLED: Final = {**QUEUED, "status": "cancelled", "credits": {"charged": 5, "remaining": 482}}
MODEL_LIST: Final = {
    "models": [
        {
            "modelId": MODEL,
            "providerId": "openai",
            "name": "GPT Image 2",
            "credits": 5,
            "deepCredits": None,
            "aspectRatios": ["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4"],
            "thinkingLevels": [],
            "available": True,
            "speed": "standard",
        }
    ],
    "creditBalance": 482,
}

NO_UUID: Final = InvalidArguments([FieldError("id", "Not a UUID. The image's ID, a UUID.")])
NO_QUERY: Final = InvalidArguments([FieldError("size", "Unknown argument. This call takes none.")])

ID: Final = OpenApiParameter(
    "image_id", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH, description="The image's ID, a UUID."
)
PREFER: Final = OpenApiParameter(
    "Prefer",
    {"type": "string"},
    OpenApiParameter.HEADER,
    description=f"wait=N: answer after at most N seconds, 0 to {WAIT_MAX_SECONDS}, even if the image is not finished; "
    "respond-async: answer at once. Asking for an image waits 60 seconds if nothing is said, fetching one not at all.",
)
IDEMPOTENCY_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"},
    OpenApiParameter.HEADER,
    description="1 to 255 visible characters of your choice. Repeating a request with the same key returns the same "
    "image without a second charge.",
)
# An image that was asked for and failed within the wait is answered with one of these.
FAILED: Final = (409, 422, 502, 503, 504)
APPLIED: Final = OpenApiParameter(
    "Preference-Applied",
    {"type": "string"},
    OpenApiParameter.HEADER,
    response=[200, 201, 202, *FAILED],
    description="Which of the preferences were followed.",
)
LOCATION: Final = OpenApiParameter(
    "Location",
    {"type": "string", "format": "uri-reference"},
    OpenApiParameter.HEADER,
    response=[201, 202, *FAILED],
    description="Where the image is found; without it no image was asked for.",
)
REPLAYED: Final = OpenApiParameter(
    "Idempotent-Replayed",
    {"type": "string", "enum": ["true"]},
    OpenApiParameter.HEADER,
    response=[201, 202, *FAILED],
    description="Present when the Idempotency-Key had been used for this request before.",
)
RANGE: Final = OpenApiParameter(
    "Range", {"type": "string"}, OpenApiParameter.HEADER, description="A part of the file, such as bytes=0-1023."
)
IF_NONE_MATCH: Final = OpenApiParameter(
    "If-None-Match",
    {"type": "string"},
    OpenApiParameter.HEADER,
    description="The ETag of a copy that is still at hand: if nothing has changed, the answer is 304 without bytes.",
)
IF_RANGE: Final = OpenApiParameter(
    "If-Range",
    {"type": "string"},
    OpenApiParameter.HEADER,
    description="The ETag of the copy that the part is to complete: if the file has changed, all of it is sent.",
)
FILE_HEADERS: Final = [
    OpenApiParameter(name, {"type": "string"}, OpenApiParameter.HEADER, response=statuses, description=description)
    for name, statuses, description in (
        ("ETag", [200, 206, 304], "Changes when the file does."),
        ("Content-Disposition", [200, 206, 304], "A file name made of the prompt."),
        ("Accept-Ranges", [200, 206, 304], "bytes: parts of the file can be asked for."),
        ("Content-Range", [206, 416], "Which part this is, or with 416 how long the file is."),
    )
]
SIZE: Final = OpenApiParameter(
    "size",
    {"type": "string", "enum": ["full", "thumbnail"], "default": "full"},
    OpenApiParameter.QUERY,
    description="full, the stored picture; thumbnail, a WebP of 512 px at the long side.",
)

LIST: Final = describe(
    id="listImages",
    tag="images",
    summary="List images",
    description="The account's images, newest first, without their bytes.",
    parameters=query_parameters(ListArguments),
    answers={
        200: response(
            "A page of images.", FlatImageListResult, images={"images": [IMAGE], "total": 1, "limit": 20, "offset": 0}
        )
    },
    errors=[InvalidArguments([FieldError("limit", "Input should be a valid integer. How many entries to return.")])],
)

CREATE: Final = describe(
    id="createImage",
    tag="images",
    summary="Make an image",
    description="Charges for an image and has it made. The answer comes when the image is finished, or after the wait "
    "that Prefer asks for: the image is made in any case, and an image that fails gives its credits back.",
    body=PictureArguments,
    body_examples={"lighthouse": REQUEST},
    parameters=[IDEMPOTENCY_KEY, PREFER, LOCATION, APPLIED, REPLAYED],
    answers={
        201: response("The finished image.", FlatImageResult, finished=IMAGE),
        202: response("The image is on its way; fetch it from Location.", FlatImageResult, queued=QUEUED),
    },
    errors=[
        NotJson(),
        InsufficientCredits(needed=5, balance=3),
        KeyCapExceeded(needed=5, spent=198, cap=200),
        ModelNotAllowed(MODEL, ["openai:gpt-image-1.5"]),
        ImageNotFound(),
        IdempotencyConflict(),
        Cancelled(),
        BodyTooLarge(BODY_MAX_BYTES),
        UnsupportedMediaType(),
        InvalidArguments([FieldError("prompt", "Required. A description of the picture, 1 to 8,000 characters.")]),
        UnsupportedAspectRatio(MODEL, ["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4"]),
        UnsupportedThinkingLevel(MODEL),
        ModerationRejected.with_advice("The provider declined the prompt"),
        TooManyRunning(10),
        ProviderFailed("The provider gave no usable answer. Your credits are back."),
        ModelUnavailable(MODEL),
        ModelRetired(),
        TimedOut(),
    ],
)

GET: Final = describe(
    id="getImage",
    tag="images",
    summary="Get an image",
    description="One image as it is now, with a fresh link to its picture. With Prefer: wait=N the answer waits until "
    "the image is finished.",
    parameters=[ID, PREFER, APPLIED],
    answers={200: response("The image.", FlatImageResult, finished=IMAGE, queued=QUEUED)},
    errors=[ImageNotFound(), NO_UUID],
)

DELETE: Final = describe(
    id="deleteImage",
    tag="images",
    summary="Delete an image",
    description="Removes a finished image's picture, thumbnail, prompt and links at once. Its ledger lines stay.",
    parameters=[ID],
    answers={204: OpenApiResponse(description="It is deleted.")},
    errors=[ImageNotFound(), NotReady("running", "Only finished images can be deleted. Cancel it or wait."), NO_UUID],
)

CANCEL: Final = describe(
    id="cancelImage",
    tag="images",
    summary="Cancel an image",
    description="Ends an image that nobody has begun to make, and gives its credits back.",
    parameters=[ID],
    answers={200: response("The image, cancelled.", FlatImageResult, cancelled=CANCELLED)},
    errors=[ImageNotFound(), NotCancellable(), NO_UUID],
)

CONTENT: Final = describe(
    id="getImageContent",
    tag="images",
    summary="Get an image's picture",
    description="The bytes of the picture or of its thumbnail, whole or in part.",
    parameters=[ID, SIZE, RANGE, IF_NONE_MATCH, IF_RANGE, *FILE_HEADERS],
    answers={
        **{
            (status, media_type): OpenApiResponse(OpenApiTypes.BINARY, description)
            for status, description in ((200, "The file."), (206, "The part that was asked for."))
            for media_type in ("image/png", "image/jpeg", "image/webp")
        },
        304: OpenApiResponse(description="The copy at hand is still good."),
        416: OpenApiResponse(description="The range begins where the file has ended."),
    },
    errors=[ImageNotFound(), NotReady("queued", "There is no picture to send."), NO_UUID],
)

MODELS: Final = describe(
    id="listModels",
    tag="models",
    summary="List models",
    description="Every model with its price, shapes and thinking levels, and the balance.",
    answers={200: response("The catalogue.", ModelListResult, models=MODEL_LIST)},
    errors=[NO_QUERY],
)
