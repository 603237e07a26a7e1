"""Pictures in the JSON of a provider's response, as base64."""

import binascii
import re

import pybase64

DATA_URL_START = re.compile(r"\s*data:[^,]*;base64\s*,", re.IGNORECASE)


def decode(text: str) -> bytes:
    """Return the bytes of base64 (RFC 4648 section 4), with or without line breaks, or of a data URL (RFC 2397).

    Raises:
        ValueError: The text is not base64, or it is empty.
        TypeError: The value is not a text.
    """
    # Only the start is searched: a picture has tens of megabytes of text without a comma.
    start = DATA_URL_START.match(text)
    encoded = text[start.end() :] if start else text
    try:
        content = pybase64.b64decode(encoded, validate=True)
    except ValueError:
        # Only now, because this takes fifty times as long. It also accepts more padding than needed.
        content = binascii.a2b_base64("".join(encoded.split()), strict_mode=True)
    if not content:
        raise ValueError("an empty picture")
    return content
