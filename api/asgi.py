"""ASGI application of the REST API, whose requests may wait for minutes."""

import functools
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.exception import convert_exception_to_response

from api import callers
from api.middleware import MIDDLEWARE
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
    """Django's ASGI handler without a thread per request, and without the middleware of the site.

    By default Django reserves a thread for each request that runs synchronous code, such as middleware, until the
    response is sent. Here all requests share one thread for that code, and the views are asynchronous.
    """

    # MIDDLEWARE has no hooks of views, templates or exceptions.
    _view_middleware: ClassVar[Sequence[Any]] = ()
    _template_response_middleware: ClassVar[Sequence[Any]] = ()
    _exception_middleware: ClassVar[Sequence[Any]] = ()
    _get_response_async: Any

    def load_middleware(self, is_async: bool = True) -> None:  # noqa: ARG002 - Django's signature
        """Use MIDDLEWARE in place of the site's. Django reads the list from settings and has no public alternative."""
        handler = convert_exception_to_response(self._get_response_async)
        for middleware in reversed(MIDDLEWARE):
            handler = convert_exception_to_response(middleware(handler))  # type: ignore[arg-type]
        self._middleware_chain = handler

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # Otherwise Django would write the whole body to disk before the view checks the key.
        max_bytes = BODIES_MAX_BYTES.get(scope["path"], BODY_MAX_BYTES)
        is_permitted = functools.partial(callers.is_known, scope)
        await self.handle(scope, request_body.limited(receive, max_bytes, is_permitted=is_permitted), send)
