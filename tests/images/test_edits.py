"""Edits: from the sources of a request to the picture, its price and its lineage."""

import io
import shutil
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image as Pillow

from accounts.models import User
from billing.models import LedgerEntry
from images import generation, staff_actions
from images.exceptions import (
    EditsUnsupported,
    IdempotencyConflict,
    ImageNotFound,
    InvalidMask,
    NotReady,
    StorageFailed,
    TooManySources,
    TooManyUploads,
    UnsupportedOption,
    UploadExpired,
)
from images.failures import ProviderFailed
from images.generation import GenerationReceipt
from images.library import lineage
from images.models import CatalogueModel, Image, ImageSource, Upload
from images.pictures import masks
from images.schemas import EditArguments
from images.storage import files
from images.uploads import uploads
from images.worker import attempts
from tests.concurrency import eventually
from tests.factories import balance, caller_of, create_user, finished_image, queued_image
from tests.images.providers.stand_in import ProviderStandIn
from tests.images.upload_files import mask_png, png
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db

GPT, FLASH, OLD = "openai:gpt-image-2", "google:gemini-3.1-flash-image-preview", "google:gemini-2.5-flash-image"


def upload(user: User, content: bytes | None = None) -> str:
    return str(uploads.store(caller_of(user), content or png()).id)


def edit(user: User, *source_ids: str, **fields: Any) -> GenerationReceipt:
    arguments = {"prompt": "make it night", "modelId": GPT, "sources": list(source_ids), **fields}
    return generation.request(caller_of(user), EditArguments.model_validate(arguments))


def test_an_edit_records_its_sources_and_costs_what_a_generation_costs(alice: User) -> None:
    earlier = finished_image(alice)
    reference = upload(alice)
    mask = upload(alice, mask_png(900, 900))
    image = edit(alice, str(earlier.id), reference, mask=mask).image
    assert (image.aspect_ratio, image.credit_cost) == ("auto", 5)
    assert [(source.role, str(source.source_id)) for source in image.sources.all()] == [
        ("base", str(earlier.id)),
        ("reference", reference),
        ("mask", mask),
    ]
    assert image.sources.all()[0].sha256 == earlier.sha256


@pytest.mark.parametrize(("count", "price"), [(1, 5), (4, 5), (5, 6), (8, 6), (9, 7), (12, 7), (13, 8), (14, 8)])
def test_each_further_four_sources_begun_cost_a_credit(alice: User, count: int, price: int) -> None:
    source = upload(alice)
    assert edit(alice, *count * [source]).image.credit_cost == price


def test_sources_of_others_and_unknown_ones_are_not_found(alice: User, bob: User) -> None:
    own, others = upload(alice), [upload(bob), str(finished_image_of(bob).id), str(uuid.uuid4())]
    for other in others:
        # The same words for a picture of another user and for one that does not exist.
        with pytest.raises(ImageNotFound, match=f"has no image or upload with the ID {other}."):
            edit(alice, other)
        with pytest.raises(ImageNotFound, match=f"has no image or upload with the ID {other}."):
            edit(alice, own, mask=other)
    assert balance(alice) == 100


def finished_image_of(user: User) -> Image:
    return finished_image(user)


def test_an_unfinished_source_is_not_ready_and_a_deleted_one_not_found(alice: User) -> None:
    own, queued, deleted = upload(alice), queued_image(alice), finished_image(alice)
    with pytest.raises(NotReady, match=f"The image {queued.id} is queued."):
        edit(alice, own, str(queued.id))
    generation.delete(caller_of(alice), deleted.id)
    with pytest.raises(ImageNotFound, match=f"{deleted.id}"):
        edit(alice, own, str(deleted.id))


def test_a_failed_image_has_no_picture_and_a_ticket_none_yet(alice: User) -> None:
    failed, ticket = queued_image(alice), uploads.create_ticket(caller_of(alice))
    attempts.end(failed.id, ProviderFailed("It broke."))
    with pytest.raises(ImageNotFound, match=f"The image {failed.id} has no picture"):
        edit(alice, str(failed.id))
    with pytest.raises(NotReady, match=f"The picture of upload {ticket.pk} is not uploaded yet."):
        edit(alice, str(ticket.pk))


def test_an_expired_upload_is_refused_but_not_one_in_use(alice: User) -> None:
    expired, used = upload(alice), upload(alice)
    edit(alice, used)
    Upload.objects.update(expires_at=timezone.now())
    with pytest.raises(UploadExpired, match=f"The upload {expired} has expired."):
        edit(alice, used, expired)
    assert edit(alice, used).image.status == "queued"
    assert uploads.remove_expired() == 1
    assert [str(key) for key in Upload.objects.values_list("pk", flat=True)] == [used]


def test_a_model_without_edits_without_masks_or_with_fewer_sources_refuses(alice: User) -> None:
    source, mask = upload(alice), upload(alice, mask_png())
    CatalogueModel.objects.filter(pk="openai:gpt-image-1.5").update(max_sources=0)
    with pytest.raises(EditsUnsupported, match="Models that can: openai:gpt-image-2, "):
        edit(alice, source, modelId="openai:gpt-image-1.5")
    with pytest.raises(TooManySources, match="accepts at most 3 sources"):
        edit(alice, *4 * [source], modelId=OLD)
    with pytest.raises(UnsupportedOption, match=r"accept a mask. .* Models that accept one: openai:gpt-image-2, "):
        edit(alice, source, mask=mask, modelId=FLASH)
    assert balance(alice) == 100


MASKS = {
    "another size": (mask_png(32, 48), "The mask is 32 x 48 pixels, but the first source is 64 x 48"),
    "nothing marked": (png(colour="black"), "The mask marks nothing"),
    "everything marked": (png(colour="white"), "The mask marks everything"),
    "all transparent": (png(colour=(0, 0, 0, 0), mode="RGBA"), "The mask marks everything"),
}


@pytest.mark.parametrize("name", MASKS)
def test_a_mask_is_checked_before_the_charge(alice: User, name: str) -> None:
    content, message = MASKS[name]
    with pytest.raises(InvalidMask, match=message):
        edit(alice, upload(alice), mask=upload(alice, content))
    assert balance(alice) == 100


@pytest.mark.parametrize("alpha", [True, False])
def test_both_kinds_of_masks_become_transparent_where_they_mark(alpha: bool) -> None:
    converted = Pillow.open(io.BytesIO(masks.convert(mask_png(alpha=alpha), (64, 48))))
    assert (converted.mode, converted.size) == ("RGBA", (64, 48))
    assert converted.getchannel("A").getpixel((10, 10)) == 0
    assert converted.getchannel("A").getpixel((50, 10)) == 255


def test_a_mask_of_a_picture_above_4096_pixels_can_have_the_size_to_which_uploads_are_scaled(alice: User) -> None:
    base = finished_image(alice)
    Image.objects.filter(pk=base.pk).update(width=6336, height=2688)
    assert edit(alice, str(base.pk), mask=upload(alice, mask_png(4096, 1738))).image.status == "queued"
    with pytest.raises(InvalidMask, match=r"is 6336 x 2688\. Use 6336 x 2688 or 4096 x 1738 pixels\."):
        edit(alice, str(base.pk), mask=upload(alice, mask_png(2048, 869)))
    converted = Pillow.open(io.BytesIO(masks.convert(mask_png(64, 48), (99, 74))))
    assert (converted.size, converted.getchannel("A").getextrema()) == ((99, 74), (0, 255))


def test_the_same_key_with_another_source_is_a_conflict(alice: User) -> None:
    first, other = upload(alice), upload(alice, png(colour="red"))
    image = edit(alice, first, idempotencyKey="k").image
    assert edit(alice, first, idempotencyKey="k").image.id == image.id
    assert edit(alice, upload(alice), idempotencyKey="k").image.id == image.id
    for sources in ([other], [first, other], [other, first]):
        with pytest.raises(IdempotencyConflict):
            edit(alice, *sources, idempotencyKey="k")
    with pytest.raises(IdempotencyConflict):
        edit(alice, first, mask=upload(alice, mask_png()), idempotencyKey="k")
    assert LedgerEntry.objects.filter(type="generation").count() == 1


def test_a_repeated_request_is_the_same_after_its_source_was_deleted(alice: User) -> None:
    source = upload(alice)
    image = edit(alice, source, idempotencyKey="k").image
    uploads.delete(caller_of(alice), source)
    assert edit(alice, source, idempotencyKey="k").image.id == image.id


@pytest.mark.django_db(transaction=True)
def test_a_source_deleted_while_queued_ends_in_one_refund(alice: User, provider: ProviderStandIn) -> None:
    source, earlier = upload(alice), finished_image(alice)
    before = balance(alice)
    images = [edit(alice, source).image, edit(alice, str(earlier.id)).image]
    uploads.delete(caller_of(alice), source)
    generation.delete(caller_of(alice), earlier.id)
    worker = WorkerThread().start()
    try:
        eventually(lambda: not Image.objects.unfinished().exists())
    finally:
        worker.stop()
    for image in images:
        image.refresh_from_db()
        assert (image.status, image.error_code) == ("failed", "source_deleted")
        (recorded,) = image.sources.all()
        assert str(recorded.source_id) in image.error_message
        assert (recorded.source_image_id, recorded.upload_id, len(recorded.sha256)) == (None, None, 64)
    assert balance(alice) == before
    assert provider.requests == []


def test_lineage_lists_both_directions_nearest_first(alice: User) -> None:
    first = finished_image(alice)
    second = edit(alice, str(first.id)).image
    finish(second)
    third = edit(alice, str(second.id), str(first.id)).image
    result = lineage.lineage(caller_of(alice), str(second.id))
    assert [image.id for image in result.ancestors] == [first.id]
    assert [image.id for image in result.descendants] == [third.id]
    assert {image.id for image in lineage.lineage(caller_of(alice), str(third.id)).ancestors} == {first.id, second.id}
    with pytest.raises(ImageNotFound):
        lineage.lineage(caller_of(alice), str(uuid.uuid4()))


def finish(image: Image) -> None:
    Image.objects.filter(pk=image.pk).update(
        status="succeeded",
        finished_at=timezone.now(),
        picture_name="x",
        thumbnail_name="x",
        byte_size=1,
        media_type="image/png",
        sha256="0" * 64,
        width=64,
        height=48,
    )


def test_a_retry_by_staff_uses_the_same_sources(alice: User) -> None:
    image = edit(alice, upload(alice), mask=upload(alice, mask_png())).image
    attempts.end(image.id, ProviderFailed("It broke."))
    again = staff_actions.retry_image(image.id).image
    recorded = ImageSource.objects.filter(image=again).values_list("role", "sha256")
    assert list(recorded) == list(ImageSource.objects.filter(image=image).values_list("role", "sha256"))


def test_the_file_of_a_used_upload_stays(alice: User) -> None:
    source = upload(alice)
    image = edit(alice, source).image
    Upload.objects.update(expires_at=timezone.now())
    assert uploads.remove_expired() == 0
    assert files.read(Upload.objects.get().file_name)
    attempts.end(image.id, ProviderFailed("It broke."))
    Image.objects.filter(pk=image.pk).erase_content()
    name = Upload.objects.get().file_name
    assert uploads.remove_expired() == 1
    assert not files.backend().exists(name)


def test_an_upload_that_an_image_uses_does_not_count_towards_the_limit(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOADS", 1)
    first = upload(alice)
    with pytest.raises(TooManyUploads):
        upload(alice)
    edit(alice, first)
    assert upload(alice) != first


def test_an_interrupted_removal_is_finished_even_if_an_image_uses_the_upload(alice: User) -> None:
    used = upload(alice)
    edit(alice, used)
    # The process stopped after this step.
    Upload.objects.filter(pk=used).update(user=None)
    with pytest.raises(ImageNotFound):
        uploads.find(caller_of(alice), used)
    assert uploads.remove_expired() == 1
    assert not Upload.objects.exists()
    assert files.backend().listdir(f"uploads/{used}")[1] == []


def test_an_upload_that_cannot_be_removed_does_not_keep_the_others(
    alice: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    stuck, other = upload(alice), upload(alice)
    Upload.objects.update(expires_at=timezone.now())
    folder = Path(settings.MEDIA_ROOT) / "uploads" / stuck
    shutil.rmtree(folder)
    # A file in place of the folder: listing it fails.
    folder.write_bytes(b"")
    assert uploads.remove_expired() == 1
    assert [str(each.pk) for each in Upload.objects.all()] == [stuck]
    assert other


def test_a_mask_that_storage_does_not_return_is_a_retryable_error_but_a_repetition_is_answered(
    alice: User, settings: Any
) -> None:
    source, mask = upload(alice), upload(alice, mask_png())
    first = edit(alice, source, mask=mask, idempotencyKey="once")
    path = Path(settings.MEDIA_ROOT) / Upload.objects.get(pk=mask).file_name
    path.unlink()
    path.mkdir()
    assert edit(alice, source, mask=mask, idempotencyKey="once").image == first.image
    with pytest.raises(StorageFailed):
        edit(alice, source, mask=mask)
    assert balance(alice) == 95


def test_lineage_visits_each_image_once() -> None:
    """Forty generations, each made from the two before it, have billions of paths."""
    carol = create_user("carol@example.com", credits=1000)
    made = [finished_image(carol), finished_image(carol)]
    for _ in range(40):
        made.append(finished_image(carol))
        ImageSource.objects.bulk_create(
            ImageSource(image=made[-1], position=at, role="base", source_id=each.pk, source_image=each, sha256="0")
            for at, each in enumerate(made[-3:-1])
        )
    found = lineage.lineage(caller_of(carol), str(made[-1].pk))
    assert [image.id for image in found.ancestors] == [image.pk for image in made[-2::-1]]
    assert found.descendants == []
