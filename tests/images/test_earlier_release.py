"""What processes of an earlier release write: images without options, and uploads without a thumbnail."""

import pytest
from django.db import connection

from accounts.models import User
from images.models import Image, Upload
from tests.concurrency import eventually
from tests.factories import queued_image
from tests.images.providers.stand_in import ProviderStandIn
from tests.worker_thread import WorkerThread


@pytest.mark.django_db(transaction=True)
def test_an_image_without_options_is_generated_with_the_defaults(alice: User, provider: ProviderStandIn) -> None:
    queued_image(alice)
    Image.objects.update(quality=None, resolution=None)
    worker = WorkerThread().start()
    try:
        eventually(lambda: not Image.objects.unfinished().exists())
    finally:
        worker.stop()
    (received,) = provider.requests
    assert (received.body["quality"], received.body["size"]) == ("medium", "1024x1024")


@pytest.mark.django_db
def test_an_upload_is_inserted_without_the_column_of_the_thumbnail(alice: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO images_upload (id, user_id, created_at, expires_at, sha256, media_type, file_name, attempts)
            VALUES (gen_random_uuid(), %s, now(), now(), '', '', '', 0)
            """,
            [alice.pk],
        )
    assert Upload.objects.get().thumbnail_name == ""
