"""The text of a rendered page, without its markup."""

import html
import re
from typing import Any


def words(response: Any) -> str:
    """Return the text of a response's page with runs of white space collapsed to single spaces."""
    text = re.sub(r"<[^>]*>", " ", response.content.decode())
    return re.sub(r" (?=[.,])", "", " ".join(html.unescape(text).split()))
