"""Rules of the model catalogue: which models are available, and which ones an API key may use.

The table of CatalogueModel is the catalogue; migration 0003 inserts its first rows.
"""

from collections.abc import Collection
from typing import Final

from images.models import CatalogueModel
from images.providers import registry
from infrastructure.exceptions import FieldError, InvalidArguments

THINKING_LEVELS: Final = ("default", "deep")


def is_available(model: CatalogueModel) -> bool:
    """Return whether images can be requested: the model is switched on and its provider is configured."""
    return model.enabled and registry.is_available(model.provider_id)


def allowed_models(model_ids: Collection[str]) -> list[str] | None:
    """Return the value of `ApiKey.allowed_models` for these models.

    If they are the whole catalogue the value is None, which also allows models that are added later.

    Raises:
        InvalidArguments: The collection is empty, or contains a model that is not in the catalogue.
    """
    known = set(CatalogueModel.objects.values_list("model_id", flat=True))
    unknown = sorted(set(model_ids) - known)
    if unknown:
        raise InvalidArguments([FieldError("allowed_models", f"Unknown model: {', '.join(unknown)}.")])
    if not model_ids:
        raise InvalidArguments([FieldError("allowed_models", "Select at least one model.")])
    return None if known == set(model_ids) else sorted(set(model_ids))


def short_name(model_id: str) -> str:
    """Return a model's name for people, its id without the provider and a common suffix: gemini-3-pro."""
    return model_id.rpartition(":")[2].removesuffix("-image-preview").removesuffix("-image")


def set_enabled(model_id: str, *, enabled: bool) -> None:
    """Switch a model on or off for new requests; images that are already queued or running are not affected."""
    CatalogueModel.objects.filter(pk=model_id).update(enabled=enabled)
