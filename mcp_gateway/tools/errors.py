"""Errors of the service as tool results, which an agent can read and act on."""

from typing import Any

from infrastructure.exceptions import ServiceError

META_KEY = "getimages/error"


def to_result(error: ServiceError) -> dict[str, Any]:
    """Return the result of a failed tool call: the error as text for agents, and in `_meta` for programs.

    It has no structuredContent, because some clients validate that against the tool's output schema even for errors.
    """
    details = {"code": error.code, "message": error.message, "retryable": error.retryable}
    return {
        "content": [{"type": "text", "text": f"{error.code}: {error.message}"}],
        "isError": True,
        "resultType": "complete",
        "_meta": {META_KEY: details},
    }
