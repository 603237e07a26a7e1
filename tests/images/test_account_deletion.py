"""Account deletion: what is erased, what remains, and that the audit passes."""

import io
from typing import Any

import httpx2
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from psycopg import sql

from accounts import api_keys, deletion
from accounts.models import ApiKey, AuthorizationCode, OAuthClient, OAuthToken, User
from accounts.oauth.errors import OAuthError
from billing.models import LedgerEntry
from images import audit, generation
from images.exceptions import UploadExpired
from images.exports import lifecycle
from images.models import Export, Image, ImageCount, SpendSummary, Upload
from images.pictures.raster import prepare
from images.schemas import EditArguments
from images.storage import files
from images.uploads import uploads
from images.worker import attempts, reconciliation
from tests.accounts.oauth.steps import connect, create_client, new_code, refresh
from tests.factories import MODEL, caller_of, encoded_picture, finished_image, queued_image
from tests.images.upload_files import png
from tests.website.sign_in.steps import sign_in_and_reauthenticate, verified_user

pytestmark = pytest.mark.django_db

PAGE = "/dashboard/settings/delete/"


@pytest.fixture
def run_on_commit(django_capture_on_commit_callbacks: Any) -> Any:
    """Run the on_commit functions, which a test's own transaction never reaches."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def signed_in(client: Client, alice: User) -> Client:
    sign_in_and_reauthenticate(client, alice)
    return client


def test_the_page_lists_what_is_deleted(signed_in: Client, alice: User) -> None:
    finished_image(alice)
    queued_image(alice)
    api_keys.create(alice, name="Laptop")
    connect(alice, create_client())
    page = signed_in.get(PAGE).content.decode()
    for words in ("90 unspent credits", "2 images", "including 1 in progress", "1 API key<", "1 connected app<"):
        assert words in page


def test_another_address_deletes_nothing(signed_in: Client, alice: User) -> None:
    page = signed_in.post(PAGE, {"email": "bob@example.com"}).content.decode()
    assert "doesn&#x27;t match your account&#x27;s email address" in page
    assert User.objects.filter(pk=alice.pk).exists()


def test_the_right_email_deletes_the_account(signed_in: Client, alice: User, run_on_commit: Any) -> None:
    with run_on_commit():
        response = signed_in.post(PAGE, {"email": "Alice@example.com"}, headers={"Referer": f"http://testserver{PAGE}"})
    # Without `next`: whoever signs in then must not land on this page.
    assert response.headers["Location"] == "/accounts/login/"
    assert not User.objects.filter(pk=alice.pk).exists()
    assert (mail.outbox[-1].subject, mail.outbox[-1].to) == ("Your account was deleted", [alice.email])
    assert signed_in.get("/dashboard/settings/").status_code == 302


def test_connected_apps_end_with_the_account_and_their_clients_stay(alice: User, run_on_commit: Any) -> None:
    client = create_client()
    pair = connect(alice, client)
    new_code(alice, client)
    with run_on_commit():
        deletion.delete(alice)
    assert not ApiKey.objects.exists()
    assert not OAuthToken.objects.exists()
    assert not AuthorizationCode.objects.exists()
    assert OAuthClient.objects.filter(pk=client.pk).exists()
    with pytest.raises(OAuthError, match="invalid or expired"):
        refresh(client, pair)


def test_personal_data_is_erased(signed_in: Client, alice: User, run_on_commit: Any) -> None:
    api_keys.create(alice, name="Laptop")
    TOTP.activate(alice, generate_totp_secret())
    image = finished_image(alice, "A secret garden")
    lifecycle.request(alice)
    with run_on_commit():
        deletion.delete(alice)
    image.refresh_from_db()
    assert (image.user_id, image.prompt, image.picture_name, image.thumbnail_name) == (None, "", "", "")
    assert not files.leftover_pictures(image.id)
    erased_models = [ApiKey, EmailAddress, Authenticator, Session, ImageCount, SpendSummary]
    assert [model.__name__ for model in erased_models if model.objects.exists()] == []


def test_no_table_contains_the_email_afterwards(alice: User, bob: User) -> None:
    queued_image(alice, "A garden")
    verified_user(alice)
    deletion.delete(alice)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            rows = sql.SQL("SELECT count(*) FROM {} t WHERE t::text ILIKE %s").format(sql.Identifier(table))
            cursor.execute(rows, ["%alice@example.com%"])
            assert cursor.fetchone() == (0,), table


def test_unfinished_images_end_with_a_refund(alice: User) -> None:
    queued, running = queued_image(alice), queued_image(alice)
    attempts.claim(running.id)
    deletion.delete(alice)
    statuses = {image.id: image.status for image in Image.objects.all()}
    assert statuses == {queued.id: "cancelled", running.id: "failed"}
    assert LedgerEntry.objects.filter(type="refund").count() == 2


def test_the_ledger_remains_and_passes_the_audit(alice: User) -> None:
    finished_image(alice)
    queued_image(alice)
    entries = LedgerEntry.objects.count()
    deletion.delete(alice)
    assert LedgerEntry.objects.count() == entries + 1
    assert not list(audit.breaches())
    call_command("audit_ledger", stdout=io.StringIO())


def test_a_late_worker_changes_nothing(alice: User) -> None:
    image = queued_image(alice)
    attempt = attempts.claim(image.id)
    assert attempt is not None
    deletion.delete(alice)
    assert not attempts.succeed(attempt, prepare(encoded_picture(64, 64), "1:1"), picture_name="a")
    image.refresh_from_db()
    assert (image.status, image.picture_name) == ("failed", "")
    assert not list(audit.breaches())


def test_files_of_a_worker_killed_after_the_deletion_are_swept(alice: User) -> None:
    image = queued_image(alice)
    attempts.claim(image.id)
    deletion.delete(alice)
    # The reconciler runs before the worker writes, and again after every attempt must have ended.
    reconciliation.reconcile()
    files.write(files.picture_name(image.id, 1, "image/png"), b"late")
    long_ago = timezone.now() - reconciliation.SWEEP_AFTER * 2
    Image.objects.update(finished_at=long_ago, deleted_at=long_ago)
    reconciliation.reconcile()
    assert not files.leftover_pictures(image.id)


def test_files_are_swept_if_the_process_is_killed_before_removing_them(alice: User) -> None:
    image = finished_image(alice)
    # A test's transaction never commits, so on_commit functions do not run, as if the process had been killed.
    deletion.delete(alice)
    assert files.leftover_pictures(image.id)
    reconciliation.reconcile()
    assert not files.leftover_pictures(image.id)


def test_the_export_is_removed_with_the_account(alice: User) -> None:
    export = lifecycle.request(alice)
    attempt = lifecycle.claim(export.id)
    assert attempt is not None
    lifecycle.store(attempt, io.BytesIO(b"zip"), 3)
    deletion.delete(alice)
    reconciliation.reconcile()
    assert not Export.objects.exists()
    assert not files.backend().exists(export.file_name_of(1))


def test_another_users_images_remain(alice: User, bob: User) -> None:
    image = finished_image(bob)
    deletion.delete(alice)
    assert Image.objects.get(user=bob).picture_name == image.picture_name


@pytest.mark.django_db(transaction=True)
def test_the_api_key_stops_working_at_once(server: Any, alice: User, alices_key: str) -> None:
    deletion.delete(alice)
    response = httpx2.get(f"{server.url}/api/v1/account", headers={"Authorization": f"Bearer {alices_key}"})
    assert (response.status_code, response.json()["code"]) == (401, "invalid_key")


def test_uploads_and_tickets_are_removed_with_the_account_even_those_in_use(alice: User, run_on_commit: Any) -> None:
    used = uploads.store(caller_of(alice), png())
    arguments = {"prompt": "make it night", "modelId": MODEL, "sources": [str(used.id)]}
    generation.request(caller_of(alice), EditArguments.model_validate(arguments))
    uploads.store(caller_of(alice), png(colour="red"))
    ticket = uploads.create_ticket(caller_of(alice))
    with run_on_commit():
        deletion.delete(alice)
    with pytest.raises(UploadExpired):
        uploads.open_ticket(ticket.pk)
    assert uploads.remove_expired() == 3
    assert not Upload.objects.exists()
    assert not files.backend().exists(used.file_name)
