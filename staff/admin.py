"""The module that Django's admin autodiscovery imports; it loads the admin classes of this package."""

from typing import Final

from django.contrib import admin

from staff import audits, catalogue, history, images, keys, ledger, purchases, users, webhooks

__all__ = ("audits", "catalogue", "history", "images", "keys", "ledger", "purchases", "users", "webhooks")

# Libraries register models of their own, which contain tokens and second factors. The staff site omits them.
LISTED_APPS: Final = frozenset({"accounts", "admin", "billing", "images"})
for model in [model for model in admin.site._registry if model._meta.app_label not in LISTED_APPS]:  # noqa: SLF001
    admin.site.unregister(model)
