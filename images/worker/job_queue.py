"""The jobs that the domain enqueues for workers, in the transaction that makes them necessary."""

import uuid

from infrastructure import jobs

# The names are part of the rows in the job table, so a rename would orphan jobs that are waiting during a deploy.
GENERATE_IMAGE = "images.make"
CREATE_EXPORT = "images.export"
RUN_AUDIT = "images.audit"


def enqueue_new_image(image_id: uuid.UUID) -> None:
    """Enqueue the generation of an image whose row was created in the current transaction."""
    jobs.enqueue(GENERATE_IMAGE, lock=_image_lock(image_id), image_id=str(image_id))


def enqueue_image(image_id: uuid.UUID) -> None:
    """Enqueue the generation of an image; at most one such job waits."""
    jobs.enqueue_once(GENERATE_IMAGE, lock=_image_lock(image_id), image_id=str(image_id))


def _image_lock(image_id: uuid.UUID) -> str:
    return f"image:{image_id}"


def enqueue_export(export_id: uuid.UUID) -> None:
    """Enqueue the creation of an export; at most one such job waits."""
    jobs.enqueue_once(CREATE_EXPORT, lock=f"export:{export_id}", export_id=str(export_id))


def enqueue_audit() -> None:
    """Enqueue an audit of the ledger; at most one such job waits."""
    jobs.enqueue_once(RUN_AUDIT, lock=RUN_AUDIT)
