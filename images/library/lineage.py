"""Lineage: the images that an image was made from, and those that were made from it, over any number of steps."""

import uuid
from typing import Final, LiteralString

from django.db import connection
from django.db.models import prefetch_related_objects

from accounts.authentication import Caller
from images import generation
from images.models import Image
from images.schemas import ImageLineageResult, ImageResult

# More than a page shows; bounds the work for an image with a very large lineage.
IMAGES_MAX: Final = 200

# Each id is visited once. A source is older than what was made from it, so that the order is that of the steps.
RELATIVES: Final[LiteralString] = """
WITH RECURSIVE ancestors (id) AS (
    SELECT s.source_image_id FROM images_imagesource s WHERE s.image_id = %(id)s AND s.source_image_id IS NOT NULL
    UNION
    SELECT s.source_image_id FROM ancestors a
    JOIN images_imagesource s ON s.image_id = a.id AND s.source_image_id IS NOT NULL
), descendants (id) AS (
    SELECT s.image_id FROM images_imagesource s WHERE s.source_image_id = %(id)s
    UNION
    SELECT s.image_id FROM descendants d JOIN images_imagesource s ON s.source_image_id = d.id
)
(
    SELECT i.id, true AS is_ancestor
    FROM ancestors a JOIN images_image i ON i.id = a.id AND i.user_id = %(user)s AND i.deleted_at IS NULL
    ORDER BY i.created_at DESC, i.id DESC LIMIT %(limit)s
) UNION ALL (
    SELECT i.id, false
    FROM descendants d JOIN images_image i ON i.id = d.id AND i.user_id = %(user)s AND i.deleted_at IS NULL
    ORDER BY i.created_at, i.id LIMIT %(limit)s
)
"""


def lineage(caller: Caller, image_id: str) -> ImageLineageResult:
    """Return the ancestors and the descendants of an image, the nearest first.

    Raises:
        ImageNotFound: The caller has no image with this id.
    """
    ancestors, descendants = relatives(caller, generation.find(caller, image_id))
    prefetch_related_objects([*ancestors, *descendants], "sources")
    return ImageLineageResult(
        ancestors=[ImageResult.of(ancestor) for ancestor in ancestors],
        descendants=[ImageResult.of(descendant) for descendant in descendants],
    )


def relatives(caller: Caller, image: Image) -> tuple[list[Image], list[Image]]:
    """Return the ancestors and the descendants of an image, the nearest first, without their sources."""
    with connection.cursor() as cursor:
        cursor.execute(RELATIVES, {"id": image.pk, "user": image.user_id, "limit": IMAGES_MAX})
        is_ancestor: dict[uuid.UUID, bool] = dict(cursor.fetchall())
    # An image that was deleted meanwhile is missing.
    found = Image.objects.owned_by(caller.user_id).filter(pk__in=is_ancestor).order_by("created_at", "id")
    descendants = [relative for relative in found if not is_ancestor[relative.pk]]
    ancestors = [relative for relative in found if is_ancestor[relative.pk]]
    return ancestors[::-1], descendants
