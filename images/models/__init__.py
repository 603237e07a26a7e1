"""Database models of the catalogue, images, collections, uploads, exports and operations."""

from images.models.catalogue import CatalogueModel, CatalogueQuerySet, ModelPrice
from images.models.collections import Collection, CollectionImage
from images.models.exports import Export
from images.models.images import DEADLINE, Image, ImageCount, ImageQuerySet, ImageSource
from images.models.operations import WORKER_MISSING_AFTER, AuditRun, WorkerHeartbeat
from images.models.uploads import Upload

__all__ = [
    "DEADLINE",
    "WORKER_MISSING_AFTER",
    "AuditRun",
    "CatalogueModel",
    "CatalogueQuerySet",
    "Collection",
    "CollectionImage",
    "Export",
    "Image",
    "ImageCount",
    "ImageQuerySet",
    "ImageSource",
    "ModelPrice",
    "Upload",
    "WorkerHeartbeat",
]
