"""Images that the release before has enqueued: they have no options, and are generated with the model's own."""

import pytest

from accounts.models import User
from images.models import Image
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
