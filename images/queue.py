"""Jobs: how the making of an image is handed to the workers, in the transaction that decides it."""

import uuid

from django.db import transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app

MAKE_IMAGE = "images.make"


def defer(image_id: uuid.UUID) -> None:
    """Let a worker make this image once the present transaction is committed; at most one such job waits."""
    job = app.configure_task(MAKE_IMAGE, queueing_lock=f"image:{image_id}")
    try:
        with transaction.atomic():
            job.defer(image_id=str(image_id))
    except exceptions.AlreadyEnqueued:
        # Whoever takes the job that waits already does all there is to do.
        return
