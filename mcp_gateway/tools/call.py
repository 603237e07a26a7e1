"""The arguments and the result of one tool call."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from accounts.authentication import Caller
from infrastructure.schemas import Result

# The version that introduced the content block resource_link. Versions are dates.
RESOURCE_LINKS_SINCE: Final = "2025-06-18"

# Sends a progress notification: the seconds waited so far, and a message for people.
ProgressReporter = Callable[[float, str], Awaitable[None]]


@dataclass(slots=True)
class ToolCall:
    """One call of a tool, with its arguments as received.

    Tools for one image set `image_id` as early as possible, so that the log also names the image of a call that fails
    or is interrupted.
    """

    caller: Caller
    arguments: Mapping[str, Any]
    report_progress: ProgressReporter
    image_id: uuid.UUID | None = None
    # Whether the protocol version has resource_link blocks.
    has_resource_links: bool = True
    # Whether the client may show the viewer.
    has_viewer: bool = True


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The successful result of a tool."""

    text: str
    structured_content: Result
    image_blocks: list[dict[str, Any]] = field(default_factory=list)
    resource_links: list[dict[str, Any]] = field(default_factory=list)
    # For the client, not for the model.
    meta: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the result of tools/call. Image blocks precede the text, in the order in which agents show them."""
        return {
            "content": [*self.image_blocks, {"type": "text", "text": self.text}, *self.resource_links],
            "structuredContent": self.structured_content.to_json(),
            "isError": False,
            "resultType": "complete",
            **({"_meta": self.meta} if self.meta else {}),
        }
