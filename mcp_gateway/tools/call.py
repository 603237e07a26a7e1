"""One call of a tool: who makes it, with which arguments, and what it answers."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.authentication import Caller
from infrastructure.schemas import Result

# Tells the client that a wait goes on: seconds waited so far, and a sentence for a person.
Progress = Callable[[float, str], Awaitable[None]]


@dataclass(slots=True)
class ToolCall:
    """Who calls, with which arguments as they came, and how to tell of progress.

    A tool about one image notes which, for the log: also a call that fails or is cut off has its image there.
    """

    caller: Caller
    arguments: Mapping[str, Any]
    progress: Progress
    image_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answers: words, facts, and pictures."""

    text: str
    facts: Result
    pictures: list[dict[str, Any]] = field(default_factory=list)

    def to_result(self) -> dict[str, Any]:
        """Return the tool's result; the pictures come first, as an agent shows them."""
        return {
            "content": [*self.pictures, {"type": "text", "text": self.text}],
            "structuredContent": self.facts.to_json(),
            "isError": False,
            "resultType": "complete",
        }
