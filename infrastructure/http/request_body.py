"""Ends the body of a request that is too long, or too long for an unknown sender, before Django writes it to disk."""

from collections.abc import Awaitable, Callable
from typing import Any

from infrastructure.limits import BODY_MAX_BYTES


def limited(receive: Any, max_bytes: int, *, is_permitted: Callable[[], Awaitable[bool]]) -> Any:
    """Return a `receive` that ends the body one byte after its limit, so that the view sees that it is too long.

    The remaining messages are read and discarded, as the client may read the response only when it has sent everything.

    Args:
        receive: The callable of the ASGI server.
        max_bytes: The largest body, in bytes.
        is_permitted: Returns whether the sender may send more than BODY_MAX_BYTES. It is called at most once, when that
            much has arrived; if it returns False, the view must refuse the request without the body.
    """
    limit = min(max_bytes, BODY_MAX_BYTES)
    received, is_complete = 0, False

    async def receive_limited() -> Any:
        nonlocal limit, received, is_complete
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return message
            if not is_complete:
                break
        body = message.get("body", b"")
        if received + len(body) > limit < max_bytes and await is_permitted():
            limit = max_bytes
        kept = body[: limit + 1 - received]
        received += len(kept)
        is_complete = received > limit or not message.get("more_body", False)
        return {**message, "body": kept, "more_body": not is_complete}

    return receive_limited
