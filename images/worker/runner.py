"""How a worker makes one image: take the lease, get a picture, store it, finish; or fail and give the credits back.

The event loop only waits here; Pillow, storage and the database are worked in threads. The process may die between
any two lines: what is written down by then lets another attempt finish the image or refund it.
"""

import asyncio
import logging
import os
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import tenacity
from django.db import InterfaceError, OperationalError
from opentelemetry.trace import SpanKind
from psycopg_pool import PoolTimeout

from images import raster
from images.exceptions import GenerationFailed, ModelRetired, ProviderFailed, TimedOut
from images.models import CatalogueModel, Image
from images.providers import MAX_CALLS, PictureRequest, Provider, registry
from images.raster import InvalidPicture, Picture
from images.storage import files
from images.worker import attempts, retry
from images.worker.attempts import Attempt
from infrastructure import database, metrics, tracing
from infrastructure.tracebacks import redacted

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

logger = logging.getLogger(__name__)

# Each takes a whole core and holds every pixel: more at once than there are cores would only take more memory.
_preparing = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="preparing")

PROVIDER_CALL_MAX_SECONDS = 300.0
STORAGE_PAUSE_MAX_SECONDS = 10.0
DATABASE_PAUSE_MAX_SECONDS = 2.0
# Longer than any lease or deadline: by then the row belongs to somebody else, or PostgreSQL to nobody.
DATABASE_PATIENCE_SECONDS = 900.0


class AttemptReleased(Exception):
    """The worker is draining and the next step is far off: somebody else goes on with the image."""


class LeaseLost(Exception):
    """A later attempt holds the image; this one has nothing more to say about it."""


class Attempts:
    """The attempts that one worker has under way, and whether it is about to go."""

    def __init__(self) -> None:
        self.held: set[Attempt] = set()
        self.draining = asyncio.Event()

    async def make(self, image_id: uuid.UUID) -> None:
        """Make one image, unless it is final or another attempt holds it."""
        attempt = await _written(attempts.claim, image_id)
        if attempt is None:
            return
        self.held.add(attempt)
        try:
            await GenerationRun(attempt, self.draining).run()
        finally:
            self.held.discard(attempt)


class GenerationRun:
    """One attempt at one image."""

    def __init__(self, attempt: Attempt, draining: asyncio.Event) -> None:
        self.attempt = attempt
        self.draining = draining
        self.image: Image | None = None

    async def run(self) -> None:
        """Bring the image to a final state, or leave it to a later attempt."""
        try:
            async with asyncio.timeout(max(0.0, self.attempt.seconds_left)):
                self.image = await _written(_image, self.attempt.image_id)
                picture, names = await self._made(self.image)
            held = await _written(
                attempts.succeed, self.attempt, picture, picture_name=names[0], thumbnail_name=names[1]
            )
            outcome = "succeeded"
        except AttemptReleased:
            await _written(attempts.release, self.attempt)
            return
        except LeaseLost:
            held, outcome = False, "nothing"
        except (GenerationFailed, TimeoutError) as error:
            failure = error if isinstance(error, GenerationFailed) else TimedOut()
            held, outcome = await _written(attempts.fail, self.attempt, failure), failure.code
        if not held:
            outcome = "lost its lease"
            await asyncio.to_thread(files.remove, self.attempt.image_id, attempt=self.attempt.number)
        self._note(outcome)

    async def _made(self, image: Image) -> tuple[Picture, tuple[str, str]]:
        """Get the picture and keep it, in the trace of the request that asked for it."""
        about = {"image": str(image.id), "model": image.model_id}
        with tracing.span("make image", kind=SpanKind.CONSUMER, parent=image.traceparent, attributes=about):
            picture = await self._adopted(image) or await self._painted(image)
            return picture, await self._stored(picture)

    def _note(self, outcome: str) -> None:
        """Count the attempt's end, and write the one line of its job."""
        ids: dict[str, uuid.UUID | None] = {"image": self.attempt.image_id}
        if self.image is not None:
            ids |= {"user": self.image.user_id, "key": self.image.api_key_id}
            metrics.images_ended.labels(self.image.provider_id, outcome).inc()
        about = {name: str(value) for name, value in ids.items() if value is not None}
        logger.info("image %s: attempt %s %s", self.attempt.image_id, self.attempt.number, outcome, extra=about)

    async def _adopted(self, image: Image) -> Picture | None:
        """Return a picture that an earlier attempt had stored before it died, or None."""
        if self.attempt.number == 1:
            return None
        return await self._until_storage_answers(_left_picture, image)

    async def _painted(self, image: Image) -> Picture:
        """Return a picture from the provider, asking again as often as it is worth it."""
        model, provider = await _written(_model_and_provider, image)
        while True:
            try:
                return await self._asked_once(image, model, provider)
            except ProviderFailed as failure:
                await self._pause_after(failure)

    async def _asked_once(self, image: Image, model: CatalogueModel, provider: Provider) -> Picture:
        if self.attempt.provider_calls >= MAX_CALLS:
            raise ProviderFailed("The provider was asked three times and no picture arrived. Your credits are back.")
        counted = await _written(attempts.record_provider_call, self.attempt)
        if counted is None:
            raise LeaseLost
        self.attempt = counted
        try:
            content = await _measured(provider, self._request(image, model), image.provider_id)
            return await _prepared(content, image.aspect_ratio)
        except InvalidPicture as error:
            raise ProviderFailed(f"The provider sent a file that cannot be used: {error}.", calls_allowed=2) from error
        except GenerationFailed:
            raise
        except Exception as error:
            # A fault of ours or of an SDK costs the user nothing, and its text may hold what must not get out.
            logger.error("image %s: the provider's answer was not understood: %s", image.id, redacted(error))  # noqa: TRY400
            raise ProviderFailed("The provider's answer was not understood.", calls_allowed=MAX_CALLS) from error

    def _request(self, image: Image, model: CatalogueModel) -> PictureRequest:
        return PictureRequest(
            prompt=f"{image.prompt}\n\n{image.style}" if image.style else image.prompt,
            model_id=model.model_id,
            upstream_id=model.upstream_id,
            aspect_ratio=image.aspect_ratio,
            thinking_level=image.thinking_level,
            timeout_seconds=min(PROVIDER_CALL_MAX_SECONDS, self.attempt.seconds_left),
            call_number=self.attempt.provider_calls,
            options=model.options,
        )

    async def _pause_after(self, failure: ProviderFailed) -> None:
        pause = retry.pause_seconds(
            failure, calls_made=self.attempt.provider_calls, seconds_left=self.attempt.seconds_left
        )
        if pause is None:
            raise failure
        try:
            async with asyncio.timeout(pause):
                await self.draining.wait()
        except TimeoutError:
            return
        raise AttemptReleased

    async def _stored(self, picture: Picture) -> tuple[str, str]:
        """Keep the picture and its thumbnail under this attempt's names; the bytes wait here while storage is down."""
        image_id, number = self.attempt.image_id, self.attempt.number
        picture_name = files.picture_name(image_id, number, picture.media_type)
        thumbnail_name = files.thumbnail_name(image_id, number)
        await asyncio.gather(
            self._until_storage_answers(files.write, picture_name, picture.content),
            self._until_storage_answers(files.write, thumbnail_name, picture.thumbnail),
        )
        return picture_name, thumbnail_name

    async def _until_storage_answers(
        self, function: Callable[Parameters, Result], *arguments: Parameters.args, **keywords: Parameters.kwargs
    ) -> Result:
        # Whatever storage raises is tried again, until the timeout around the whole attempt ends it.
        patiently = tenacity.AsyncRetrying(
            wait=tenacity.wait_random_exponential(multiplier=0.5, max=STORAGE_PAUSE_MAX_SECONDS),
            retry=tenacity.retry_if_exception_type(Exception),
            before_sleep=tenacity.before_sleep_log(logger, logging.WARNING),
        )
        return await patiently(asyncio.to_thread, function, *arguments, **keywords)


async def _prepared(content: bytes, aspect_ratio: str) -> Picture:
    return await asyncio.get_running_loop().run_in_executor(_preparing, raster.prepare, content, aspect_ratio)


def _image(image_id: uuid.UUID) -> Image:
    return Image.objects.get(pk=image_id)


def _model_and_provider(image: Image) -> tuple[CatalogueModel, Provider]:
    model = CatalogueModel.objects.filter(pk=image.model_id).first()
    provider = registry.provider_for(image.provider_id)
    if model is None or provider is None:
        raise ModelRetired
    return model, provider


def _left_picture(image: Image) -> Picture | None:
    for name in files.leftover_pictures(image.id):
        try:
            return raster.prepare(files.read(name), image.aspect_ratio)
        except (InvalidPicture, FileNotFoundError):
            # Cut off in the middle of being written.
            continue
    return None


async def _written(
    function: Callable[Parameters, Result], *arguments: Parameters.args, **keywords: Parameters.kwargs
) -> Result:
    """Run database work in a thread, again and again while the database is away."""
    patiently = tenacity.AsyncRetrying(
        wait=tenacity.wait_random_exponential(multiplier=0.2, max=DATABASE_PAUSE_MAX_SECONDS),
        stop=tenacity.stop_after_delay(DATABASE_PATIENCE_SECONDS),
        retry=tenacity.retry_if_exception_type((OperationalError, InterfaceError, PoolTimeout)),
        reraise=True,
    )
    return await patiently(database.run_blocking, function, *arguments, **keywords)


async def _measured(provider: Provider, request: PictureRequest, provider_id: str) -> bytes:
    """Call a provider, as a part of the trace, and count how it ended and how long it took."""
    begun, outcome = time.perf_counter(), "cut off"
    try:
        with tracing.span("call provider", kind=SpanKind.CLIENT, attributes={"provider": provider_id}):
            content = await provider(request)
        outcome = "ok"
    except GenerationFailed as failure:
        outcome = failure.code
        raise
    finally:
        metrics.provider_calls.labels(provider_id, outcome).inc()
        metrics.provider_seconds.labels(provider_id).observe(time.perf_counter() - begun)
    return content
