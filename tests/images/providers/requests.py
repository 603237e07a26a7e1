"""Provider requests as the worker sends them, and the errors that they end with."""

import traceback
from typing import Any

import pytest

from images.failures import GenerationFailed
from images.providers import PictureRequest, Provider

PROMPT = "a lighthouse at dusk, oil on canvas"


def picture_request(model_id: str, **changes: Any) -> PictureRequest:
    """Return a request with default values; the upstream id is the public id without the provider."""
    defaults: dict[str, Any] = {
        "prompt": PROMPT,
        "upstream_id": model_id.partition(":")[2],
        "aspect_ratio": "1:1",
        "thinking_level": None,
        "timeout_seconds": 20,
    }
    return PictureRequest(model_id=model_id, **{**defaults, **changes})


async def failure(provider: Provider, request: PictureRequest) -> Any:
    """Return the error of a call; it reveals neither a key nor the SDK."""
    with pytest.raises(GenerationFailed) as raised:
        await provider(request)
    output = "".join(traceback.format_exception(raised.value))
    assert "secret" not in output
    assert "Error code" not in raised.value.message
    return raised.value
