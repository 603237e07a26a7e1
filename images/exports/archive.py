"""The content of an export: account, keys, apps, webhooks, purchases, ledger, images, collections, uploads, pictures.

Rows and pictures are written in pages and chunks, so that memory does not grow with the account.
"""

import csv
import io
import json
import tempfile
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, QuerySet

from accounts.models import ApiKey, User
from accounts.oauth import connections
from billing.models import CreditAccount, LedgerEntry, Purchase
from images.models import Collection, Image, Upload, WebhookEndpoint
from images.storage import files
from infrastructure.csv_export import escape_formula

PAGE = 200
LEDGER_FIELDS = ("id", "created_at", "type", "amount", "balance_after", "description", "reference_id", "api_key_id")
IMAGE_FIELDS = (
    *("id", "status", "created_at", "finished_at", "prompt", "style", "model_id", "provider_id", "aspect_ratio"),
    *("thinking_level", "resolution", "quality", "background", "output_format", "credit_cost"),
    *("error_code", "error_message", "media_type", "width", "height", "byte_size", "has_content_credentials"),
    *("api_key_name", "client", "favourited_at"),
)
SOURCE_FIELDS = ("source_id", "role", "sha256")
UPLOAD_FIELDS = ("id", "created_at", "expires_at", "media_type", "width", "height", "byte_size", "sha256")
PURCHASE_FIELDS = (
    *("id", "credits", "price_cents", "status", "created_at", "paid_at", "paid_with", "refunded_cents"),
    "dispute",
)
LIMIT_FIELDS = ("id", "name", "monthly_credit_cap", "confirm_above", "allowed_models", "created_at")
KEY_USAGE_FIELDS = ("revoked_at", "last_used_at", "last_used_address", "last_used_client")
KEY_FIELDS = (*LIMIT_FIELDS, "last_four", "expires_at", *KEY_USAGE_FIELDS)
CONNECTION_FIELDS = (*LIMIT_FIELDS, "client_id", "client__name", *KEY_USAGE_FIELDS)

# The secrets are left out: a copy of the ZIP must not let anyone sign events.
WEBHOOK_FIELDS = (
    *("id", "url", "description", "event_types", "created_at", "enabled", "disabled_at", "disabled_reason"),
    "failing_since",
)


class ExportInterrupted(Exception):
    """The worker is about to stop; another one starts the export over."""


def write(user_id: uuid.UUID, target: IO[bytes], *, is_interrupted: Callable[[], bool]) -> int:
    """Write the user's ZIP into a file and return its size in bytes.

    Raises:
        ExportInterrupted: is_interrupted returned true between two pictures.
    """
    user = User.objects.get(pk=user_id)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("account.json", _json(_account(user)))
        keys = ApiKey.objects.filter(user=user).order_by("created_at")
        archive.writestr("keys.json", _json(list(keys.filter(client=None).values(*KEY_FIELDS))))
        archive.writestr("connected_apps.json", _json(_connections(keys.exclude(client=None))))
        webhooks = WebhookEndpoint.objects.owned_by(user.pk).order_by("created_at")
        archive.writestr("webhooks.json", _json(list(webhooks.values(*WEBHOOK_FIELDS))))
        archive.writestr("purchases.json", _json(_purchases(user)))
        _write_ledger(archive, user)
        _write_images(archive, user, is_interrupted)
        _write_collections(archive, user)
        _write_uploads(archive, user, is_interrupted)
    target.flush()
    size = target.tell()
    target.seek(0)
    return size


def _account(user: User) -> dict[str, Any]:
    balance = CreditAccount.objects.values_list("balance", flat=True).get(user=user)
    return {
        "id": user.id,
        "email": user.email,
        "joined": user.date_joined,
        "last_sign_in": user.last_login,
        "credit_balance": balance,
        "addresses": list(EmailAddress.objects.filter(user=user).values("email", "verified", "primary")),
        "second_factors": list(Authenticator.objects.filter(user=user).values("type", "created_at", "last_used_at")),
    }


def _purchases(user: User) -> list[dict[str, Any]]:
    purchases = Purchase.objects.filter(account__user=user).order_by("created_at")
    # The file's format keeps the field's first name.
    return list(purchases.values(*PURCHASE_FIELDS, credits_taken_back=F("credits_clawed_back")))


def _connections(keys: QuerySet[ApiKey]) -> list[dict[str, Any]]:
    """Return the connected apps with the scopes that each has now."""
    scopes = connections.granted_scopes(keys)
    return [{**row, "scopes": sorted(scopes.get(row["id"], ()))} for row in keys.values(*CONNECTION_FIELDS)]


def _write_ledger(archive: zipfile.ZipFile, user: User) -> None:
    entries = LedgerEntry.objects.filter(account__user=user).values(*LEDGER_FIELDS, "position")
    with _open_text(archive, "ledger.csv", encoding="utf-8-sig") as file:
        rows = csv.DictWriter(file, LEDGER_FIELDS, extrasaction="ignore")
        rows.writeheader()
        rows.writerows({**row, "description": escape_formula(row["description"])} for row in _pages_of(entries))
    with _open_text(archive, "ledger.json") as file:
        _write_list(file, ({name: entry[name] for name in LEDGER_FIELDS} for entry in _pages_of(entries)))


def _pages_of(entries: Any) -> Iterator[dict[str, Any]]:
    position = 0
    while page := list(entries.filter(position__gt=position).order_by("position")[:PAGE]):
        yield from page
        position = page[-1]["position"]


def _write_images(archive: zipfile.ZipFile, user: User, is_interrupted: Callable[[], bool]) -> None:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as image_list:
        _write_list(image_list, _write_pictures(archive, user, is_interrupted))
        image_list.seek(0)
        # A ZIP file is written one member at a time, so the list is appended after the pictures.
        with _open_text(archive, "images.json") as file:
            while chunk := image_list.read(files.CHUNK_BYTES):
                file.write(chunk)


def _write_pictures(
    archive: zipfile.ZipFile, user: User, is_interrupted: Callable[[], bool]
) -> Iterator[dict[str, Any]]:
    """Copy the pictures into the ZIP, and yield the fields of each image with its file's name there."""
    images = Image.objects.owned_by(user.id).prefetch_related("sources").order_by("id")
    last: uuid.UUID | None = None
    while page := list((images.filter(id__gt=last) if last else images)[:PAGE]):
        for image in page:
            if is_interrupted():
                raise ExportInterrupted
            sources = [{name: getattr(source, name) for name in SOURCE_FIELDS} for source in image.sources.all()]
            fields = {name: getattr(image, name) for name in IMAGE_FIELDS}
            yield {**fields, "sources": sources, "file": _write_picture(archive, "images", image, image.picture_name)}
        last = page[-1].id


def _write_collections(archive: zipfile.ZipFile, user: User) -> None:
    """Write each collection with the ids of its images that are not deleted."""
    with _open_text(archive, "collections.json") as file:
        collections = Collection.objects.filter(user=user).order_by("created_at", "id")
        _write_list(file, map(_collection, collections))


def _collection(collection: Collection) -> dict[str, Any]:
    entries = collection.entries.filter(image__deleted_at=None).order_by("image_id")
    return {
        "id": collection.id,
        "name": collection.name,
        "created_at": collection.created_at,
        "images": list(entries.values_list("image_id", flat=True)),
    }


def _write_uploads(archive: zipfile.ZipFile, user: User, is_interrupted: Callable[[], bool]) -> None:
    """Copy the pictures of the uploads, of which a user has few, and write their list."""
    rows = []
    for upload in Upload.objects.filter(user=user).exclude(sha256="").order_by("created_at"):
        if is_interrupted():
            raise ExportInterrupted
        file = _write_picture(archive, "uploads", upload, upload.file_name)
        rows.append({**{name: getattr(upload, name) for name in UPLOAD_FIELDS}, "file": file})
    archive.writestr("uploads.json", _json(rows))


def _write_picture(archive: zipfile.ZipFile, folder: str, picture: Image | Upload, stored_name: str) -> str | None:
    """Copy the picture and return its name in the ZIP, or None if there is none."""
    if not stored_name:
        return None
    chunks = files.chunks(stored_name, 0, picture.byte_size or 0)
    try:
        first = next(chunks, b"")
    except Exception as error:
        if files.is_missing(error):
            return None
        raise
    name = f"{folder}/{picture.id}.{files.EXTENSIONS[picture.media_type]}"
    entry = zipfile.ZipInfo(name, picture.created_at.timetuple()[:6])
    # PNG, JPEG and WebP are compressed already.
    entry.compress_type = zipfile.ZIP_STORED
    entry.file_size = picture.byte_size or 0
    with archive.open(entry, "w") as file:
        file.write(first)
        for chunk in chunks:
            file.write(chunk)
    return name


def _open_text(archive: zipfile.ZipFile, name: str, encoding: str = "utf-8") -> io.TextIOWrapper:
    return io.TextIOWrapper(archive.open(name, "w", force_zip64=True), encoding=encoding, newline="")


def _write_list(file: Any, items: Iterable[dict[str, Any]]) -> None:
    separator = "[\n"
    for item in items:
        file.write(separator + _json(item))
        separator = ",\n"
    file.write("\n]\n" if separator != "[\n" else "[]\n")


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
