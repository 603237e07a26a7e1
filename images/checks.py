"""System check of the provider configuration (`manage.py check --deploy`)."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks

from images.providers import registry


@checks.register(checks.Tags.compatibility, deploy=True)
def check_providers(app_configs: Sequence[Any] | None, **_: Any) -> list[checks.CheckMessage]:  # noqa: ARG001
    """Warn if no provider is configured, or if the sandbox generates pictures for real credits."""
    if settings.SANDBOX_PROVIDERS != "off":
        hint = "Set SANDBOX_PROVIDERS=off and the providers' API keys."
        return [checks.Warning("The sandbox generates pictures in place of real models.", hint=hint, id="images.W001")]
    if not any(getattr(settings, name) for name in registry.KEY_SETTINGS.values()):
        hint = f"Set {' or '.join(registry.KEY_SETTINGS.values())}, unless you use OpenAI-compatible servers only."
        return [checks.Warning("No provider has an API key.", hint=hint, id="images.W002")]
    return []
