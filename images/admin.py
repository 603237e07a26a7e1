"""What Django admin looks for in each app; the staff's site stands in a folder of its own."""

from images.staff import audits, catalogue, history, images, keys, ledger, purchases, users

__all__ = ("audits", "catalogue", "history", "images", "keys", "ledger", "purchases", "users")
