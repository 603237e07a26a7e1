"""Addresses of this app's pages."""

from django.urls import path

from images.pages import detail, files
from images.pages.export import download, export
from images.pages.gallery import gallery, tile
from images.pages.generate import generate
from images.pages.overview import overview
from images.pages.public import landing, pricing
from images.pages.toast import toast
from images.pages.usage import usage

urlpatterns = [
    path("", landing, name="landing"),
    path("pricing", pricing, name="pricing"),
    path("dashboard/", overview, name="overview"),
    path("dashboard/generate/", generate, name="generate"),
    path("dashboard/images/", gallery, name="gallery"),
    path("dashboard/images/<uuid:image_id>/", detail.detail, name="image"),
    path("dashboard/images/<uuid:image_id>/delete/", detail.delete, name="delete-image"),
    path("dashboard/images/<uuid:image_id>/cancel", detail.cancel, name="cancel-image"),
    path("dashboard/images/<uuid:image_id>/tile", tile, name="image-tile"),
    path("dashboard/images/<uuid:image_id>/toast", toast, name="image-toast"),
    path("dashboard/images/<uuid:image_id>/thumbnail", files.thumbnail, name="image-thumbnail"),
    path("dashboard/images/<uuid:image_id>/picture", files.picture, name="image-picture"),
    path("dashboard/images/<uuid:image_id>/download", files.download, name="image-download"),
    path("dashboard/images/<uuid:image_id>/link", files.link, name="image-link"),
    path("dashboard/usage/", usage, name="usage"),
    path("dashboard/settings/export", export, name="export"),
    path("dashboard/settings/export/<uuid:export_id>.zip", download, name="export-download"),
]
