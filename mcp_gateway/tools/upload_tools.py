"""The tool that brings a picture in: by URL, as a file of the chat, as base64, or by a link."""

from typing import Final

from images.models import Upload
from images.providers import base64_text
from images.uploads import intake, uploads
from images.uploads.schemas import TicketResult
from infrastructure.exceptions import FieldError, InvalidArguments
from infrastructure.schemas import parse
from mcp_gateway.tools.call import ToolCall, ToolResult
from mcp_gateway.tools.schemas import UploadedResult, UploadImageArguments

DATA_MAX_BYTES: Final = 700 * 1024
# Base64 has four characters for three bytes; a data URL and line breaks have some more.
DATA_MAX_CHARACTERS: Final = DATA_MAX_BYTES * 4 // 3 + 32 * 1024
TICKET_MINUTES: Final = int(uploads.TICKET_LIFETIME.total_seconds()) // 60

DATA_TOO_LARGE: Final = "Larger than 700 KiB. Call the tool without arguments to get a link, and send the file to it."
NOT_BASE64: Final = "Not base64. Call the tool without arguments to get a link, and send the file to it."
ONE_WAY: Final = "Use only one of url, file and data, or none of them to get a link."


async def upload_image(call: ToolCall) -> ToolResult:
    """Store the picture, or return a ticket if the call has none."""
    arguments = parse(UploadImageArguments, call.arguments)
    given = [name for name in ("url", "file", "data") if getattr(arguments, name) is not None]
    if len(given) > 1:
        raise InvalidArguments([FieldError(name, ONE_WAY) for name in given])
    if arguments.url is not None:
        return _uploaded(await intake.store_from_url(call.caller, arguments.url))
    if arguments.file is not None:
        return _uploaded(await intake.store_from_url(call.caller, arguments.file.download_url, field="file"))
    if arguments.data is not None:
        data = arguments.data
        return _uploaded(await intake.store(call.caller, lambda: _decode(data), field="data"))
    return _waiting(await intake.create_ticket(call.caller))


def _decode(text: str) -> bytes:
    if len(text) > DATA_MAX_CHARACTERS:
        raise InvalidArguments([FieldError("data", DATA_TOO_LARGE)])
    try:
        content = base64_text.decode(text)
    except ValueError:
        raise InvalidArguments([FieldError("data", NOT_BASE64)]) from None
    if len(content) > DATA_MAX_BYTES:
        raise InvalidArguments([FieldError("data", DATA_TOO_LARGE)])
    return content


def _uploaded(upload: Upload) -> ToolResult:
    text = (
        f"Uploaded {upload.width} x {upload.height} pixels as {upload.id}. Use this id in sources or mask of "
        "getimages_edit_image. It expires after 24 hours unless an image uses it."
    )
    return ToolResult(text, UploadedResult.of(upload))


def _waiting(ticket: TicketResult) -> ToolResult:
    text = (
        f"The upload will have the id {ticket.id}. Within {TICKET_MINUTES} minutes, run this with the path of the "
        f"file: {ticket.curl} or ask the user to choose the file at {ticket.page_url}. Then use the id in sources or "
        "mask."
    )
    return ToolResult(text, UploadedResult.of_ticket(ticket))
