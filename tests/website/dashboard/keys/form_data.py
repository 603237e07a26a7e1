"""Form data for the key pages."""

import re
import uuid
from typing import Any

from images.models import CatalogueModel


def key_form(**fields: Any) -> dict[str, Any]:
    """Return the data of a valid key form, with these fields changed."""
    all_models = list(CatalogueModel.objects.values_list("model_id", flat=True))
    return {"request_id": str(uuid.uuid4()), "name": "Build server", "allowed_models": all_models, **fields}


def secret_in(html: str) -> str:
    """Return the only API key in a page."""
    (secret,) = set(re.findall(r"sk_[0-9A-Za-z]{46}", html))
    return str(secret)
