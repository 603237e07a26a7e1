"""Images: the catalogue of models, asking for pictures, making and keeping them."""

from django.apps import AppConfig


class ImagesConfig(AppConfig):
    """Knows billing and accounts."""

    name = "images"
