"""Collections: named sets of a user's images. An image may be in several."""

import uuid

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import User
from images.models.images import Image


class Collection(models.Model):
    """A named set of images."""

    NAME_MAX_CHARACTERS = 80

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="collections", db_index=False)
    name = models.CharField(max_length=NAME_MAX_CHARACTERS)
    created_at = models.DateTimeField(default=timezone.now)
    images = models.ManyToManyField(Image, through="CollectionImage", related_name="collections")

    class Meta:
        constraints = [
            # People find a collection by its name. The index also serves the order of lists.
            models.UniqueConstraint("user", Lower("name"), name="images_collection_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class CollectionImage(models.Model):
    """An image in a collection of the same user."""

    pk = models.CompositePrimaryKey("collection_id", "image_id")
    # The primary key is the index on collection.
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="entries", db_index=False)
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="collection_entries")

    def __str__(self) -> str:
        return f"{self.image_id} in {self.collection_id}"
