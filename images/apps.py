"""The images app: catalogue, generation, storage, worker and exports."""

from django.apps import AppConfig

from accounts.signals import account_deleting
from billing.signals import balance_low


class ImagesConfig(AppConfig):
    """Registers the system checks and connects the app to account deletion and low balances."""

    name = "images"

    def ready(self) -> None:
        # These modules import models, which is possible only once all apps are loaded.
        from images import account_deletion, checks  # noqa: F401, PLC0415
        from images.webhooks import events  # noqa: PLC0415

        account_deleting.connect(account_deletion.erase_images, dispatch_uid="images.erase_images")
        balance_low.connect(events.on_balance_low, dispatch_uid="images.on_balance_low")
