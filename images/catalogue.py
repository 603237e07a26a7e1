"""The models on offer, and which of them can be asked for now.

The table ImageModel is the catalogue; its first rows come from migration 0003.
"""

from typing import Final

from images.models import ImageModel
from images.providers import registry

THINKING_LEVELS: Final = ("default", "deep")


def is_available(model: ImageModel) -> bool:
    """Tell whether a picture of this model can be asked for: it is switched on and somebody runs it."""
    return model.enabled and registry.is_available(model.provider_id)
