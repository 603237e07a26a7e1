"""Tasks that the job engine runs in workers."""

import uuid

from procrastinate import JobContext
from procrastinate.contrib.django import app

from images import audit
from images.exports import runner
from images.worker.job_queue import MAKE_EXPORT, MAKE_IMAGE, RUN_AUDIT
from infrastructure import database


@app.task(name=MAKE_IMAGE, pass_context=True)
async def make(context: JobContext, image_id: str) -> None:
    """Generate the image in the worker that fetched the job."""
    await context.additional_context["worker"].make(uuid.UUID(image_id))


@app.task(name=MAKE_EXPORT)
async def export(export_id: str) -> None:
    """Build a user's export."""
    await runner.run(uuid.UUID(export_id))


@app.periodic(cron="41 * * * *")
@app.task(name=RUN_AUDIT, queueing_lock=RUN_AUDIT)
async def run_audit(timestamp: int = 0) -> None:  # noqa: ARG001 - passed by the job engine
    """Audit the ledger: once an hour, and when staff request it."""
    await database.run_blocking(audit.run)
