"""URLs of the dashboard, below /dashboard/."""

from django.urls import path

from website.dashboard.billing.balance import balance
from website.dashboard.billing.checkout import buy
from website.dashboard.billing.low_balance import alert
from website.dashboard.billing.purchase import purchase, receipt, resume_checkout
from website.dashboard.billing.simulated_checkout import simulated_checkout
from website.dashboard.billing.views import billing
from website.dashboard.gallery import collections, files, selection, undo, viewer
from website.dashboard.gallery import image as images
from website.dashboard.gallery.favourite import favourite
from website.dashboard.gallery.share import revoke_share, share
from website.dashboard.gallery.views import gallery, tile
from website.dashboard.generate.model_comparison import compare_models
from website.dashboard.generate.toast import toast
from website.dashboard.generate.uploads import add_upload, upload_picture, upload_thumbnail
from website.dashboard.generate.views import generate
from website.dashboard.keys.views import change_key, create_key, keys, revoke_key
from website.dashboard.overview.views import overview
from website.dashboard.settings.deletion import delete_account
from website.dashboard.settings.export import download, export
from website.dashboard.settings.views import settings
from website.dashboard.usage.ledger_export import ledger_csv
from website.dashboard.usage.views import usage
from website.dashboard.webhooks import deliveries
from website.dashboard.webhooks import views as webhooks

urlpatterns = [
    path("", overview, name="overview"),
    path("balance", balance, name="balance"),
    path("billing/", billing, name="billing"),
    path("billing/alert/", alert, name="low-balance-alert"),
    path("billing/buy/<int:pack_id>/", buy, name="buy"),
    path("billing/purchases/<uuid:purchase_id>/", purchase, name="purchase"),
    path("billing/purchases/<uuid:purchase_id>/checkout", resume_checkout, name="resume-checkout"),
    path("billing/purchases/<uuid:purchase_id>/receipt", receipt, name="receipt"),
    path("billing/simulated/<slug:session_id>/", simulated_checkout, name="simulated-checkout"),
    path("collections/", collections.collection_list, name="collections"),
    path("collections/<uuid:collection_id>/", collections.collection, name="collection"),
    path("collections/<uuid:collection_id>/delete/", collections.delete_collection, name="delete-collection"),
    path("generate/compare/", compare_models, name="compare-models"),
    path("generate/", generate, name="generate"),
    path("images/", gallery, name="gallery"),
    path("images/compare/", viewer.compare, name="compare-images"),
    path("images/selection/favourite", selection.add_favourites, name="add-favourites"),
    path("images/selection/unfavourite", selection.remove_favourites, name="remove-favourites"),
    path("images/selection/collect", selection.add_to_collection, name="add-to-collection"),
    path("images/selection/uncollect", selection.remove_from_collection, name="remove-from-collection"),
    path("images/selection/delete", selection.delete, name="delete-images"),
    path("images/selection/download", selection.download, name="download-images"),
    path("images/selection/compare", selection.compare, name="compare-selection"),
    path("images/undo/deletion", undo.undo_deletion, name="undo-deletion"),
    path("images/undo/favourites", undo.undo_favourites, name="undo-favourites"),
    path("images/<uuid:image_id>/favourite", favourite, name="favourite-image"),
    path("images/<uuid:image_id>/view/", viewer.viewer, name="view-image"),
    path("images/<uuid:image_id>/", images.image, name="image"),
    path("images/<uuid:image_id>/delete/", images.delete, name="delete-image"),
    path("images/<uuid:image_id>/cancel", images.cancel, name="cancel-image"),
    path("images/<uuid:image_id>/tile", tile, name="image-tile"),
    path("images/<uuid:image_id>/toast", toast, name="image-toast"),
    path("images/<uuid:image_id>/thumbnail", files.thumbnail, name="image-thumbnail"),
    path("images/<uuid:image_id>/picture", files.picture, name="image-picture"),
    path("images/<uuid:image_id>/download", files.download, name="image-download"),
    path("images/<uuid:image_id>/link", files.link, name="image-link"),
    path("images/<uuid:image_id>/share/", share, name="share-image"),
    path("images/<uuid:image_id>/share/revoke", revoke_share, name="revoke-share"),
    path("keys/", keys, name="keys"),
    path("keys/new/", create_key, name="create-key"),
    path("keys/<uuid:key_id>/", change_key, name="change-key"),
    path("keys/<uuid:key_id>/revoke/", revoke_key, name="revoke-key"),
    path("settings/", settings, name="settings"),
    path("settings/delete/", delete_account, name="delete-account"),
    path("settings/export", export, name="export"),
    path("settings/export/<uuid:export_id>.zip", download, name="export-download"),
    path("uploads/", add_upload, name="add-upload"),
    path("uploads/<uuid:upload_id>/picture", upload_picture, name="upload-picture"),
    path("uploads/<uuid:upload_id>/thumbnail", upload_thumbnail, name="upload-thumbnail"),
    path("usage/", usage, name="usage"),
    path("usage/ledger.csv", ledger_csv, name="ledger-csv"),
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/new/", webhooks.create_webhook, name="create-webhook"),
    path("webhooks/<uuid:webhook_id>/", webhooks.webhook, name="webhook"),
    path("webhooks/<uuid:webhook_id>/edit/", webhooks.change_webhook, name="change-webhook"),
    path("webhooks/<uuid:webhook_id>/rotate/", webhooks.rotate_secret, name="rotate-webhook-secret"),
    path("webhooks/<uuid:webhook_id>/disable/", webhooks.disable_webhook, name="disable-webhook"),
    path("webhooks/<uuid:webhook_id>/enable", webhooks.enable_webhook, name="enable-webhook"),
    path("webhooks/<uuid:webhook_id>/delete/", webhooks.delete_webhook, name="delete-webhook"),
    path("webhooks/<uuid:webhook_id>/test", deliveries.send_test, name="test-webhook"),
    path("webhooks/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/resend", deliveries.resend, name="resend-delivery"),
]
