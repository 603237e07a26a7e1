"""Images: the catalogue of models, asking for pictures, making and keeping them."""

from importlib import import_module

from django.apps import AppConfig


class ImagesConfig(AppConfig):
    """Knows billing and accounts."""

    name = "images"

    def ready(self) -> None:
        import_module("images.checks")
