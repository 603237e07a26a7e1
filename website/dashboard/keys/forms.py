"""Form that creates or changes an API key. The rules themselves are those of `accounts.api_keys`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from django import forms

from accounts import api_keys
from accounts.models import ApiKey
from images import catalogue
from images.models import CatalogueModel
from infrastructure.exceptions import InvalidArguments

INVALID_CAP = "Enter a whole number of credits."
INVALID_DATE = "Enter a date, such as 2027-01-31."


class ModelIdsField(forms.MultipleChoiceField):
    """Catalogue ids of the selected models.

    Every id is valid for the form: `catalogue.allowed_models` rejects unknown ids, with the same message as the API.
    """

    def valid_value(self, value: str) -> bool:  # noqa: ARG002
        """Return True."""
        return True


class KeyForm(forms.Form):
    """Name, monthly cap, expiry date and models of a key."""

    name_max_characters = api_keys.NAME_MAX_CHARACTERS

    request_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(required=False, strip=True)
    monthly_credit_cap = forms.IntegerField(
        required=False, widget=forms.NumberInput, label="Monthly cap", error_messages={"invalid": INVALID_CAP}
    )
    expires_at = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        label="Expires",
        error_messages={"invalid": INVALID_DATE},
    )
    allowed_models = ModelIdsField(required=False)

    def __init__(self, data: Any = None, *, key: ApiKey | None = None, initial: dict[str, Any] | None = None) -> None:
        self.models = list(CatalogueModel.objects.all())
        all_ids = [model.model_id for model in self.models]
        values = {"allowed_models": all_ids, **(initial or {})}
        if key is not None:
            values |= _values(key, all_ids)
        super().__init__(data, initial=values)

    @property
    def choices(self) -> list["ModelChoice"]:
        """All models of the catalogue, with whether each is selected."""
        selected = self["allowed_models"].value() or []
        return [ModelChoice(model, model.model_id in selected) for model in self.models]

    def submit(self, save: Callable[..., Any]) -> Any:
        """Return `save(name=..., monthly_credit_cap=..., expires_at=..., allowed_models=...)` with the form's values.

        Returns None, and adds the errors to the form, if a value is invalid.

        Raises:
            ServiceError: `save` failed for a reason that does not concern one field.
        """
        if not self.is_valid():
            return None
        fields = self.cleaned_data
        day = fields.get("expires_at")
        try:
            return save(
                name=fields["name"],
                monthly_credit_cap=fields["monthly_credit_cap"],
                # A key works until the end of its last day (UTC).
                expires_at=datetime.combine(day, time.max, UTC) if day else None,
                allowed_models=catalogue.allowed_models(fields["allowed_models"]),
            )
        except InvalidArguments as error:
            for field, message in error.fields:
                self.add_error(field, message)
            return None


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model with a checkbox."""

    model: CatalogueModel
    is_selected: bool


def _values(key: ApiKey, all_ids: list[str]) -> dict[str, Any]:
    return {
        "name": key.name,
        "monthly_credit_cap": key.monthly_credit_cap,
        "expires_at": key.expires_at.astimezone(UTC).date() if key.expires_at else None,
        "allowed_models": all_ids if key.allowed_models is None else key.allowed_models,
    }
