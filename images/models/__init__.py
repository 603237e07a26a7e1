"""Database models of the catalogue, images, collections, shares, uploads, exports, webhooks and operations."""

from images.models.catalogue import CatalogueModel, CatalogueQuerySet, ModelPrice
from images.models.collections import Collection, CollectionImage
from images.models.exports import Export
from images.models.images import DEADLINE, Image, ImageCount, ImageQuerySet, ImageSource, SpendSummary
from images.models.operations import WORKER_MISSING_AFTER, AuditRun, WorkerHeartbeat
from images.models.shares import Share
from images.models.uploads import Upload
from images.models.webhooks import WebhookDelivery, WebhookEndpoint, WebhookEvent

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
    "Share",
    "SpendSummary",
    "Upload",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
    "WorkerHeartbeat",
]
