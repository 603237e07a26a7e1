"""Who can make a picture: what a provider is asked, and which provider answers for which model."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

MAX_CALLS = 3


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """One call of a provider, in the catalogue's terms.

    prompt: the user's prompt with the style appended.
    model_id: the public id, for labels and logs; upstream_id: what the provider is sent.
    aspect_ratio: "16:9" and the like; thinking_level: "default", "deep", or None where the model has none.
    options: what the catalogue fixes for the model, such as {"quality": "high"} or {"image_size": "1K"}.
    timeout_seconds: how long the call may take.
    call_number: 1 for the first call that is made for the image, at most MAX_CALLS.
    """

    prompt: str
    model_id: str
    upstream_id: str
    aspect_ratio: str
    thinking_level: str | None
    timeout_seconds: float
    call_number: int = 1
    options: dict[str, str] = field(default_factory=dict)


# A provider is a function: it returns the bytes of a picture as they came, unchecked, or raises GenerationFailed.
Provider = Callable[[PictureRequest], Awaitable[bytes]]
