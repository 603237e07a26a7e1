"""Form data of the key pages."""

import re
import uuid
from typing import Any


def asked(**fields: Any) -> dict[str, Any]:
    """Return what the form of a key sends when somebody types these fields."""
    everything = [
        "openai:gpt-image-1.5",
        "openai:gpt-image-2",
        "google:gemini-2.5-flash-image",
        "google:gemini-3.1-flash-image-preview",
        "google:gemini-3-pro-image-preview",
    ]
    return {"request_id": str(uuid.uuid4()), "name": "Build server", "allowed_models": everything, **fields}


def secret_in(html: str) -> str:
    """Return the one key that a page shows."""
    (secret,) = set(re.findall(r"sk_[0-9A-Za-z]{46}", html))
    return str(secret)
