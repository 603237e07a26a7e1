"""The function that serves a model, by its API: the real one if its key is set, or the sandbox in its place."""

import os
import re
from typing import Final

from django.conf import settings
from django.utils.module_loading import import_string

from images.models import CatalogueModel
from images.providers import Provider

# Import paths, because the SDKs take most of a second to import and web processes don't need them.
FUNCTIONS: Final = {
    CatalogueModel.Api.OPENAI: "images.providers.openai.generate",
    CatalogueModel.Api.GOOGLE: "images.providers.google.generate",
    CatalogueModel.Api.COMPATIBLE: "images.providers.compatible.generate",
}
SANDBOX = "images.providers.sandbox.provider.generate"
# The settings with the API keys of the providers that have one.
KEY_SETTINGS: Final = {CatalogueModel.Api.OPENAI: "OPENAI_API_KEY", CatalogueModel.Api.GOOGLE: "GEMINI_API_KEY"}
# Other variables must not reach a server that staff enter: they may contain secrets of this service.
SERVER_KEY_VARIABLE: Final = re.compile(r"COMPATIBLE_[A-Z0-9_]*API_KEY")


def is_available(model: CatalogueModel) -> bool:
    """Return whether a model can be used: its provider has a key, or the sandbox replaces it."""
    return _path(model) is not None


def provider_for(model: CatalogueModel) -> Provider | None:
    """Return the function that generates pictures with this model, or None if it can't be used."""
    path = _path(model)
    provider: Provider | None = import_string(path) if path else None
    return provider


def load() -> None:
    """Import the functions that serve the providers' models, so that the first image does not wait for an SDK."""
    for api in KEY_SETTINGS:
        provider_for(CatalogueModel(api=api))


def server_key(variable: str) -> str:
    """Return the key of an OpenAI-compatible server from the environment; empty for a server without a key.

    Raises:
        LookupError: The variable is not set, or its name is not that of such a key.
    """
    if not variable:
        return ""
    if not SERVER_KEY_VARIABLE.fullmatch(variable) or not os.environ.get(variable):
        raise LookupError(variable)
    return os.environ[variable]


def _path(model: CatalogueModel) -> str | None:
    if settings.SANDBOX_PROVIDERS == "on":
        return SANDBOX
    if _is_configured(model):
        return FUNCTIONS[CatalogueModel.Api(model.api)]
    return SANDBOX if settings.SANDBOX_PROVIDERS == "auto" and settings.DEBUG else None


def _is_configured(model: CatalogueModel) -> bool:
    if model.api != CatalogueModel.Api.COMPATIBLE:
        return bool(getattr(settings, KEY_SETTINGS[CatalogueModel.Api(model.api)]))
    try:
        server_key(model.key_variable)
    except LookupError:
        return False
    return bool(model.base_url)
