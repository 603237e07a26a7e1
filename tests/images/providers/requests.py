"""Requests as the worker makes them, and what came of them."""

import traceback
from typing import Any

import pytest

from images.exceptions import GenerationFailed
from images.providers import PictureRequest, Provider

PROMPT = "a lighthouse at dusk, oil on canvas"


def picture_request(model_id: str, **changes: Any) -> PictureRequest:
    """A request for a picture of a model whose upstream id is the public one without the provider."""
    usual: dict[str, Any] = {
        "prompt": PROMPT,
        "upstream_id": model_id.partition(":")[2],
        "aspect_ratio": "1:1",
        "thinking_level": None,
        "timeout_seconds": 20,
    }
    return PictureRequest(model_id=model_id, **{**usual, **changes})


async def failure(provider: Provider, request: PictureRequest) -> Any:
    """The error that a call ends with, which shows neither a key nor the SDK behind it."""
    with pytest.raises(GenerationFailed) as raised:
        await provider(request)
    shown = "".join(traceback.format_exception(raised.value))
    assert "secret" not in shown
    assert "Error code" not in raised.value.message
    return raised.value
