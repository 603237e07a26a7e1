"""The multipart form of POST images/edits: its text fields, and its files, which stay on disk until they are read."""

import contextlib
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.core.files.uploadedfile import UploadedFile
from rest_framework.request import Request

from api import request_parsing, upload_body
from api.problems import BodyTooLarge, UnsupportedMediaType
from images.schemas import SOURCES_MAX
from infrastructure.exceptions import FieldError, InvalidArguments
from infrastructure.limits import EDIT_BODY_MAX_BYTES, UPLOAD_MAX_BYTES

IMAGE, MASK = "image", "mask"
# The SDKs send one picture as `image` and several as `image[]`; other programs number them.
IMAGE_FIELD: Final = re.compile(r"image(\[\d{0,2}\])?")
CHUNK_BYTES: Final = 1024 * 1024
# JSON has numbers here, and a form has text.
NUMBERS: Final = {"n", "output_compression", "partial_images"}
NUMBER_MAX_DIGITS: Final = 9
EXPECTED: Final = f"Send 1 to {SOURCES_MAX} PNG, JPEG or WebP files in the field image or image[]."


class EditForm(NamedTuple):
    """The text fields of a form, its pictures in their order, and its mask if there is one."""

    fields: Mapping[str, Any]
    images: "Sequence[UploadedFile[Any]]"
    mask: "UploadedFile[Any] | None"


@contextlib.contextmanager
def opened(request: Request) -> Iterator[EditForm]:
    """Read a form, and remove its files in the end. It blocks.

    Raises:
        UnsupportedMediaType: The body is not a multipart form.
        BodyTooLarge: The body has more than EDIT_BODY_MAX_BYTES, or a file more than UPLOAD_MAX_BYTES.
        InvalidArguments: The form is not valid, or does not have 1 to SOURCES_MAX pictures and at most one mask.
    """
    if request_parsing.media_type(request) != upload_body.MULTIPART:
        raise UnsupportedMediaType("The request body must be a form. Set the header Content-Type: multipart/form-data.")
    with tempfile.TemporaryFile() as body:
        byte_size = _copy(request, body)
        body.seek(0)
        with upload_body.parsed_form(request, body, byte_size, field="body", expected=EXPECTED) as (fields, uploaded):
            named = [(name, file) for name in uploaded for file in uploaded.getlist(name)]
            yield EditForm(_values(fields), _images(named), _mask(named))


def _copy(request: Request, body: Any) -> int:
    """Write the body of a request to a file, and return its length in bytes."""
    # Django's own parser takes a chunked body as empty.
    length = 0
    while chunk := request.read(CHUNK_BYTES):
        length += len(chunk)
        if length > EDIT_BODY_MAX_BYTES:
            raise BodyTooLarge(EDIT_BODY_MAX_BYTES)
        body.write(chunk)
    return length


def _values(fields: Any) -> dict[str, Any]:
    """Return the text fields. A repeated field becomes a list, which every schema rejects."""
    values = {name: texts[0] if len(texts) == 1 else texts for name, texts in fields.lists()}
    for name in NUMBERS & values.keys():
        text = values[name]
        if isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) <= NUMBER_MAX_DIGITS:
            values[name] = int(text)
    return values


def _images(named: "Sequence[tuple[str, UploadedFile[Any]]]") -> "list[UploadedFile[Any]]":
    unknown = sorted({name for name, _ in named if name != MASK and not IMAGE_FIELD.fullmatch(name)})
    if unknown:
        raise InvalidArguments([FieldError("body", f"The form has files in other fields. {EXPECTED}")])
    images = [file for name, file in named if name != MASK]
    if not 1 <= len(images) <= SOURCES_MAX:
        raise InvalidArguments([FieldError(IMAGE, EXPECTED)])
    return [_checked(file) for file in images]


def _mask(named: "Sequence[tuple[str, UploadedFile[Any]]]") -> "UploadedFile[Any] | None":
    masks = [file for name, file in named if name == MASK]
    if len(masks) > 1:
        raise InvalidArguments([FieldError(MASK, "Send one PNG file.")])
    return _checked(masks[0]) if masks else None


def _checked(file: "UploadedFile[Any]") -> "UploadedFile[Any]":
    if (file.size or 0) > UPLOAD_MAX_BYTES:
        raise BodyTooLarge(UPLOAD_MAX_BYTES)
    return file
