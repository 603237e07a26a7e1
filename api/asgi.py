"""ASGI application of the REST API, whose requests may wait for minutes."""

import functools
from typing import Any, Final

from django.core.handlers.asgi import ASGIHandler

from api import callers
from infrastructure.http import request_body
from infrastructure.limits import BODY_MAX_BYTES, EDIT_BODY_MAX_BYTES, UPLOAD_BODY_MAX_BYTES

OPENAI_PREFIX: Final = "/api/openai/v1/"
PREFIX: Final = "/api/v1/"
PREFIXES: Final = (PREFIX, OPENAI_PREFIX)
# The paths that take files, with the sizes of their bodies. A caller without a valid key can send BODY_MAX_BYTES only.
BODIES_MAX_BYTES: Final = {
    f"{PREFIX}uploads": UPLOAD_BODY_MAX_BYTES,
    f"{OPENAI_PREFIX}images/edits": EDIT_BODY_MAX_BYTES,
}


class ApiApplication(ASGIHandler):
    """Django's ASGI handler without a thread per request.

    By default Django reserves a thread for each request that runs synchronous code, such as middleware, until the
    response is sent. Here all requests share one thread for that code, and the views are asynchronous.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # Otherwise Django would write the whole body to disk before the view checks the key.
        max_bytes = BODIES_MAX_BYTES.get(scope["path"], BODY_MAX_BYTES)
        is_permitted = functools.partial(callers.is_known, scope)
        await self.handle(scope, request_body.limited(receive, max_bytes, is_permitted=is_permitted), send)
