"""Background jobs about images, as the job engine calls them."""

import uuid
from typing import Final

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from images import audit
from images.exports import runner
from images.webhooks import disabled_emails, endpoints
from images.worker.job_queue import (
    CREATE_EXPORT,
    DELIVER_EVENTS,
    GENERATE_IMAGE,
    REENCRYPT_SECRETS,
    RUN_AUDIT,
    SEND_DISABLED_EMAIL,
)
from infrastructure import database

EMAIL_RETRY: Final = RetryStrategy(max_attempts=8, exponential_wait=4)


@app.task(name=GENERATE_IMAGE, pass_context=True)
async def generate_image(context: JobContext, image_id: str) -> None:
    """Generate an image in the worker that took the job."""
    await context.additional_context["worker"].generate(uuid.UUID(image_id))


@app.task(name=CREATE_EXPORT)
async def create_export(export_id: str) -> None:
    """Create a user's export."""
    await runner.run(uuid.UUID(export_id))


@app.task(name=DELIVER_EVENTS, pass_context=True)
async def deliver_events(context: JobContext, endpoint_id: str) -> None:
    """Start the deliveries of an endpoint, which continue without the job."""
    context.additional_context["worker"].deliveries.wake(uuid.UUID(endpoint_id))


@app.task(name=SEND_DISABLED_EMAIL, retry=EMAIL_RETRY)
async def send_disabled_email(endpoint_id: str) -> None:
    """Send the email about an endpoint that was disabled."""
    await database.run_blocking(disabled_emails.send, uuid.UUID(endpoint_id))


@app.periodic(cron="53 * * * *")
@app.task(name=REENCRYPT_SECRETS, queueing_lock=REENCRYPT_SECRETS)
async def reencrypt_secrets(timestamp: int = 0) -> None:  # noqa: ARG001 - passed by the job engine
    """Encrypt the secrets of webhooks with the current SECRET_KEY, once an hour."""
    await database.run_blocking(endpoints.reencrypt_secrets)


@app.periodic(cron="41 * * * *")
@app.task(name=RUN_AUDIT, queueing_lock=RUN_AUDIT)
async def run_audit(timestamp: int = 0) -> None:  # noqa: ARG001 - passed by the job engine
    """Audit the ledger, once an hour and on staff's request."""
    await database.run_blocking(audit.run)
