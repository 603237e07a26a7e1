"""JSON of large results as bytes."""

import json
from typing import Any

import orjson
from pydantic_core import from_json


def encode(content: Any) -> bytes:
    """Return the content as compact JSON in UTF-8.

    For a picture in base64, orjson takes a twentieth of the time of the standard library.
    """
    try:
        return orjson.dumps(content)
    except TypeError:
        # Half of a surrogate pair, which a client sent and an error quotes, or an integer of more than 64 bits.
        return json.dumps(content, separators=(",", ":")).encode("ascii")


def decode(content: bytes | str) -> Any:
    """Return the content of JSON.

    For a picture in base64, pydantic's parser takes a fifth of orjson's time, and a fiftieth of the standard library's.

    Raises:
        ValueError: It is not JSON.
    """
    try:
        return from_json(content)
    except ValueError:
        # A text with half of a surrogate pair, for example a prompt that a provider revised.
        try:
            return json.loads(content)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
