"""Background jobs about images, as the job engine calls them."""

import uuid

from procrastinate import JobContext
from procrastinate.contrib.django import app

from images import audit
from images.exports import runner
from images.worker.job_queue import CREATE_EXPORT, GENERATE_IMAGE, RUN_AUDIT
from infrastructure import database


@app.task(name=GENERATE_IMAGE, pass_context=True)
async def generate_image(context: JobContext, image_id: str) -> None:
    """Generate an image in the worker that took the job."""
    await context.additional_context["worker"].generate(uuid.UUID(image_id))


@app.task(name=CREATE_EXPORT)
async def create_export(export_id: str) -> None:
    """Create a user's export."""
    await runner.run(uuid.UUID(export_id))


@app.periodic(cron="41 * * * *")
@app.task(name=RUN_AUDIT, queueing_lock=RUN_AUDIT)
async def run_audit(timestamp: int = 0) -> None:  # noqa: ARG001 - passed by the job engine
    """Audit the ledger, once an hour and on staff's request."""
    await database.run_blocking(audit.run)
