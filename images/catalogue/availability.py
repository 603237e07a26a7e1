"""Which models can be requested, by which names, and which of them a key may use.

The tables of CatalogueModel and ModelPrice are the catalogue; migrations 0003 and 0017 insert their first rows.
"""

from collections.abc import Collection

from images.models import CatalogueModel
from images.providers import registry
from infrastructure.exceptions import FieldError, InvalidArguments


def is_available(model: CatalogueModel) -> bool:
    """Return whether images can be requested: the model is enabled, has a price, and its provider is configured."""
    return model.enabled and model.credits is not None and registry.is_available(model)


def find(name: str) -> list[CatalogueModel]:
    """Return the model with this id, or every model whose id is this name after the provider and a colon."""
    if ":" not in name:
        return CatalogueModel.objects.find_by_name(name)
    model = CatalogueModel.objects.find_with_prices(name)
    return [model] if model else []


def short_name(model_id: str) -> str:
    """Return a model's name for people, its id without the provider and a common suffix: gemini-3-pro."""
    return model_id.rpartition(":")[2].removesuffix("-image-preview").removesuffix("-image")


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


def set_enabled(model_id: str, *, enabled: bool) -> None:
    """Switch a model on or off for new requests; images that are already queued or running are not affected."""
    CatalogueModel.objects.filter(pk=model_id).update(enabled=enabled)
