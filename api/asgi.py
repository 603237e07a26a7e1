"""ASGI application of the REST API, whose requests may wait for minutes."""

from typing import Any, Final

from django.core.handlers.asgi import ASGIHandler

from infrastructure.limits import BODY_MAX_BYTES, EDIT_BODY_MAX_BYTES, UPLOAD_BODY_MAX_BYTES

OPENAI_PREFIX: Final = "/api/openai/v1/"
PREFIX: Final = "/api/v1/"
PREFIXES: Final = (PREFIX, OPENAI_PREFIX)
# The paths of uploads: with a key, by the link of a ticket, and from the dashboard's form with and without its script.
UPLOADS_PATH: Final = f"{PREFIX}uploads"
EDITS_PATH: Final = f"{OPENAI_PREFIX}images/edits"
TICKET_PREFIX: Final = "/u/"
DASHBOARD_PATHS: Final = ("/dashboard/generate/", "/dashboard/uploads/")


class ApiApplication(ASGIHandler):
    """Django's ASGI handler without a thread per request.

    By default Django reserves a thread for each request that runs synchronous code, such as middleware, until the
    response is sent. Here all requests share one thread for that code, and the views are asynchronous.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.handle(scope, limit_body(scope, receive), send)


def limit_body(scope: Any, receive: Any) -> Any:
    """Return a `receive` that truncates the body to one byte over the limit, which the view then rejects.

    Otherwise Django would spool the whole body to disk before the view runs. No page of the site needs more either.
    """
    limit = body_max_bytes(scope["path"])
    received = 0

    async def receive_limited() -> Any:
        nonlocal received
        message = await receive()
        if message["type"] == "http.request":
            body = message.get("body", b"")[: limit + 1 - received]
            received += len(body)
            message = {**message, "body": body}
        return message

    return receive_limited


def body_max_bytes(path: str) -> int:
    """Return the size of the largest body that requests to a path may have."""
    if path == EDITS_PATH:
        return EDIT_BODY_MAX_BYTES
    is_upload = path in {UPLOADS_PATH, *DASHBOARD_PATHS} or path.startswith(TICKET_PREFIX)
    return UPLOAD_BODY_MAX_BYTES if is_upload else BODY_MAX_BYTES
