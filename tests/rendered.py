"""What a page says, without its markup."""

import html
import re
from typing import Any


def words(response: Any) -> str:
    """Return the words of a page, each part apart from the next by one space."""
    text = re.sub(r"<[^>]*>", " ", response.content.decode())
    return re.sub(r" (?=[.,])", "", " ".join(html.unescape(text).split()))
