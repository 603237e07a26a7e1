"""Check whether storage accepts writes, for /readyz and for new image requests.

An image that cannot be stored would hold its caller until the image's deadline, and would cost a call to the provider.
"""

import contextlib
import errno
import logging
import os
import threading
import time
import uuid
from typing import Final

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage

from images.storage import files
from infrastructure.observability.tracebacks import redacted

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS: Final = 3.0
# How long a result is used for further requests, so that few of them wait for storage.
WRITABLE_SECONDS: Final = 10.0
FAILED_SECONDS: Final = 2.0
# Room for a few pictures of the largest size (raster.MAX_BYTES), or for a hundred usual ones that are in progress.
FREE_MIN_BYTES: Final = 256 * 1024 * 1024


def write_and_remove(storage: Storage | None = None) -> None:
    """Write a file of one byte and remove it; also check that a disk has room for pictures.

    Raises:
        Exception: An error of the storage, for example OSError when the disk is full.
    """
    storage = storage or files.backend()
    # One name for all processes would let one remove the file while another one flushes it.
    name = f"probe-{uuid.uuid4().hex}"
    try:
        storage.save(name, ContentFile(b"\0"))
        _require_space(storage)
    except Exception:
        # A full disk still accepts the name of a file without content.
        with contextlib.suppress(Exception):
            storage.delete(name)
        raise
    storage.delete(name)


def is_writable() -> bool:
    """Return whether storage accepts writes.

    Uses the last result unless it is too old. Otherwise it writes, and waits at most TIMEOUT_SECONDS.
    """
    storage = files.backend()
    with _lock:
        probe = _Probe.latest
        if probe is None or probe.storage is not storage or probe.is_outdated:
            probe = _Probe.latest = _Probe(storage)
    return probe.result()


def _require_space(storage: Storage) -> None:
    if not isinstance(storage, FileSystemStorage):
        return
    disk = os.statvfs(storage.location)
    # Some network file systems report no size.
    if disk.f_blocks and disk.f_bavail * disk.f_frsize < FREE_MIN_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), storage.location)


class _Probe:
    """One write, in a thread of its own: a storage that hangs occupies this thread and no other."""

    latest: "_Probe | None" = None

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.started_at = time.monotonic()
        self.succeeded = False
        self._finished = threading.Event()
        threading.Thread(target=self._run, name="storage probe", daemon=True).start()

    @property
    def is_outdated(self) -> bool:
        lifetime_seconds = WRITABLE_SECONDS if self.succeeded else FAILED_SECONDS
        return self._finished.is_set() and time.monotonic() - self.started_at > lifetime_seconds

    def result(self) -> bool:
        """Wait for the write; callers share the timeout of the first one."""
        self._finished.wait(max(0.0, self.started_at + TIMEOUT_SECONDS - time.monotonic()))
        return self.succeeded

    def _run(self) -> None:
        try:
            write_and_remove(self.storage)
            self.succeeded = True
        except Exception as error:
            logger.error("storage accepts no writes: %s", redacted(error))  # noqa: TRY400
        finally:
            self._finished.set()


_lock = threading.Lock()
