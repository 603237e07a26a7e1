"""The providers by id: the real one if its key is set, or the sandbox in its place."""

from typing import Final, NamedTuple

from django.conf import settings
from django.utils.module_loading import import_string

from images.providers import Provider


class ProviderEntry(NamedTuple):
    """The import path of a provider's function, and the name of the setting with its API key."""

    generate: str
    key_setting: str


# Import paths, because the SDKs take most of a second to import and only workers call them.
PROVIDERS: Final = {
    "openai": ProviderEntry("images.providers.openai.generate", "OPENAI_API_KEY"),
    "google": ProviderEntry("images.providers.google.generate", "GEMINI_API_KEY"),
}
SANDBOX = "images.providers.sandbox.provider.generate"


def is_available(provider_id: str) -> bool:
    """Return whether this provider's models can be used: it has a key, or the sandbox replaces it."""
    return _path(provider_id) is not None


def provider_for(provider_id: str) -> Provider | None:
    """Return the function that generates pictures with this provider's models, or None if they can't be used."""
    path = _path(provider_id)
    provider: Provider | None = import_string(path) if path else None
    return provider


def _path(provider_id: str) -> str | None:
    entry = PROVIDERS.get(provider_id)
    if entry is None:
        return None
    if settings.SANDBOX_PROVIDERS == "on":
        return SANDBOX
    if getattr(settings, entry.key_setting):
        return entry.generate
    return SANDBOX if settings.SANDBOX_PROVIDERS == "auto" and settings.DEBUG else None
