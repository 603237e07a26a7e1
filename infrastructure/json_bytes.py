"""JSON of large results as bytes."""

import json
from typing import Any

import orjson


def encode(content: Any) -> bytes:
    """Return the content as compact JSON in UTF-8.

    For a picture in base64, orjson takes a twentieth of the time of the standard library.
    """
    try:
        return orjson.dumps(content)
    except TypeError:
        # Half of a surrogate pair, which a client sent and an error quotes, or an integer of more than 64 bits.
        return json.dumps(content, separators=(",", ":")).encode("ascii")


def decode(content: bytes) -> Any:
    """Return the content of JSON. For a picture in base64, orjson takes a tenth of the time of the standard library.

    Raises:
        ValueError: The bytes are not JSON.
    """
    try:
        return orjson.loads(content)
    except ValueError:
        # A text with half of a surrogate pair, for example a prompt that a provider revised.
        return json.loads(content)
