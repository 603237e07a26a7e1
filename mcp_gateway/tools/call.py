"""The arguments and the result of one tool call."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.authentication import Caller
from infrastructure.schemas import Result
from mcp_gateway.client_features import ClientFeatures
from mcp_gateway.tasks.task import Task
from mcp_gateway.tools.user_input import UserInput

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
    features: ClientFeatures
    user_input: UserInput
    image_id: uuid.UUID | None = None


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


@dataclass(frozen=True, slots=True)
class TaskHandle:
    """The result of a tool that will end as a task."""

    task: Task

    def to_json(self) -> dict[str, Any]:
        """Return the result of tools/call, from which the client learns the task's id."""
        return {"resultType": "task", **self.task.to_json()}
