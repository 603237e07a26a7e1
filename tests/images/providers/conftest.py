"""A stand-in for both providers, configured in the settings, with keys that must not appear in any log."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.images.providers.stand_in import ProviderStandIn

OPENAI_KEY = "sk-openai-secret-d41d8cd98f00"
GEMINI_KEY = "AIza-gemini-secret-b204e9800998"


@pytest.fixture
def stand_in(settings: Any) -> Iterator[ProviderStandIn]:
    with ProviderStandIn() as server:
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = OPENAI_KEY, server.url_openai
        settings.GEMINI_API_KEY, settings.GOOGLE_GEMINI_BASE_URL = GEMINI_KEY, server.url_google
        yield server


@pytest.fixture(autouse=True)
def _no_key_in_the_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    for key in (OPENAI_KEY, GEMINI_KEY):
        assert key not in caplog.text
