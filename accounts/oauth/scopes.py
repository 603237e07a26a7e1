"""Scopes: what a connection may do."""

from collections.abc import Collection
from typing import Final

READ: Final = "images:read"
GENERATE: Final = "images:generate"
# In the order in which they are listed, each with its meaning on the consent page.
MEANINGS: Final = {
    READ: "See your images, credit balance and usage",
    GENERATE: "Generate images with your credits",
}
ALL: Final = frozenset(MEANINGS)


def parse(text: str) -> frozenset[str]:
    """Return the known scopes of a space-separated list; all of them if it has none. Unknown ones are ignored."""
    return ALL.intersection(text.split()) or ALL


def join(scopes: Collection[str]) -> str:
    """Return the space-separated list of these scopes."""
    return " ".join(scope for scope in MEANINGS if scope in scopes)
