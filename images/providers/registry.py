"""Which provider answers for which models: the real one where there is a key, or the sandbox in its place."""

from typing import Final, NamedTuple

from django.conf import settings
from django.utils.module_loading import import_string

from images.providers import Provider


class ProviderEntry(NamedTuple):
    """A provider's function, by its path, and the setting without which it cannot be called."""

    generate: str
    key_setting: str


# Paths, because the SDKs take most of a second to import, and only a worker calls them.
PROVIDERS: Final = {
    "openai": ProviderEntry("images.providers.openai.generate", "OPENAI_API_KEY"),
    "google": ProviderEntry("images.providers.google.generate", "GEMINI_API_KEY"),
}
SANDBOX = "images.providers.sandbox.provider.generate"


def is_available(provider_id: str) -> bool:
    """Tell whether anybody here makes pictures for this provider's models."""
    return _path(provider_id) is not None


def provider_for(provider_id: str) -> Provider | None:
    """Return the function that makes pictures for this provider's models, or None if nobody does here."""
    path = _path(provider_id)
    provider: Provider | None = import_string(path) if path else None
    return provider


def _path(provider_id: str) -> str | None:
    real = PROVIDERS.get(provider_id)
    if real is None:
        return None
    if settings.SANDBOX_PROVIDERS == "on":
        return SANDBOX
    if getattr(settings, real.key_setting):
        return real.generate
    return SANDBOX if settings.SANDBOX_PROVIDERS == "auto" and settings.DEBUG else None
