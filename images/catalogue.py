"""The models on offer, and which of them can be asked for now.

The table ImageModel is the catalogue; its first rows come from migration 0003.
"""

from collections.abc import Collection
from typing import Final

from images.models import CatalogueModel
from images.providers import registry
from infrastructure.exceptions import FieldError, InvalidArguments

THINKING_LEVELS: Final = ("default", "deep")


def is_available(model: CatalogueModel) -> bool:
    """Tell whether a picture of this model can be asked for: it is switched on and somebody runs it."""
    return model.enabled and registry.is_available(model.provider_id)


def allowed_models(model_ids: Collection[str]) -> list[str] | None:
    """Return what a key is allowed that may use these models: None for all of them, later ones too.

    Raises:
        InvalidArguments: None is named, or one that is not in the catalogue.
    """
    known = set(CatalogueModel.objects.values_list("model_id", flat=True))
    unknown = sorted(set(model_ids) - known)
    if unknown:
        raise InvalidArguments([FieldError("allowed_models", f"Unknown model: {', '.join(unknown)}.")])
    if not model_ids:
        raise InvalidArguments([FieldError("allowed_models", "A key may use at least one model.")])
    return None if known == set(model_ids) else sorted(set(model_ids))


def set_enabled(model_id: str, *, enabled: bool) -> None:
    """Offer a model, or offer it no more, from the next request on; images asked for before are made all the same."""
    CatalogueModel.objects.filter(pk=model_id).update(enabled=enabled)
