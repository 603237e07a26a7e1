"""The view of POST images/edits: its files become uploads of the caller, from which images are requested."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponseBase
from rest_framework.request import Request

from api import request_parsing
from api.openai_compatible import edit_form, model_list
from api.openai_compatible.arguments import EditFormArguments
from api.openai_compatible.edit_form import EditForm
from api.openai_compatible.generations import Generations
from images import generation, snapshots
from images.models import Upload
from images.schemas import EditArguments
from images.snapshots import ImageSnapshot
from images.uploads import intake, uploads
from infrastructure import database
from infrastructure.http import request_headers
from infrastructure.schemas import NoArguments, parse

logger = logging.getLogger(__name__)


class Disconnected(Exception):
    """The client has closed the connection before the images were charged."""


class Edits(Generations):
    """`POST images/edits`."""

    is_disconnected = False

    async def post(self, request: Request) -> HttpResponseBase:
        parse(NoArguments, request_parsing.query_fields(request))
        header = {"Idempotency-Key": request_headers.single_value(request, "Idempotency-Key")}
        async with _opened(request) as form:
            fields = request_parsing.merge_fields(form.fields, header)
            arguments = parse(EditFormArguments, fields, strict=False)
            # With ids in place of those of the uploads, until everything else is checked.
            edit = await database.run_blocking(_edit_request, arguments, form)
            requested = await self._replayed(form, edit, arguments)
            if not requested:
                await database.run_blocking(generation.check, self.caller, edit, arguments.n)
                requested = await self._store_and_charge(form, edit, arguments)
        return await self.finish(requested, arguments)

    async def _replayed(self, form: EditForm, edit: EditArguments, arguments: EditFormArguments) -> list[ImageSnapshot]:
        """Return the images of an earlier request with the same idempotency key, without storing the files."""
        key = arguments.idempotency_key
        if key is None or not await database.run_blocking(generation.is_key_used, self.caller, key):
            return []
        hashes = {
            source_id: await intake.sha256(file.read, field=edit_form.IMAGE)
            for source_id, file in zip(edit.sources, form.images, strict=True)
        }
        if form.mask and edit.mask:
            hashes[edit.mask] = await intake.sha256(form.mask.read, field=edit_form.MASK)
        return await snapshots.find_replayed(self.caller, edit, arguments.n, hashes)

    async def _store_and_charge(
        self, form: EditForm, edit: EditArguments, arguments: EditFormArguments
    ) -> list[ImageSnapshot]:
        work = asyncio.create_task(self._store_then_charge(form, edit, arguments))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            # A thread that stores a file cannot be interrupted, and its upload must be removed.
            self.is_disconnected = True
            await asyncio.wait([work])
            if error := work.exception():
                logger.info("The client of an edit disconnected before the charge: %s", type(error).__name__)
            raise

    async def _store_then_charge(
        self, form: EditForm, edit: EditArguments, arguments: EditFormArguments
    ) -> list[ImageSnapshot]:
        stored: list[Upload] = []
        try:
            for file in form.images:
                await self._store(file, edit_form.IMAGE, stored)
            ids = [str(upload.id) for upload in stored]
            if form.mask:
                await self._store(form.mask, edit_form.MASK, stored)
            mask_id = str(stored[-1].id) if form.mask else None
            sources = {"sources": ids, "mask": mask_id}
            requested = await self.charge(edit.model_copy(update=sources), arguments)
        except Exception:
            await self._remove(stored)
            raise
        if requested[0].replayed:
            # A simultaneous request was first, and the images use its uploads.
            await self._remove(stored)
        return requested

    async def _store(self, file: "UploadedFile[Any]", field: str, stored: list[Upload]) -> None:
        stored.append(await intake.store(self.caller, file.read, field=field))
        if self.is_disconnected:
            raise Disconnected

    async def _remove(self, stored: list[Upload]) -> None:
        for upload in stored:
            try:
                await database.run_blocking(uploads.delete, self.caller, upload.id)
            except Exception:
                # It expires, and the response is about something else.
                logger.exception("An upload of an edit could not be removed.")


@contextlib.asynccontextmanager
async def _opened(request: Request) -> AsyncIterator[EditForm]:
    opened = edit_form.opened(request)
    form = await database.run_blocking(opened.__enter__)
    try:
        yield form
    finally:
        await database.run_blocking(opened.__exit__, None, None, None)


def _edit_request(arguments: EditFormArguments, form: EditForm) -> EditArguments:
    placeholders = [str(uuid.uuid4()) for _ in form.images]
    model = model_list.find(arguments.model)
    return arguments.edit_request(model, placeholders, str(uuid.uuid4()) if form.mask else None)
