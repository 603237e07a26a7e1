"""Limits that every entry point enforces."""

from typing import Final

# The largest request body. A longer one is rejected before it is parsed.
BODY_MAX_BYTES: Final = 1024 * 1024

# The largest file of an upload, and the largest request body with one: a multipart form adds boundaries and headers.
UPLOAD_MAX_BYTES: Final = 20 * 1024 * 1024
UPLOAD_BODY_MAX_BYTES: Final = UPLOAD_MAX_BYTES + 64 * 1024

# The largest request body with all pictures of an edit.
EDIT_BODY_MAX_BYTES: Final = 4 * UPLOAD_MAX_BYTES + 64 * 1024
