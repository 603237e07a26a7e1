"""How errors of the service are told to an agent: as results that it can read and act on."""

from typing import Any

from infrastructure.exceptions import ServiceError

META_KEY = "getimages/error"


def result(error: ServiceError) -> dict[str, Any]:
    """Return a tool's result that says what went wrong, once in words and once for programs.

    There is no structuredContent: some clients would check it against the tool's outputSchema.
    """
    facts = {"code": error.code, "message": error.message, "retryable": error.retryable}
    return {
        "content": [{"type": "text", "text": f"{error.code}: {error.message}"}],
        "isError": True,
        "resultType": "complete",
        "_meta": {META_KEY: facts},
    }
