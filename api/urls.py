"""URLs of the REST API below /api/v1/."""

from django.urls import path, re_path

from api import account, collections, images, shares, uploads, webhooks
from api.base_view import UnknownEndpoint
from api.openapi.document import Document

urlpatterns = [
    path("images", images.Images.as_view(), name="api-images"),
    path("images/<str:image_id>", images.OneImage.as_view(), name="api-image"),
    path("images/<str:image_id>/cancel", images.Cancellation.as_view(), name="api-cancel"),
    path("images/<str:image_id>/content", images.Content.as_view(), name="api-content"),
    path("images/<str:image_id>/lineage", images.Lineage.as_view(), name="api-lineage"),
    path("images/<str:image_id>/share", shares.OneShare.as_view(), name="api-share"),
    path("images/<str:image_id>/favourite", images.Favourite.as_view(), name="api-favourite"),
    path("collections", collections.Collections.as_view(), name="api-collections"),
    path("collections/<str:collection_id>", collections.OneCollection.as_view(), name="api-collection"),
    path(
        "collections/<str:collection_id>/images/<str:image_id>",
        collections.CollectedImage.as_view(),
        name="api-collected-image",
    ),
    path("uploads", uploads.Uploads.as_view(), name="api-uploads"),
    path("uploads/<str:upload_id>", uploads.OneUpload.as_view(), name="api-upload"),
    path("uploads/<str:upload_id>/content", uploads.UploadContent.as_view(), name="api-upload-content"),
    path("webhooks", webhooks.Webhooks.as_view(), name="api-webhooks"),
    path("webhooks/<str:webhook_id>", webhooks.OneWebhook.as_view(), name="api-webhook"),
    path("webhooks/<str:webhook_id>/rotate", webhooks.Rotation.as_view(), name="api-webhook-rotate"),
    path("webhooks/<str:webhook_id>/test", webhooks.TestEvent.as_view(), name="api-webhook-test"),
    path("webhooks/<str:webhook_id>/deliveries", webhooks.Deliveries.as_view(), name="api-webhook-deliveries"),
    path(
        "webhooks/<str:webhook_id>/deliveries/<str:delivery_id>/resend",
        webhooks.Resend.as_view(),
        name="api-webhook-resend",
    ),
    path("account", account.Account.as_view(), name="api-account"),
    path("usage", account.Usage.as_view(), name="api-usage"),
    path("models", images.Models.as_view(), name="api-models"),
    path("openapi.json", Document.as_view(), name="api-document"),
    re_path(r"", UnknownEndpoint.as_view(), name="api-nothing"),
]
