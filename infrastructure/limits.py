"""Limits that hold at every entry point."""

from typing import Final

# The largest request body. Every entry point refuses a longer one before it is parsed.
BODY_MAX_BYTES: Final = 1024 * 1024
