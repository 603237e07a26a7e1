"""Descriptions and examples of the operations on favourites and collections for the OpenAPI document."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from api.openapi.annotations import describe, response
from api.openapi.operations import ID as IMAGE_ID
from api.openapi.operations import INVALID_ID as INVALID_IMAGE_ID
from api.openapi.operations import UNKNOWN_PARAMETER
from api.problems import BodyTooLarge, NotJson, UnsupportedMediaType
from images.exceptions import CollectionExists, CollectionNotFound, ImageNotFound, TooManyCollections
from images.library.collections import COLLECTIONS_MAX
from images.library.schemas import CollectionArguments, CollectionListResult, CollectionResult
from infrastructure.exceptions import FieldError, InvalidArguments
from infrastructure.limits import BODY_MAX_BYTES

COLLECTION_EXAMPLE: Final[dict[str, Any]] = {
    "id": "0b9c5a4e-7d1f-4c36-9a43-6a0a5e6d7b10",
    "name": "Autumn campaign",
    "imageCount": 48,
    "createdAt": "2026-11-23T09:30:00.123456Z",
}
NAME_EXAMPLE: Final = {"name": "Autumn campaign"}
INVALID_ID: Final = InvalidArguments([FieldError("id", "Not a UUID. The collection's ID, a UUID.")])
INVALID_NAME: Final = InvalidArguments([FieldError("name", "Required. The name, 1 to 80 characters.")])
BODY_ERRORS: Final = (NotJson(), BodyTooLarge(BODY_MAX_BYTES), UnsupportedMediaType(), INVALID_NAME)

ID: Final = OpenApiParameter(
    "collection_id",
    {"type": "string", "format": "uuid"},
    OpenApiParameter.PATH,
    description="The collection's ID, a UUID.",
)
LOCATION: Final = OpenApiParameter(
    "Location",
    {"type": "string", "format": "uri-reference"},
    OpenApiParameter.HEADER,
    response=[201],
    description="The path of the collection.",
)

ADD_FAVOURITE: Final = describe(
    id="addFavourite",
    tag="images",
    summary="Mark an image as a favourite",
    description="Marks an image as a favourite. Repeating the call changes nothing.",
    parameters=[IMAGE_ID],
    responses={204: OpenApiResponse(description="The image is a favourite.")},
    errors=[ImageNotFound(), INVALID_IMAGE_ID],
)

REMOVE_FAVOURITE: Final = describe(
    id="removeFavourite",
    tag="images",
    summary="Remove a favourite",
    description="Removes an image from the favourites; the image itself remains. Repeating the call changes nothing.",
    parameters=[IMAGE_ID],
    responses={204: OpenApiResponse(description="The image is not a favourite.")},
    errors=[ImageNotFound(), INVALID_IMAGE_ID],
)

LIST: Final = describe(
    id="listCollections",
    tag="collections",
    summary="List collections",
    description=f"Lists all collections of the account, sorted by name. An account can have {COLLECTIONS_MAX}. To list "
    "the images of one, pass its ID as collection to GET images.",
    responses={
        200: response("The collections.", CollectionListResult, collections={"collections": [COLLECTION_EXAMPLE]})
    },
    errors=[UNKNOWN_PARAMETER],
)

CREATE: Final = describe(
    id="createCollection",
    tag="collections",
    summary="Create a collection",
    description="Creates an empty collection.",
    body=CollectionArguments,
    body_examples={"campaign": NAME_EXAMPLE},
    parameters=[LOCATION],
    responses={201: response("The collection.", CollectionResult, created={**COLLECTION_EXAMPLE, "imageCount": 0})},
    errors=[CollectionExists(), TooManyCollections(COLLECTIONS_MAX), *BODY_ERRORS],
)

GET: Final = describe(
    id="getCollection",
    tag="collections",
    summary="Get a collection",
    description="Returns one collection with the number of images in it.",
    parameters=[ID],
    responses={200: response("The collection.", CollectionResult, collection=COLLECTION_EXAMPLE)},
    errors=[CollectionNotFound(), INVALID_ID],
)

RENAME: Final = describe(
    id="renameCollection",
    tag="collections",
    summary="Rename a collection",
    description="Changes the name of a collection.",
    body=CollectionArguments,
    body_examples={"campaign": NAME_EXAMPLE},
    parameters=[ID],
    responses={200: response("The collection.", CollectionResult, renamed=COLLECTION_EXAMPLE)},
    errors=[CollectionNotFound(), CollectionExists(), *BODY_ERRORS],
)

DELETE: Final = describe(
    id="deleteCollection",
    tag="collections",
    summary="Delete a collection",
    description="Deletes a collection. Its images remain in the account.",
    parameters=[ID],
    responses={204: OpenApiResponse(description="The collection was deleted.")},
    errors=[CollectionNotFound(), INVALID_ID],
)

ADD: Final = describe(
    id="addToCollection",
    tag="collections",
    summary="Add an image to a collection",
    description="Adds an image to a collection. Repeating the call changes nothing.",
    parameters=[ID, IMAGE_ID],
    responses={204: OpenApiResponse(description="The image is in the collection.")},
    errors=[CollectionNotFound(), ImageNotFound(), INVALID_ID],
)

REMOVE: Final = describe(
    id="removeFromCollection",
    tag="collections",
    summary="Remove an image from a collection",
    description="Removes an image from a collection; the image itself remains. Repeating the call changes nothing.",
    parameters=[ID, IMAGE_ID],
    responses={204: OpenApiResponse(description="The image is not in the collection.")},
    errors=[CollectionNotFound(), ImageNotFound(), INVALID_ID],
)
