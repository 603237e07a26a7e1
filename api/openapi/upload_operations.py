"""Descriptions and examples of the upload operations for the OpenAPI document."""

from typing import Any, Final

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer

from api.openapi.annotations import describe, response
from api.openapi.operations import FILE_HEADERS, IF_NONE_MATCH, IF_RANGE, RANGE, SIZE
from api.problems import BodyTooLarge, NotJson, UnsupportedMediaType
from api.upload_body import MULTIPART, PICTURES
from images.exceptions import ImageNotFound, NotReady, TooManyUploads, UploadExpired
from images.uploads import uploads
from images.uploads.schemas import TicketResult, UploadArguments, UploadResult
from infrastructure.exceptions import FieldError, InvalidArguments

UPLOAD_ID: Final = "2b7d0f34-8f0e-4c52-9a49-0d4f6f0c1f3e"
UPLOAD_EXAMPLE: Final[dict[str, Any]] = {
    "id": UPLOAD_ID,
    "mediaType": "image/jpeg",
    "width": 4032,
    "height": 3024,
    "byteSize": 3145728,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "createdAt": "2026-11-23T09:30:00.123456Z",
    "expiresAt": "2026-11-24T09:30:00.123456Z",
}
TICKET_URL: Final = f"{settings.SITE_URL}/u/{UPLOAD_ID}.1tNxqG.c2lnbmF0dXJl"
TICKET_EXAMPLE: Final[dict[str, Any]] = {
    "id": UPLOAD_ID,
    "uploadUrl": TICKET_URL,
    "pageUrl": TICKET_URL,
    "expiresAt": "2026-11-23T09:45:00.123456Z",
    "maxBytes": uploads.MAX_BYTES,
    "curl": f"curl --fail-with-body --upload-file picture.png {TICKET_URL}",
}
FORM: Final = {
    "type": "object",
    "description": "A form with one file.",
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "A PNG, JPEG or WebP file of at most 20 MiB."}
    },
    "required": ["file"],
    "additionalProperties": False,
}
ALTERNATIVES: Final[list[Any]] = [UploadResult, TicketResult]
UPLOAD_OR_TICKET: Final = PolymorphicProxySerializer("UploadOrTicket", ALTERNATIVES, resource_type_field_name=None)
INVALID_ID: Final = InvalidArguments([FieldError("id", "Not a UUID. The upload's ID, a UUID.")])
NOT_UPLOADED: Final = NotReady.ticket(UPLOAD_ID)

ID: Final = OpenApiParameter(
    "upload_id", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH, description="The upload's ID, a UUID."
)
LOCATION: Final = OpenApiParameter(
    "Location",
    {"type": "string", "format": "uri-reference"},
    OpenApiParameter.HEADER,
    response=[201],
    description="The path of the upload; absent for a ticket.",
)

CREATE: Final = describe(
    id="createUpload",
    tag="uploads",
    summary="Upload a picture",
    description="Stores a picture to use in sources or mask. Send the file itself with its media type, a form with the "
    "field file, or JSON with a url. Empty JSON ({}) returns a ticket: a link that accepts one file without a key, "
    "within 15 minutes. Metadata such as a photo's location is removed, and sides longer than 4,096 pixels are "
    "scaled down. An upload expires after 24 hours unless an image uses it. Uploads are free.",
    body={
        "application/json": UploadArguments,
        MULTIPART: FORM,
        **dict.fromkeys(PICTURES, OpenApiTypes.BINARY),
    },
    body_examples={"url": {"url": "https://example.com/lighthouse.jpg"}, "ticket": {}},
    parameters=[LOCATION],
    responses={
        201: OpenApiResponse(
            UPLOAD_OR_TICKET,
            "The upload, or for empty JSON a ticket.",
            [
                OpenApiExample("upload", UPLOAD_EXAMPLE, response_only=True),
                OpenApiExample("ticket", TICKET_EXAMPLE, response_only=True),
            ],
        )
    },
    errors=[
        NotJson(),
        TooManyUploads(uploads=uploads.MAX_UPLOADS, mebibytes=uploads.MAX_TOTAL_BYTES // 1024**2),
        BodyTooLarge(uploads.MAX_BYTES),
        UnsupportedMediaType(),
        InvalidArguments(
            [
                FieldError(
                    "file",
                    "Unusable file: not a complete PNG, JPEG or WebP picture. Send a PNG, JPEG or WebP picture.",
                )
            ]
        ),
    ],
)

GET: Final = describe(
    id="getUpload",
    tag="uploads",
    summary="Get an upload",
    description="Returns one upload. For a ticket without a file yet, the error is not_ready.",
    parameters=[ID],
    responses={200: response("The upload.", UploadResult, upload=UPLOAD_EXAMPLE)},
    errors=[ImageNotFound.source(UPLOAD_ID), NOT_UPLOADED, UploadExpired.of(UPLOAD_ID), INVALID_ID],
)

DELETE: Final = describe(
    id="deleteUpload",
    tag="uploads",
    summary="Delete an upload",
    description="Deletes an upload or a ticket. Images that were made from it stay; an image that is still queued "
    "fails and is refunded.",
    parameters=[ID],
    responses={204: OpenApiResponse(description="The upload was deleted.")},
    errors=[ImageNotFound.source(UPLOAD_ID), INVALID_ID],
)

CONTENT: Final = describe(
    id="getUploadContent",
    tag="uploads",
    summary="Download an upload",
    description="Returns the stored picture of an upload or its thumbnail. For an old upload without a thumbnail, the "
    "response is the picture. Supports range requests.",
    parameters=[ID, SIZE, RANGE, IF_NONE_MATCH, IF_RANGE, *FILE_HEADERS],
    responses={
        **{
            (status, media_type): OpenApiResponse(OpenApiTypes.BINARY, description)
            for status, description in ((200, "The file."), (206, "The requested part of the file."))
            for media_type in PICTURES
        },
        304: OpenApiResponse(description="Your copy is up to date."),
        416: OpenApiResponse(description="The range starts after the end of the file."),
    },
    errors=[ImageNotFound.source(UPLOAD_ID), NOT_UPLOADED, UploadExpired.of(UPLOAD_ID), INVALID_ID],
)
