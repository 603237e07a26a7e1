"""Read the file of an upload from a request: the body itself, or the field `file` of a multipart form."""

import contextlib
import io
from collections.abc import Iterator
from typing import Any, Final

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import MemoryFileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.datastructures import MultiValueDict
from rest_framework.request import Request

from api import request_parsing
from api.problems import BodyTooLarge
from images.storage import files
from infrastructure.exceptions import FieldError, InvalidArguments
from infrastructure.limits import UPLOAD_BODY_MAX_BYTES, UPLOAD_MAX_BYTES

# The files of a form by field.
Files = MultiValueDict[str, Any]

FIELD: Final = "file"
MULTIPART: Final = "multipart/form-data"
PICTURES: Final = tuple(files.EXTENSIONS)

ONE_FILE: Final = f"Send one PNG, JPEG or WebP file in the field {FIELD}."


def read(request: HttpRequest | Request) -> bytes:
    """Return the file of an upload. It blocks: the body is in a temporary file.

    Raises:
        BodyTooLarge: The file has more than UPLOAD_MAX_BYTES.
        InvalidArguments: The multipart form is not valid, or has not exactly one file in the field `file`.
    """
    # Django's own parser takes a chunked body as empty, and a truncated one as complete.
    content = request.read(UPLOAD_BODY_MAX_BYTES + 1)
    if len(content) > UPLOAD_BODY_MAX_BYTES:
        raise BodyTooLarge(UPLOAD_MAX_BYTES)
    if request_parsing.media_type(request) == MULTIPART:
        body = io.BytesIO(content)
        with parsed_form(request, body, len(content), field=FIELD, expected=ONE_FILE) as (fields, uploaded):
            content = _only_file(fields, uploaded)
    if len(content) > UPLOAD_MAX_BYTES:
        raise BodyTooLarge(UPLOAD_MAX_BYTES)
    return content


@contextlib.contextmanager
def parsed_form(
    request: HttpRequest | Request, body: Any, byte_size: int, *, field: str, expected: str
) -> Iterator[tuple[QueryDict, Files]]:
    """Parse a multipart form of this size, and close its files in the end.

    Raises:
        InvalidArguments: The form is not valid; the error names the field, and what is expected.
    """
    meta = {**request.META, "CONTENT_LENGTH": str(byte_size)}
    handlers = [MemoryFileUploadHandler(), TemporaryFileUploadHandler()]
    try:
        fields, uploaded = MultiPartParser(meta, body, handlers).parse()
    except (MultiPartParserError, SuspiciousOperation):
        raise InvalidArguments([FieldError(field, f"The multipart form is not valid. {expected}")]) from None
    try:
        yield fields, uploaded
    finally:
        for name in uploaded:
            for file in uploaded.getlist(name):
                file.close()


def _only_file(fields: QueryDict, uploaded: Files) -> bytes:
    unknown = [name for name in {**fields, **uploaded} if name != FIELD]
    if unknown:
        raise InvalidArguments([FieldError("arguments", f"The form has other fields. {ONE_FILE}")])
    found = uploaded.getlist(FIELD)
    if len(found) != 1 or FIELD in fields:
        raise InvalidArguments([FieldError(FIELD, ONE_FILE)])
    content: bytes = found[0].read()
    return content
