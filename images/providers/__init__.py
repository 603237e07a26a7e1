"""Model providers: the request that each of them takes, the interface they share, and their implementations."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

# For one image, over all of its attempts: the provider charges us for each call.
MAX_CALLS = 3


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """One call of a provider, in the terms of the catalogue.

    prompt: the user's prompt with the style appended.
    model_id: the public id, for labels and logs; upstream_id: the name that the provider receives.
    aspect_ratio: for example "16:9"; thinking_level: "default", "deep", or None where the model has none.
    options: parameters that the catalogue fixes for the model, such as {"quality": "high"} or {"image_size": "1K"}.
    timeout_seconds: the limit for the whole call.
    call_number: 1 for the first call made for the image, at most MAX_CALLS.
    """

    prompt: str
    model_id: str
    upstream_id: str
    aspect_ratio: str
    thinking_level: str | None
    timeout_seconds: float
    call_number: int = 1
    options: dict[str, str] = field(default_factory=dict)


# A provider is a function that returns the bytes of a picture as received, unchecked, or raises GenerationFailed.
Provider = Callable[[PictureRequest], Awaitable[bytes]]
