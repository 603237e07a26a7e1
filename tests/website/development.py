"""The settings of development, for tests that run without DEBUG."""

from typing import Any


def use_development_middleware(settings: Any) -> None:
    """Turn DEBUG on and add the middleware that the settings contain only with DEBUG."""
    settings.DEBUG = True
    below_policy = settings.MIDDLEWARE.index("website.error_pages.ContentSecurityPolicy") + 1
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE[:below_policy],
        "website.error_pages.OwnBadRequest",
        *settings.MIDDLEWARE[below_policy:],
        "website.error_pages.OwnNotFound",
    ]
