"""ASGI application of the REST API, whose requests may wait for minutes."""

from typing import Any, Final

from django.core.handlers.asgi import ASGIHandler

from infrastructure.limits import BODY_MAX_BYTES

OPENAI_PREFIX: Final = "/api/openai/v1/"
PREFIXES: Final = ("/api/v1/", OPENAI_PREFIX)


class ApiApplication(ASGIHandler):
    """Django's ASGI handler without a thread per request.

    By default Django reserves a thread for each request that runs synchronous code, such as middleware, until the
    response is sent. Here all requests share one thread for that code, and the views are asynchronous.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.handle(scope, limit_body(receive), send)


def limit_body(receive: Any) -> Any:
    """Return a `receive` that truncates the body to one byte over the limit, which the view then rejects.

    Otherwise Django would spool the whole body to disk before the view runs. No page of the site needs more either.
    """
    received = 0

    async def receive_limited() -> Any:
        nonlocal received
        message = await receive()
        if message["type"] == "http.request":
            body = message.get("body", b"")[: BODY_MAX_BYTES + 1 - received]
            received += len(body)
            message = {**message, "body": body}
        return message

    return receive_limited
