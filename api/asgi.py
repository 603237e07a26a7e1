"""Django for the REST API, whose calls may wait for minutes."""

from typing import Any, Final

from django.core.handlers.asgi import ASGIHandler

from infrastructure.limits import BODY_MAX_BYTES

PREFIX: Final = "/api/v1/"


class ApiApplication(ASGIHandler):
    """Django without a thread for each request.

    Django would give each request one as soon as anything synchronous runs in it, its middleware too, and keep it until
    the answer. Here all of them share one, for moments: the views are asynchronous.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.handle(scope, limit_body(receive), send)


def limit_body(receive: Any) -> Any:
    """Drop what a body has beyond its limit; the one byte too many that is kept tells the view.

    Django would keep all of it, on the disk, before any view could refuse it. The site's own pages take no more either.
    """
    taken = 0

    async def at_most() -> Any:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            body = message.get("body", b"")[: BODY_MAX_BYTES + 1 - taken]
            taken += len(body)
            message = {**message, "body": body}
        return message

    return at_most
