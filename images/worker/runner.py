"""One attempt at an image: claim it, get a picture, store it, make the image final; or fail and refund its credits.

The event loop only waits: Pillow, storage and the database run in threads. The process may be killed between any two
lines; what is committed by then lets another attempt finish the image or refund it.
"""

import asyncio
import contextlib
import dataclasses
import functools
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

from images import sources
from images.catalogue import prices
from images.failures import GenerationFailed, ModelRetired, ProviderFailed, StorageFull, TimedOut
from images.models import CatalogueModel, Image
from images.pictures import raster
from images.pictures.raster import InvalidPicture, Picture
from images.providers import MAX_CALLS, PictureRequest, Provider, ProviderPicture, Server, registry, safety_identifier
from images.storage import files
from images.worker import attempts, received_pictures, retry
from images.worker.attempts import Attempt
from infrastructure import database
from infrastructure.observability import metrics, tracing
from infrastructure.observability.tracebacks import redacted

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

logger = logging.getLogger(__name__)

# Preparing a picture uses one core and keeps the whole bitmap in memory: more threads would only use more memory.
_preparing = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="preparing")

PROVIDER_CALL_MAX_SECONDS = 300.0
STORAGE_PAUSE_MAX_SECONDS = 10.0
# How long to wait for space on a full disk. New images are refused meanwhile, and a caller waits for this one.
STORAGE_FULL_MAX_SECONDS = 10.0
DATABASE_PAUSE_MAX_SECONDS = 2.0
# Longer than any lease or deadline: after this, another worker owns the row or the database is gone.
DATABASE_RETRY_MAX_SECONDS = 900.0
# The provider charges for an unusable file too, so call at most once more.
CALLS_FOR_UNUSABLE_FILE = 2


class AttemptReleased(Exception):
    """The worker is stopping during the pause before the next provider call: another worker continues."""


class LeaseLost(Exception):
    """A later attempt holds the image, so this one must not change it."""


class GenerationRun:
    """One attempt at one image, from its claim to a final state or to the end of its lease."""

    # Set by the claim; the attempt is replaced when a provider call is counted.
    attempt: Attempt
    image: Image
    # None if the image cannot be generated here.
    model: CatalogueModel | None
    provider: Provider | None

    def __init__(self, image_id: uuid.UUID, *, held: set[Attempt], stopping: asyncio.Event) -> None:
        """Prepare a run.

        Args:
            image_id: The image to generate.
            held: The attempts whose leases the worker renews; contains this one while it runs.
            stopping: Set when the worker is about to stop.
        """
        self.image_id = image_id
        self.held = held
        self.stopping = stopping

    async def run(self) -> None:
        """Claim the image and finish it or leave it to a later attempt; do nothing if it can't be claimed."""
        begun = await _db_retry(_begin, self.image_id)
        if begun is None:
            return
        attempt, self.model, self.provider = begun
        self.attempt, self.image = attempt, attempt.image
        self.held.add(attempt)
        try:
            await self._finish()
        finally:
            self.held.discard(attempt)

    async def _finish(self) -> None:
        try:
            async with asyncio.timeout(max(0.0, self.attempt.seconds_left)):
                picture, name = await self._generate_and_store(self.image)
            is_kept = await _db_retry(attempts.succeed, self.attempt, picture, picture_name=name)
            outcome = "succeeded"
        except AttemptReleased:
            await _db_retry(attempts.release, self.attempt)
            return
        except LeaseLost:
            is_kept = False
        except (GenerationFailed, TimeoutError) as error:
            failure = error if isinstance(error, GenerationFailed) else TimedOut()
            is_kept, outcome = await _db_retry(attempts.fail, self.attempt, failure), failure.code
        if not is_kept:
            outcome = "lost its lease"
            await asyncio.to_thread(files.remove, self.image_id, attempt=self.attempt.number)
        self._record_outcome(outcome)

    async def _generate_and_store(self, image: Image) -> tuple[Picture, str]:
        """Return the picture and the name of its file, in the trace of the request that created the image."""
        attributes = {"image": str(image.id), "model": image.model_id}
        with tracing.span("make image", kind=SpanKind.CONSUMER, parent=image.traceparent, attributes=attributes):
            picture = await self._adopt(image) or await self._generate(image)
            return picture, await self._store(picture)

    def _record_outcome(self, outcome: str) -> None:
        """Count the attempt's outcome, and write the one log line of its job."""
        metrics.images_ended.labels(self.image.provider_id, outcome).inc()
        ids = {"image": self.image_id, "user": self.image.user_id, "key": self.image.api_key_id}
        log_fields = {name: str(value) for name, value in ids.items() if value is not None}
        logger.info("image %s: attempt %s %s", self.image_id, self.attempt.number, outcome, extra=log_fields)

    async def _adopt(self, image: Image) -> Picture | None:
        """Return a picture that an earlier attempt stored before it ended, or None."""
        if self.attempt.number == 1:
            return None
        return await _storage_retry(_leftover_picture, image)

    async def _generate(self, image: Image) -> Picture:
        """Return a picture from the provider, calling it again while the failure allows it."""
        if self.model is None or self.provider is None:
            # If the web process has the provider's key, only this log entry shows that the worker lacks it.
            logger.error("%s cannot be generated here: it has no model, or its provider has no key.", image.model_id)
            raise ModelRetired
        request = self._request(image, self.model)
        if self.attempt.has_sources:
            found = await _db_retry(sources.recorded, image)
            pictures, mask = await _storage_retry(sources.read, found)
            request = dataclasses.replace(request, sources=pictures, mask=mask)
        while True:
            try:
                return await self._call_provider_once(image, request, self.provider)
            except ProviderFailed as failure:
                await self._pause_after(failure)

    async def _call_provider_once(self, image: Image, request: PictureRequest, provider: Provider) -> Picture:
        await self._count_call()
        try:
            received = await _call_and_measure(provider, self._with_limits(request), image.provider_id)
            usage, parked = received.usage, received_pictures.parked(received.content)
            del received
            async with parked as take:
                return dataclasses.replace(await _prepare(take, image), usage=usage)
        except InvalidPicture as error:
            raise ProviderFailed(
                f"The provider returned an unusable file ({error}). Your credits were refunded. Try again.",
                calls_allowed=CALLS_FOR_UNUSABLE_FILE,
            ) from error
        except GenerationFailed:
            raise
        except Exception as error:
            # A bug of ours or of an SDK costs the user nothing. Its text may contain a key or a prompt.
            logger.error("image %s: the provider's response was not understood: %s", image.id, redacted(error))  # noqa: TRY400
            raise ProviderFailed(
                "The provider's response couldn't be read. Your credits were refunded. Try again.",
                calls_allowed=MAX_CALLS,
            ) from error

    async def _count_call(self) -> None:
        # The count is committed before the call, so that a killed worker's call counts too.
        if self.attempt.call_is_counted:
            self.attempt = dataclasses.replace(self.attempt, call_is_counted=False)
            return
        if not self.attempt.may_call:
            raise ProviderFailed(f"The provider returned no picture in {MAX_CALLS} calls. Your credits were refunded.")
        attempt = await _db_retry(attempts.record_provider_call, self.attempt)
        if attempt is None:
            raise LeaseLost
        self.attempt = attempt

    def _request(self, image: Image, model: CatalogueModel) -> PictureRequest:
        options = prices.options(model, image)
        return PictureRequest(
            prompt=f"{image.prompt}\n\n{image.style}" if image.style else image.prompt,
            model_id=model.model_id,
            upstream_id=model.upstream_id,
            aspect_ratio=image.aspect_ratio,
            thinking_level=options.thinking_level,
            timeout_seconds=PROVIDER_CALL_MAX_SECONDS,
            resolution=options.resolution,
            quality=options.quality,
            # Without this parameter, a model that can make transparent pictures chooses the background itself.
            background=image.background if len(model.backgrounds) > 1 else None,
            output_format=image.output_format,
            options=model.options,
            server=_server(model),
            safety_identifier=image.end_user_hash or safety_identifier.of_user(image.user_id),
        )

    def _with_limits(self, request: PictureRequest) -> PictureRequest:
        return dataclasses.replace(
            request,
            timeout_seconds=min(PROVIDER_CALL_MAX_SECONDS, self.attempt.seconds_left),
            call_number=self.attempt.provider_calls,
        )

    async def _pause_after(self, failure: ProviderFailed) -> None:
        """Wait before the next call; raise the failure if no further call is allowed."""
        pause = retry.pause_seconds(
            failure, calls_made=self.attempt.provider_calls, seconds_left=self.attempt.seconds_left
        )
        if pause is None:
            raise failure
        try:
            async with asyncio.timeout(pause):
                await self.stopping.wait()
        except TimeoutError:
            return
        raise AttemptReleased

    async def _store(self, picture: Picture) -> str:
        """Store the picture under this attempt's name, and return the name.

        The bytes stay in memory while storage is unavailable, so that no second picture has to be paid for.

        Raises:
            StorageFull: Storage has had no space for STORAGE_FULL_MAX_SECONDS.
        """
        name = files.picture_name(self.image_id, self.attempt.number, picture.media_type)
        try:
            await _storage_retry(files.write, name, picture.content)
        except Exception as error:
            # What was written occupies space. If this fails too, the reconciler removes it.
            with contextlib.suppress(Exception):
                await asyncio.to_thread(files.remove, self.image_id, attempt=self.attempt.number)
            raise StorageFull from error
        return name


async def _prepare(take: Callable[[], bytes], image: Image) -> Picture:
    return await asyncio.get_running_loop().run_in_executor(_preparing, _prepare_blocking, take, image)


def _prepare_blocking(take: Callable[[], bytes], image: Image) -> Picture:
    is_transparent = image.background == "transparent"
    return raster.prepare(take(), image.aspect_ratio, output_format=image.output_format, transparent=is_transparent)


def _server(model: CatalogueModel) -> Server | None:
    return Server(model.base_url, model.key_variable, model.parameters) if model.base_url else None


def _begin(image_id: uuid.UUID) -> tuple[Attempt, CatalogueModel | None, Provider | None] | None:
    """Claim an image, and return the attempt with the image's model and provider; None if it can't be claimed."""
    model = CatalogueModel.objects.find_of_image(image_id)
    provider = registry.provider_for(model) if model else None
    attempt = attempts.claim(image_id, counts_call=provider is not None)
    return (attempt, model, provider) if attempt else None


def _leftover_picture(image: Image) -> Picture | None:
    for name in files.leftover_pictures(image.id):
        try:
            return _prepare_blocking(functools.partial(files.read, name), image)
        except (InvalidPicture, FileNotFoundError):
            # Damaged, or removed meanwhile.
            continue
    return None


async def _storage_retry(
    function: Callable[Parameters, Result], *arguments: Parameters.args, **keywords: Parameters.kwargs
) -> Result:
    """Run storage work in a thread until it succeeds; the timeout around the whole attempt limits the retries.

    Raises:
        Exception: The error of storage that stayed full, see `files.is_full`.
        GenerationFailed: The function's own.
    """
    retrying = tenacity.AsyncRetrying(
        stop=_stays_full,
        reraise=True,
        wait=tenacity.wait_random_exponential(multiplier=0.5, max=STORAGE_PAUSE_MAX_SECONDS),
        retry=tenacity.retry_if_not_exception_type(GenerationFailed),
        before_sleep=tenacity.before_sleep_log(logger, logging.WARNING),
    )
    return await retrying(asyncio.to_thread, function, *arguments, **keywords)


def _stays_full(state: tenacity.RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    return files.is_full(error) and tenacity.stop_before_delay(STORAGE_FULL_MAX_SECONDS)(state)


async def _db_retry(
    function: Callable[Parameters, Result], *arguments: Parameters.args, **keywords: Parameters.kwargs
) -> Result:
    """Run database work in a thread, and repeat it while the database is unavailable."""
    retrying = tenacity.AsyncRetrying(
        wait=tenacity.wait_random_exponential(multiplier=0.2, max=DATABASE_PAUSE_MAX_SECONDS),
        stop=tenacity.stop_after_delay(DATABASE_RETRY_MAX_SECONDS),
        retry=tenacity.retry_if_exception_type((OperationalError, InterfaceError, PoolTimeout)),
        reraise=True,
    )
    return await retrying(database.run_blocking, function, *arguments, **keywords)


async def _call_and_measure(provider: Provider, request: PictureRequest, provider_id: str) -> ProviderPicture:
    """Call a provider in a span of the trace, and count the call's outcome and duration."""
    # The outcome stays "cut off" if the call is cancelled or ends in an unexpected exception.
    started_at, outcome = time.perf_counter(), "cut off"
    try:
        with tracing.span("call provider", kind=SpanKind.CLIENT, attributes={"provider": provider_id}):
            picture = await provider(request)
        outcome = "ok"
    except GenerationFailed as failure:
        outcome = failure.code
        raise
    finally:
        metrics.provider_calls.labels(provider_id, outcome).inc()
        metrics.provider_seconds.labels(provider_id).observe(time.perf_counter() - started_at)
    return picture
