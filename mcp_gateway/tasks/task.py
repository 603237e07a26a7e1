"""The fields of a task: https://modelcontextprotocol.github.io/ext-tasks/specification/2026-07-28/tasks.html."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from images.models import Image
from infrastructure.schemas import Result

TaskStatus = Literal["working", "completed", "cancelled"]

# The interval at which clients should poll.
POLL_INTERVAL_MS: Final = 2000
# An error of the tool, such as a rejected prompt, is a result too. The status "failed" is for errors of the protocol.
STATUSES: Final[dict[str, TaskStatus]] = {
    Image.Status.QUEUED: "working",
    Image.Status.RUNNING: "working",
    Image.Status.SUCCEEDED: "completed",
    Image.Status.REJECTED: "completed",
    Image.Status.FAILED: "completed",
    Image.Status.CANCELLED: "cancelled",
}


class Task(Result):
    """The state of a task. It has no end: an image remains until the user deletes it."""

    task_id: UUID
    status: TaskStatus
    status_message: str
    created_at: datetime
    last_updated_at: datetime
    ttl_ms: None = None
    poll_interval_ms: int = POLL_INTERVAL_MS

    @classmethod
    def of(cls, image: Image) -> "Task":
        return cls(
            task_id=image.id,
            status=STATUSES[image.status],
            status_message=f"Image {image.id}: {image.status}.",
            created_at=image.created_at,
            last_updated_at=image.finished_at or image.created_at,
        )
