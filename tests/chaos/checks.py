"""The invariants after a run; every violation is a fault that names its request or image."""

import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.core.management import call_command
from django.db.models import F

from billing.models import LedgerEntry
from images import audit
from images.failures import SourceDeleted
from images.models import DEADLINE, Image, Upload, WebhookDelivery
from images.providers import MAX_CALLS
from images.storage import files
from tests.chaos.load import Request
from tests.images.webhooks.receiver import Received

# The final status of each case, unless all three provider calls are killed.
EXPECTED_STATUS = {
    "picture": "succeeded",
    "slow": "succeeded",
    "flaky": "succeeded",
    "fail": "failed",
    "garbage": "failed",
    "moderation": "rejected",
}


def faults(requests: Sequence[Request], calls: Path) -> Iterator[str]:
    """Yield every violation."""
    images = {image.idempotency_key: image for image in Image.objects.all()}
    for request in requests:
        yield from request.faults
        yield from _request_faults(request, images.get(request.key))
    for key in images.keys() - {request.key for request in requests}:
        yield f"image {images[key].id} belongs to no request"
    yield from _uploads()
    yield from _overdue()
    yield from _calls(requests, calls)
    yield from _ledger()


def event_faults(received: Sequence[Received]) -> Iterator[str]:
    """Yield every image without exactly one event, and every event that did not arrive or differed between tries."""
    bodies: dict[str, set[bytes]] = defaultdict(set)
    for request in received:
        bodies[request.webhook_id].add(request.body)
    deliveries: dict[object, list[WebhookDelivery]] = defaultdict(list)
    for delivery in WebhookDelivery.objects.all():
        deliveries[delivery.image_id].append(delivery)
    for image in Image.objects.all():
        written = [delivery.event_type for delivery in deliveries[image.pk]]
        if written != [f"image.{image.status}"]:
            yield f"image {image.id} is {image.status} with the events {written}"
        for delivery in deliveries[image.pk]:
            if delivery.status != WebhookDelivery.Status.SUCCEEDED or len(bodies[str(delivery.pk)]) != 1:
                yield f"event {delivery.pk} of image {image.id} is {delivery.status} and has {bodies[str(delivery.pk)]}"


def _request_faults(request: Request, image: Image | None) -> Iterator[str]:
    if image is None:
        yield f"{request.key} has no image"
        return
    if not image.is_final:
        yield f"image {image.id} is still {image.status}"
    if request.ids - {str(image.id)}:
        yield f"{request.key} received the ids {sorted(request.ids)}, but its image is {image.id}"
    if request.finals != {image.status}:
        yield f"{request.key} received the status {sorted(request.finals)}, but its image is {image.status}"
    if not _is_explained(request, image):
        yield f"{request.key} is of the case {request.case}, but is {image.status} after {image.provider_calls} calls"
    yield from _entries(image)
    if image.status == Image.Status.SUCCEEDED:
        yield from _picture(request, image)


def _is_explained(request: Request, image: Image) -> bool:
    if image.status == Image.Status.CANCELLED:
        return request.manner == "cancels"
    if image.error_code == SourceDeleted.code:
        return request.manner == "deletes a source"
    is_exhausted = image.status == Image.Status.FAILED and image.provider_calls == MAX_CALLS
    return is_exhausted or image.status == EXPECTED_STATUS[request.case]


def _entries(image: Image) -> Iterator[str]:
    """Check for one charge, and one refund if there is no picture."""
    entries = list(LedgerEntry.objects.filter(reference_id=image.id).order_by("position").values_list("type", "amount"))
    expected = [("generation", -image.credit_cost)]
    if image.status != Image.Status.SUCCEEDED:
        expected.append(("refund", image.credit_cost))
    if entries != expected:
        yield f"image {image.id} is {image.status} with the entries {entries}"


def _picture(request: Request, image: Image) -> Iterator[str]:
    if not files.backend().exists(image.picture_name):
        yield f"image {image.id} succeeded, but {image.picture_name} does not exist"
        return
    content = files.read(image.picture_name)
    if hashlib.sha256(content).hexdigest() != image.sha256:
        yield f"image {image.id} has another checksum than its stored picture"
    if request.content and request.content != content:
        yield f"image {image.id} was downloaded with other content than is stored"


def _uploads() -> Iterator[str]:
    """Check that every upload has its files, and that no file is left without a row to remove it."""
    uploads = {str(upload.id): upload for upload in Upload.objects.all()}
    for upload in uploads.values():
        if upload.sha256 and hashlib.sha256(files.read(upload.file_name)).hexdigest() != upload.sha256:
            yield f"upload {upload.id} has another checksum than its file"
    for folder in _upload_folders() - uploads.keys():
        yield f"the files of upload {folder} are stored, but it has no row"


def _upload_folders() -> set[str]:
    """Return the ids of uploads with stored files; a folder itself may stay."""
    storage = files.backend()
    if not storage.exists("uploads"):
        return set()
    folders = storage.listdir("uploads")[0]
    return {folder for folder in folders if storage.listdir(f"uploads/{folder}")[1]}


def _overdue() -> Iterator[str]:
    for image in Image.objects.filter(finished_at__gt=F("created_at") + DEADLINE):
        yield f"image {image.id} was finished after its deadline"


def _calls(requests: Sequence[Request], calls: Path) -> Iterator[str]:
    """Check that the provider was not called more often than the rows count: a call is counted before it is made."""
    actual = count_calls(calls)
    counted = dict(Image.objects.values_list("prompt", "provider_calls"))
    for request in requests:
        prompt = request.fields["prompt"]
        if actual[prompt] > min(MAX_CALLS, counted.get(prompt, 0)):
            yield f"{request.key} caused {actual[prompt]} provider calls, but {counted.get(prompt, 0)} are counted"


def count_calls(calls: Path) -> Counter[str]:
    """Return how often the provider was called for each prompt."""
    return Counter(calls.read_text().splitlines()) if calls.exists() else Counter()


def _ledger() -> Iterator[str]:
    for breach in audit.breaches():
        yield f"ledger: {breach.subject}: {breach.problem} (rule: {breach.rule})"
    try:
        call_command("audit_ledger", stdout=io.StringIO())
    except SystemExit as error:
        yield f"audit_ledger ended with status {error.code}"
