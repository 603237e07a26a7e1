"""Which pages accept files, and from which senders: a signed-in user, or a person with the link of a ticket."""

import functools
import io
from typing import Any, Final

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest

from accounts.sign_in import sessions
from images.exceptions import UploadExpired
from images.uploads import tickets, uploads
from infrastructure import database
from infrastructure.http import request_body
from infrastructure.limits import BODY_MAX_BYTES, UPLOAD_BODY_MAX_BYTES

TICKET_PREFIX: Final = "/u/"
# The composer's form, and the file that its script sends.
DASHBOARD_PATHS: Final = ("/dashboard/generate/", "/dashboard/uploads/")


def limited(scope: Any, receive: Any) -> Any:
    """Return a `receive` that ends the body of a request to the site at the limit of its path."""
    takes_files = scope["path"] in DASHBOARD_PATHS or scope["path"].startswith(TICKET_PREFIX)
    max_bytes = UPLOAD_BODY_MAX_BYTES if takes_files else BODY_MAX_BYTES
    return request_body.limited(receive, max_bytes, is_permitted=functools.partial(_is_permitted, scope))


async def _is_permitted(scope: Any) -> bool:
    if scope["path"].startswith(TICKET_PREFIX):
        return await database.run_blocking(_is_open, scope["path"].removeprefix(TICKET_PREFIX))
    return await database.run_blocking(_is_signed_in, scope)


def _is_open(token: str) -> bool:
    try:
        uploads.open_ticket(tickets.upload_id(token))
    except UploadExpired:
        return False
    return True


def _is_signed_in(scope: Any) -> bool:
    session_key = ASGIRequest(scope, io.BytesIO()).COOKIES.get(settings.SESSION_COOKIE_NAME)
    return session_key is not None and sessions.session_user_id(session_key) is not None
