"""The images app: catalogue, generation, storage, worker and exports."""

from django.apps import AppConfig

from accounts.signals import account_deleting


class ImagesConfig(AppConfig):
    """Registers the system checks and connects the app to account deletion."""

    name = "images"

    def ready(self) -> None:
        # These modules import models, which is possible only once all apps are loaded.
        from images import account_deletion, checks  # noqa: F401, PLC0415

        account_deleting.connect(account_deletion.erase_images, dispatch_uid="images.erase_images")
