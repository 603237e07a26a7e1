"""What Django admin looks for in each app; the staff's site stands in a folder of its own."""

from typing import Final

from django.contrib import admin

from staff import audits, catalogue, history, images, keys, ledger, purchases, users

__all__ = ("audits", "catalogue", "history", "images", "keys", "ledger", "purchases", "users")

# Libraries bring lists of their own, with tokens and second factors in them: staff see ours and nothing else.
SHOWN: Final = frozenset({"accounts", "admin", "billing", "images"})
for model in [each for each in admin.site._registry if each._meta.app_label not in SHOWN]:  # noqa: SLF001
    admin.site.unregister(model)
