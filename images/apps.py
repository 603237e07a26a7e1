"""Images: the catalogue of models, asking for pictures, making and keeping them."""

from importlib import import_module

from django.apps import AppConfig

from accounts.signals import account_deleting


class ImagesConfig(AppConfig):
    """Knows billing and accounts."""

    name = "images"

    def ready(self) -> None:
        import_module("images.checks")
        account_data = import_module("images.account_data")
        account_deleting.connect(account_data.forget, dispatch_uid="images.forget")
