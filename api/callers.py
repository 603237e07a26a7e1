"""Find the caller of a REST request: once, and before its body is read if that is large."""

import io
from typing import Any, Final

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest

from accounts import authentication
from accounts.authentication import Caller
from infrastructure.http import request_headers

# The key of the ASGI scope with the caller, or with the error about the key.
OUTCOME: Final = "get_images.caller"


async def find(request: HttpRequest) -> Caller:
    """Return the caller of a request; errors as in `authentication.authenticate`."""
    outcome = getattr(request, "scope", {}).get(OUTCOME)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome or await _authenticate(request)


async def is_known(scope: Any) -> bool:
    """Return whether a request has a valid key of an active account. `find` then returns or raises the same."""
    try:
        caller = scope[OUTCOME] = await _authenticate(ASGIRequest(scope, io.BytesIO()))
    except Exception as error:
        scope[OUTCOME] = error
        return False
    return not caller.suspended


async def _authenticate(request: HttpRequest) -> Caller:
    return await authentication.authenticate(
        request_headers.single_value(request, "Authorization"),
        peer=request.META.get("REMOTE_ADDR"),
        forwarded_for=request.headers.get("X-Forwarded-For", ""),
        client=request.headers.get("User-Agent", ""),
    )
