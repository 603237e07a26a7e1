"""Storage that is full, fails or hangs: new images are refused in seconds, and nothing is charged or generated."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import User
from images import audit, generation
from images.exceptions import StorageFailed
from images.models import Image, Upload
from images.schemas import GenerationArguments
from images.storage import files, probe
from images.uploads import tickets, uploads
from images.worker import runner
from tests.concurrency import eventually
from tests.factories import MODEL, balance, caller_of
from tests.faults.storages import Full, Hangs
from tests.images.providers.stand_in import ProviderStandIn
from tests.images.upload_files import png
from tests.mcp_gateway.agent import Agent
from tests.web_server import Server
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["Full", "Hangs", "no room for pictures"])
def _broken(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    if request.param == "no room for pictures":
        monkeypatch.setattr(probe, "FREE_MIN_BYTES", 2**62)
    else:
        use(settings, request.param)
    # Storage hangs until the test ends, so a call that returns did not wait for it.
    Hangs.may_continue.clear()
    yield
    Hangs.may_continue.set()


def use(settings: Any, name: str) -> None:
    pictures = {"BACKEND": f"tests.faults.storages.{name}", "OPTIONS": {"location": settings.MEDIA_ROOT}}
    settings.STORAGES = {**settings.STORAGES, "pictures": pictures}


def arguments(key: str | None = None) -> GenerationArguments:
    fields = {"prompt": "a lake", "modelId": MODEL, "idempotencyKey": key}
    return GenerationArguments.model_validate({name: value for name, value in fields.items() if value})


@pytest.mark.usefixtures("_broken")
def test_a_call_over_rest_fails_while_storage_is_broken(
    server: Server, alice: User, alices_key: str, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    headers = {"Authorization": f"Bearer {alices_key}"}
    body = {"prompt": "a lake", "modelId": MODEL}
    response = httpx2.post(f"{server.url}/api/v1/images", json=body, headers=headers, timeout=90)
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert "can't be stored" in response.text
    assert int(response.headers["Retry-After"]) > 0
    assert (balance(alice), Image.objects.count(), provider.requests) == (100, 0, [])


@pytest.mark.usefixtures("_broken")
def test_a_call_over_mcp_fails_while_storage_is_broken(
    server: Server, alice: User, alices_key: str, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    result = Agent(server.url, alices_key).call("getimages_generate_image", prompt="a lake", modelId=MODEL)
    assert result["isError"]
    assert "can't be stored" in str(result)
    assert (balance(alice), Image.objects.count(), provider.requests) == (100, 0, [])


@pytest.fixture
def _full_for_pictures(settings: Any, monkeypatch: pytest.MonkeyPatch, worker: WorkerThread) -> Iterator[None]:
    """A disk that becomes full after a request was accepted: it has room for the probe's byte, but for no picture."""
    monkeypatch.setattr(Full, "space_bytes", 1)
    monkeypatch.setattr(runner, "STORAGE_FULL_MAX_SECONDS", 1.0)
    use(settings, "Full")
    yield
    # A worker that stops waits for its images.
    Full.space_bytes = 2**30


@pytest.mark.usefixtures("_full_for_pictures")
def test_a_started_image_without_room_is_refunded_over_rest(
    server: Server, alice: User, alices_key: str, provider: ProviderStandIn
) -> None:
    headers = {"Authorization": f"Bearer {alices_key}", "Prefer": "wait=30"}
    body = {"prompt": "a lake", "modelId": MODEL}
    response = httpx2.post(f"{server.url}/api/v1/images", json=body, headers=headers, timeout=90)
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert response.json()["retryable"] is True
    assert int(response.headers["Retry-After"]) > 0
    assert (balance(alice), len(provider.requests)) == (100, 1)


@pytest.mark.usefixtures("_full_for_pictures")
def test_a_started_image_without_room_is_refunded_over_mcp(
    server: Server, alice: User, alices_key: str, provider: ProviderStandIn
) -> None:
    agent = Agent(server.url, alices_key)
    result = agent.call("getimages_generate_image", prompt="a lake", modelId=MODEL, waitSeconds=30)
    error = result["_meta"]["getimages/error"]
    assert (error["code"], error["retryable"]) == ("unavailable", True)
    image = Image.objects.get()
    assert (image.status, image.error_code, balance(alice)) == ("failed", "unavailable", 100)
    assert files.leftover_pictures(image.pk) == []
    assert not list(audit.breaches())


@pytest.mark.parametrize("link", [False, True])
def test_an_upload_without_room_fails_counts_no_longer_and_can_be_repeated(
    server: Server, alice: User, alices_key: str, settings: Any, monkeypatch: pytest.MonkeyPatch, link: bool
) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOADS", 1)
    monkeypatch.setattr(Full, "space_bytes", 1)
    use(settings, "Full")
    url = f"{server.url}/api/v1/uploads"
    headers = {"Authorization": f"Bearer {alices_key}", "Content-Type": "image/png"}
    send = functools.partial(httpx2.post, url, content=png(), headers=headers, timeout=90)
    if link:
        ticket = uploads.create_ticket(caller_of(alice))
        url = server.url + urlsplit(tickets.url(ticket)).path
        send = functools.partial(httpx2.put, url, content=png(), timeout=90)
    response = send()
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert response.json()["retryable"] is True
    monkeypatch.setattr(Full, "space_bytes", 2**30)
    assert send().status_code == 201
    Upload.objects.update(expires_at=timezone.now())
    uploads.remove_expired()
    assert not Upload.objects.exists()
    assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []


def test_a_picture_is_stored_when_space_is_freed_in_time(
    alice: User, provider: ProviderStandIn, settings: Any, monkeypatch: pytest.MonkeyPatch, worker: WorkerThread
) -> None:
    monkeypatch.setattr(Full, "space_bytes", 1)
    monkeypatch.setattr(Full, "failures", 0)
    use(settings, "Full")
    image = generation.request(caller_of(alice), arguments()).image
    eventually(lambda: Full.failures)
    monkeypatch.setattr(Full, "space_bytes", 2**30)
    assert (
        eventually(lambda: Image.objects.filter(pk=image.pk, finished_at__isnull=False).first()).status == "succeeded"
    )
    assert len(provider.requests) == 1


def test_after_a_timeout_further_callers_do_not_wait(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "TIMEOUT_SECONDS", 0.2)
    use(settings, "Hangs")
    Hangs.may_continue.clear()
    Hangs.requested_names.clear()
    try:
        assert not any(probe.is_writable() for _ in range(5))
        assert len(Hangs.requested_names) == 1
    finally:
        Hangs.may_continue.set()


def test_a_started_image_is_still_returned_to_a_retry(alice: User, settings: Any) -> None:
    image = generation.request(caller_of(alice), arguments("once")).image
    use(settings, "Full")
    assert generation.request(caller_of(alice), arguments("once")).image == image
    with pytest.raises(StorageFailed):
        generation.request(caller_of(alice), arguments("another"))


def test_requests_are_accepted_again_soon_after_storage_works(
    alice: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "FAILED_SECONDS", 0.0)
    monkeypatch.setattr(Full, "space_bytes", 0)
    use(settings, "Full")
    with pytest.raises(StorageFailed):
        generation.request(caller_of(alice), arguments())
    monkeypatch.setattr(Full, "space_bytes", 1000)
    assert generation.request(caller_of(alice), arguments()).image


def test_the_probe_leaves_no_file(settings: Any) -> None:
    for name in ("DurableFileStorage", "Full"):
        if name == "Full":
            use(settings, name)
        probe.is_writable()
    assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []


def test_one_write_serves_many_requests(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    save = files.DurableFileStorage._save

    def counted(storage: files.DurableFileStorage, name: str, content: ContentFile[bytes]) -> str:
        names.append(name)
        return save(storage, name, content)

    monkeypatch.setattr(files.DurableFileStorage, "_save", counted)
    assert all(probe.is_writable() for _ in range(20))
    assert len(names) == 1
