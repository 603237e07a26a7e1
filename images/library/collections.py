"""Collections: create, rename and delete them, and add images to them."""

import uuid
from collections.abc import Callable
from typing import Final, TypeVar

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Lower

from accounts.authentication import Caller
from images import generation
from images.exceptions import CollectionExists, CollectionNotFound, TooManyCollections
from images.library.schemas import CollectionListResult, CollectionResult
from images.library.selection import Selection
from images.models import Collection, CollectionImage

Result = TypeVar("Result")

# A list shows all of them.
COLLECTIONS_MAX: Final = 200


def find(caller: Caller, collection_id: str | uuid.UUID) -> Collection:
    """Return one of the caller's collections.

    Raises:
        CollectionNotFound: The caller has no collection with this id.
    """
    collection = Collection.objects.filter(user_id=caller.user_id, pk=collection_id).first()
    if collection is None:
        raise CollectionNotFound
    return collection


def names(user_id: uuid.UUID) -> list[Collection]:
    """Return the user's collections, sorted by name."""
    return list(Collection.objects.filter(user_id=user_id).order_by(Lower("name")))


def list_all(caller: Caller) -> CollectionListResult:
    """Return the caller's collections with the number of images in each, sorted by name."""
    rows = _with_counts(caller).order_by(Lower("name"))
    return CollectionListResult(collections=[_result(row) for row in rows])


def get(caller: Caller, collection_id: str | uuid.UUID) -> CollectionResult:
    """Return one collection with the number of images in it.

    Raises:
        CollectionNotFound: The caller has no collection with this id.
    """
    return _result(_with_counts(caller).get(pk=find(caller, collection_id).pk))


def create(caller: Caller, name: str) -> CollectionResult:
    """Create an empty collection.

    Raises:
        CollectionExists: The caller has a collection with this name.
        TooManyCollections: The caller has COLLECTIONS_MAX collections.
    """
    if Collection.objects.filter(user_id=caller.user_id).count() >= COLLECTIONS_MAX:
        raise TooManyCollections(COLLECTIONS_MAX)
    collection = _unless_name_exists(lambda: Collection.objects.create(user_id=caller.user_id, name=name))
    return CollectionResult(id=collection.pk, name=name, image_count=0, created_at=collection.created_at)


def find_or_create(caller: Caller, name: str) -> Collection:
    """Return the caller's collection with this name, which is created if there is none; errors as in `create`."""
    existing = Collection.objects.annotate(lower=Lower("name")).filter(user_id=caller.user_id, lower=Lower(Value(name)))
    return existing.first() or find(caller, create(caller, name).id)


def rename(caller: Caller, collection_id: str | uuid.UUID, name: str) -> CollectionResult:
    """Rename a collection.

    Raises:
        CollectionNotFound: The caller has no collection with this id.
        CollectionExists: The caller has another collection with this name.
    """
    own = Collection.objects.filter(pk=find(caller, collection_id).pk)
    _unless_name_exists(lambda: own.update(name=name))
    return get(caller, collection_id)


def delete(caller: Caller, collection_id: str | uuid.UUID) -> None:
    """Delete a collection; its images remain.

    Raises:
        CollectionNotFound: The caller has no collection with this id.
    """
    find(caller, collection_id).delete()


def add(caller: Caller, collection_id: str | uuid.UUID, image_id: str | uuid.UUID) -> None:
    """Add an image to a collection; no change if it is already there.

    Raises:
        CollectionNotFound: The caller has no such collection.
        ImageNotFound: The caller has no such image.
    """
    add_all(find(caller, collection_id), Selection.of_ids(caller, [generation.find(caller, image_id).pk]))


def remove(caller: Caller, collection_id: str | uuid.UUID, image_id: str | uuid.UUID) -> None:
    """Remove an image from a collection; no change if it is not there. Errors as in `add`."""
    collection, image = find(caller, collection_id), generation.find(caller, image_id)
    CollectionImage.objects.filter(collection=collection, image=image).delete()


def add_all(collection: Collection, selection: Selection) -> int:
    """Add the selected images to a collection of the same user; return how many were not there before."""
    selected, parameters = selection.images().order_by().values("pk").query.sql_with_params()
    statement = f"""
        INSERT INTO images_collectionimage (collection_id, image_id)
        SELECT %s, selected.id FROM ({selected}) AS selected (id)
        ON CONFLICT DO NOTHING
    """  # noqa: S608 - the ORM wrote the inner query
    with connection.cursor() as cursor:
        cursor.execute(statement, [collection.pk, *parameters])
        return int(cursor.rowcount)


def remove_all(collection: Collection, selection: Selection) -> int:
    """Remove the selected images from a collection; return how many were in it."""
    entries = CollectionImage.objects.filter(collection=collection, image__in=selection.images().values("pk"))
    return entries.delete()[0]


def _with_counts(caller: Caller) -> QuerySet[Collection]:
    in_gallery = Count("entries", filter=Q(entries__image__deleted_at=None))
    return Collection.objects.filter(user_id=caller.user_id).annotate(image_count=in_gallery)


def _result(collection: Collection) -> CollectionResult:
    return CollectionResult(**{name: getattr(collection, name) for name in CollectionResult.model_fields})


def _unless_name_exists(write: Callable[[], Result]) -> Result:
    try:
        # A savepoint keeps the caller's transaction usable after the unique index has refused the name.
        with transaction.atomic():
            return write()
    except IntegrityError as error:
        raise CollectionExists from error
