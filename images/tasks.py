"""Jobs as the job engine knows them."""

import uuid

from procrastinate import JobContext
from procrastinate.contrib.django import app

from images.queue import MAKE_IMAGE


@app.task(name=MAKE_IMAGE, pass_context=True)
async def make(context: JobContext, image_id: str) -> None:
    """Make the image, in the worker that took the job."""
    await context.additional_context["worker"].make(uuid.UUID(image_id))
