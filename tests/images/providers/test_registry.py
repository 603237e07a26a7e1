from typing import Any

import pytest

from images.models import CatalogueModel
from images.providers import google, openai, registry
from images.providers.sandbox import provider

KEYS = {"openai": "OPENAI_API_KEY", "google": "GEMINI_API_KEY"}
PROVIDERS = {"openai": openai.generate, "google": google.generate}


@pytest.fixture(autouse=True)
def _no_keys(settings: Any) -> None:
    settings.OPENAI_API_KEY = settings.GEMINI_API_KEY = ""


@pytest.mark.parametrize("provider_id", KEYS)
@pytest.mark.parametrize("mode", ["auto", "off"])
def test_with_a_key_the_real_provider_is_used(settings: Any, mode: str, provider_id: str) -> None:
    settings.SANDBOX_PROVIDERS = mode
    setattr(settings, KEYS[provider_id], "a key")
    assert registry.provider_for(CatalogueModel(api=provider_id)) is PROVIDERS[provider_id]


@pytest.mark.parametrize("key", ["", "a key"])
@pytest.mark.parametrize("provider_id", KEYS)
def test_with_on_the_sandbox_is_used_with_or_without_a_key(settings: Any, provider_id: str, key: str) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    setattr(settings, KEYS[provider_id], key)
    assert registry.provider_for(CatalogueModel(api=provider_id)) is provider.generate


def test_with_auto_the_sandbox_replaces_only_the_provider_without_a_key(settings: Any) -> None:
    settings.SANDBOX_PROVIDERS, settings.DEBUG = "auto", True
    settings.GEMINI_API_KEY = "a key"
    assert registry.provider_for(CatalogueModel(api="openai")) is provider.generate
    assert registry.provider_for(CatalogueModel(api="google")) is google.generate


@pytest.mark.parametrize("provider_id", KEYS)
def test_with_off_a_provider_without_a_key_is_unavailable(settings: Any, provider_id: str) -> None:
    settings.SANDBOX_PROVIDERS = "off"
    assert registry.provider_for(CatalogueModel(api=provider_id)) is None
    assert not registry.is_available(CatalogueModel(api=provider_id))


def test_with_auto_the_sandbox_replaces_nothing_in_production(settings: Any) -> None:
    settings.SANDBOX_PROVIDERS, settings.DEBUG = "auto", False
    assert registry.provider_for(CatalogueModel(api="openai")) is None


def test_a_provider_replaced_by_the_sandbox_is_available(settings: Any) -> None:
    settings.SANDBOX_PROVIDERS, settings.DEBUG = "auto", True
    assert registry.is_available(CatalogueModel(api="openai"))
