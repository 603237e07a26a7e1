"""Limits that every entry point enforces."""

from typing import Final

# The largest request body. A longer one is rejected before it is parsed.
BODY_MAX_BYTES: Final = 1024 * 1024
