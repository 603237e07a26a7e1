"""What processes of the release before still do: write images and uploads without new columns, and delete accounts."""

import pytest
from django.db import connection

from accounts.models import User
from billing.models import CreditAccount
from images.library import collections
from images.models import Collection, CollectionImage, Image, Upload, WebhookEndpoint
from images.webhooks import removal
from tests.concurrency import eventually
from tests.factories import caller_of, create_webhook, finished_image, queued_image
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


@pytest.mark.django_db
def test_it_deletes_an_account_with_collections_and_webhooks_which_it_does_not_know(alice: User) -> None:
    image, caller = finished_image(alice), caller_of(alice)
    collections.add(caller, collections.create(caller, "Lakes").id, image.pk)
    create_webhook(alice)
    # It sets these to null, as this release does.
    for model in (Image, CreditAccount):
        model.objects.filter(user=alice).update(user=None)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_user WHERE id = %s", [alice.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert (Collection.objects.count(), CollectionImage.objects.count(), Image.objects.count()) == (0, 0, 1)
    removal.remove_expired()
    assert not WebhookEndpoint.objects.exists()
