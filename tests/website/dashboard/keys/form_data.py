"""Form data for the key pages."""

import re
import uuid
from typing import Any


def key_form(**fields: Any) -> dict[str, Any]:
    """Return the data of a valid key form, with these fields changed."""
    all_models = [
        "openai:gpt-image-1.5",
        "openai:gpt-image-2",
        "google:gemini-2.5-flash-image",
        "google:gemini-3.1-flash-image-preview",
        "google:gemini-3-pro-image-preview",
    ]
    return {"request_id": str(uuid.uuid4()), "name": "Build server", "allowed_models": all_models, **fields}


def secret_in(html: str) -> str:
    """Return the only API key in a page."""
    (secret,) = set(re.findall(r"sk_[0-9A-Za-z]{46}", html))
    return str(secret)
