"""Jobs: how the making of images and exports is handed to the workers, in the transaction that decides it."""

import uuid

from django.db import transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app

MAKE_IMAGE = "images.make"
MAKE_EXPORT = "images.export"
RUN_AUDIT = "images.audit"


def enqueue_image(image_id: uuid.UUID) -> None:
    """Let a worker make this image once the present transaction is committed; at most one such job waits."""
    _defer(MAKE_IMAGE, f"image:{image_id}", image_id=str(image_id))


def enqueue_export(export_id: uuid.UUID) -> None:
    """Let a worker make this export, likewise."""
    _defer(MAKE_EXPORT, f"export:{export_id}", export_id=str(export_id))


def enqueue_audit() -> None:
    """Let a worker audit the ledger, likewise."""
    _defer(RUN_AUDIT, RUN_AUDIT)


def _defer(task: str, lock: str, **arguments: str) -> None:
    job = app.configure_task(task, queueing_lock=lock)
    try:
        with transaction.atomic():
            job.defer(**arguments)
    except exceptions.AlreadyEnqueued:
        # Whoever takes the job that waits already does all there is to do.
        return
