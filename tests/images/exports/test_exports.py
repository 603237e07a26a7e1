"""A user's export: its content, access to it, and its completion after a worker was killed."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import User
from billing import ledger
from images import generation
from images.exports import archive, lifecycle, runner
from images.models import Export, Image
from images.schemas import EditArguments
from images.storage import files
from images.uploads import uploads
from images.worker import reconciliation
from tests.accounts.oauth.steps import connect, create_client
from tests.concurrency import eventually
from tests.factories import MODEL, caller_of, create_webhook, finished_image, queued_image
from tests.images.upload_files import photo, png
from tests.website.sign_in.steps import verified_user
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db

PAGE = "/dashboard/settings/export"


def created_export(user: User) -> Export:
    """Return an export that was created without a worker."""
    export = lifecycle.request(user)
    attempt = lifecycle.claim(export.id)
    assert attempt is not None
    file = io.BytesIO()
    lifecycle.store(attempt, file, archive.write(user.id, file, is_interrupted=lambda: False))
    export.refresh_from_db()
    return export


def open_archive(user: User) -> zipfile.ZipFile:
    with files.backend().open(created_export(user).file_name) as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


def jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'images.export' AND status = 'todo'")
        return int(cursor.fetchone()[0])


def test_it_contains_the_webhooks_without_their_secrets(alice: User) -> None:
    endpoint, secret = create_webhook(alice, "https://example.com/hooks")
    with open_archive(alice) as exported:
        content = exported.read("webhooks.json").decode()
    assert json.loads(content)[0]["url"] == "https://example.com/hooks"
    assert not [each for each in (secret, endpoint.secret) if each in content]


def test_it_contains_uploads_and_the_sources_of_images(alice: User, bob: User) -> None:
    upload = uploads.store(caller_of(alice), photo())
    uploads.create_ticket(caller_of(alice))
    uploads.store(caller_of(bob), png())
    arguments = {"prompt": "make it night", "modelId": MODEL, "sources": [str(upload.id)]}
    generation.request(caller_of(alice), EditArguments.model_validate(arguments))
    with open_archive(alice) as exported:
        (row,) = json.loads(exported.read("uploads.json"))
        content = exported.read(row["file"])
        (image,) = json.loads(exported.read("images.json"))
    assert (row["id"], row["sha256"], len(content)) == (str(upload.id), upload.sha256, upload.byte_size)
    assert image["sources"] == [{"source_id": str(upload.id), "role": "base", "sha256": upload.sha256}]


def test_it_contains_account_keys_ledger_and_every_picture(alice: User) -> None:
    verified_user(alice)
    secret = api_keys.create(alice, name="Laptop")[1]
    images = [finished_image(alice, "A lake"), finished_image(alice, "A forest"), queued_image(alice)]
    with open_archive(alice) as exported:
        documents = {name: exported.read(name).decode() for name in exported.namelist() if name.endswith("json")}
        rows = list(csv.DictReader(io.StringIO(exported.read("ledger.csv").decode("utf-8-sig"))))
        listed = {row["id"]: row for row in json.loads(documents["images.json"])}
        picture = exported.read(f"images/{images[0].id}.png")
    assert json.loads(documents["account.json"])["email"] == "alice@example.com"
    assert [key["name"] for key in json.loads(documents["keys.json"])] == ["Laptop"]
    assert secret not in "".join(documents.values())
    assert [row["amount"] for row in rows] == ["100", "-5", "-5", "-5"]
    assert [entry["amount"] for entry in json.loads(documents["ledger.json"])] == [100, -5, -5, -5]
    assert listed[str(images[1].id)]["prompt"] == "A forest"
    assert listed[str(images[2].id)]["file"] is None
    assert picture == files.read(images[0].picture_name)


def test_connected_apps_are_listed_apart_from_the_keys(alice: User) -> None:
    api_keys.create(alice, name="Laptop")
    client = create_client("Studio app")
    tokens = connect(alice, client, name="My studio", monthly_credit_cap=7)
    with open_archive(alice) as exported:
        content = exported.read("connected_apps.json").decode()
        keys = json.loads(exported.read("keys.json"))
    (app,) = json.loads(content)
    assert [key["name"] for key in keys] == ["Laptop"]
    assert (app["name"], app["client__name"], app["client_id"]) == ("My studio", "Studio app", client.pk)
    assert (app["monthly_credit_cap"], app["scopes"]) == (7, ["images:generate", "images:read"])
    assert "last_four" not in app
    assert tokens.access_token not in content


def test_pictures_are_not_compressed_again(alice: User) -> None:
    image = finished_image(alice)
    with open_archive(alice) as exported:
        assert exported.getinfo(f"images/{image.id}.png").compress_type == zipfile.ZIP_STORED


def test_a_picture_whose_file_is_gone_is_listed_without_it(alice: User) -> None:
    image = finished_image(alice)
    files.remove(image.id)
    with open_archive(alice) as exported:
        assert json.loads(exported.read("images.json"))[0]["file"] is None


def test_it_contains_nothing_of_another_user(alice: User, bob: User) -> None:
    finished_image(bob, "Bob's garden")
    with open_archive(alice) as exported:
        assert b"Bob" not in b"".join(exported.read(name) for name in exported.namelist())


def test_it_contains_more_than_a_page_of_everything(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PAGE", 2)
    for _ in range(5):
        queued_image(alice)
    with open_archive(alice) as exported:
        assert len(json.loads(exported.read("images.json"))) == 5
        assert len(json.loads(exported.read("ledger.json"))) == 6


def test_a_second_request_returns_the_unfinished_export(alice: User) -> None:
    assert lifecycle.request(alice) == lifecycle.request(alice)
    assert jobs() == 1


def test_a_new_export_replaces_the_old_one(alice: User) -> None:
    old = created_export(alice)
    new = lifecycle.request(alice)
    reconciliation.reconcile()
    assert list(Export.objects.all()) == [new]
    assert not files.backend().exists(old.file_name)


def test_it_is_removed_after_a_week(alice: User) -> None:
    export = created_export(alice)
    assert export.expires_at is not None
    assert abs(export.expires_at - timezone.now() - timedelta(days=7)) < timedelta(minutes=5)
    Export.objects.update(expires_at=timezone.now())
    reconciliation.reconcile()
    assert not files.backend().exists(export.file_name)
    assert not Export.objects.exists()


def test_an_export_of_a_killed_worker_starts_over(alice: User) -> None:
    export = lifecycle.request(alice)
    first = lifecycle.claim(export.id)
    assert first is not None
    assert lifecycle.claim(export.id) is None
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    past = timezone.now() - timedelta(minutes=1)
    Export.objects.update(lease_expires_at=past, asked_at=past)
    reconciliation.reconcile()
    assert jobs() == 1
    second = lifecycle.claim(export.id)
    assert second is not None
    assert not lifecycle.store(first, io.BytesIO(b"late"), 4)
    assert lifecycle.store(second, io.BytesIO(b"zip"), 3)
    export.refresh_from_db()
    assert files.read(export.file_name) == b"zip"
    assert not files.backend().exists(export.file_name_of(first.number))


def test_it_fails_after_five_attempts(client: Client, alice: User) -> None:
    export = lifecycle.request(alice)
    for _ in range(lifecycle.MAX_ATTEMPTS):
        assert lifecycle.claim(export.id)
        Export.objects.update(lease_expires_at=None)
    assert lifecycle.claim(export.id) is None
    client.force_login(alice)
    assert "Export failed" in client.get(PAGE).content.decode()


def test_a_worker_that_stops_interrupts_it(alice: User) -> None:
    finished_image(alice)
    with pytest.raises(archive.ExportInterrupted):
        archive.write(alice.id, io.BytesIO(), is_interrupted=lambda: True)


def test_its_email_is_sent_once(alice: User) -> None:
    export = created_export(alice)
    lifecycle.send_ready_email(export.id)
    lifecycle.send_ready_email(export.id)
    assert [message.to for message in mail.outbox] == [[alice.email]]
    assert f"{PAGE}\n" in mail.outbox[0].body


def test_an_email_that_was_not_sent_is_sent_later(alice: User) -> None:
    created_export(alice)
    Export.objects.update(ready_at=timezone.now() - timedelta(minutes=2))
    reconciliation.reconcile()
    reconciliation.reconcile()
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_only_its_owner_may_download_it(client: Client, alice: User, bob: User) -> None:
    address = f"{PAGE}/{created_export(alice).id}.zip"
    assert client.get(address).headers["Location"].startswith("/accounts/login/")
    client.force_login(bob)
    assert client.get(address).status_code == 404
    client.force_login(alice)
    assert client.get(address).status_code == 200


def test_the_settings_page_shows_its_status(client: Client, alice: User) -> None:
    client.force_login(alice)
    client.post(PAGE)
    assert "In progress" in client.get("/dashboard/settings/").content.decode()
    export = Export.objects.get()
    attempt = lifecycle.claim(export.id)
    assert attempt is not None
    lifecycle.store(attempt, io.BytesIO(b"zip"), 3)
    assert f"{PAGE}/{export.id}.zip" in client.get("/dashboard/settings/").content.decode()


@pytest.fixture
def alices_image(transactional_db: None, alice: User) -> Image:
    """An image that was finished before the worker started, which would claim it otherwise."""
    return finished_image(alice)


@pytest.mark.django_db(transaction=True)
def test_a_worker_creates_it_and_the_owner_downloads_it(
    alice: User, alices_image: Image, worker: WorkerThread, client: Client
) -> None:
    client.force_login(alice)
    client.post(PAGE)
    export = eventually(lambda: Export.objects.filter(mailed_at__isnull=False).first())
    response = client.get(f"{PAGE}/{export.id}.zip")
    assert response.headers["Content-Disposition"].startswith("attachment; filename=")
    assert response.headers["Cache-Control"] == "private, no-store"
    with zipfile.ZipFile(io.BytesIO(async_to_sync(read)(response))) as exported:
        assert f"images/{alices_image.id}.png" in exported.namelist()


@pytest.mark.django_db(transaction=True)
def test_an_export_with_a_current_lease_is_not_claimed_again(alice: User) -> None:
    export = lifecycle.request(alice)
    assert lifecycle.claim(export.id)
    async_to_sync(runner.run)(export.id)
    assert Export.objects.get().attempt == 1


async def read(response: Any) -> bytes:
    return b"".join([chunk async for chunk in response.streaming_content])


def test_the_ledger_file_is_safe_to_open_in_a_spreadsheet(alice: User) -> None:
    ledger.grant(alice.pk, amount=1, reason="=1+1")
    with open_archive(alice) as exported:
        content = exported.read("ledger.csv").decode()
    assert content.startswith("\ufeffid,")
    assert ",'=1+1," in content


def test_the_images_name_their_key_and_client(alice: User) -> None:
    image = queued_image(alice)
    Image.objects.filter(pk=image.pk).update(api_key_name="Laptop", client="claude-code/2.1.4")
    with open_archive(alice) as exported:
        facts = json.loads(exported.read("images.json"))
    assert [(fact["api_key_name"], fact["client"]) for fact in facts] == [("Laptop", "claude-code/2.1.4")]
