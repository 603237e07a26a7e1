"""Forms of an API key and of a connected app. The rules themselves are those of `accounts.api_keys`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from django import forms

from accounts import api_keys
from accounts.models import ApiKey
from images.catalogue import availability
from images.models import CatalogueModel
from infrastructure.exceptions import InvalidArguments

INVALID_CREDITS = "Enter a whole number of credits."
INVALID_DATE = "Enter a date, such as 2027-01-31."


class ModelIdsField(forms.MultipleChoiceField):
    """Catalogue ids of the selected models.

    Every id is valid for the form: `availability.allowed_models` rejects unknown ids, with the same message as the API.
    """

    def valid_value(self, value: str) -> bool:  # noqa: ARG002
        """Return True."""
        return True


class ConnectionForm(forms.Form):
    """Name, monthly cap, confirmation and models: the limits of a connected app, which are also those of a key."""

    name_max_characters = api_keys.NAME_MAX_CHARACTERS
    name_help = "Shown in your lists and on your images."

    name = forms.CharField(required=False, strip=True)
    monthly_credit_cap = forms.IntegerField(
        required=False, widget=forms.NumberInput, label="Monthly cap", error_messages={"invalid": INVALID_CREDITS}
    )
    confirm_above = forms.IntegerField(
        required=False,
        widget=forms.NumberInput,
        label="Ask me above",
        error_messages={"invalid": INVALID_CREDITS},
    )
    allowed_models = ModelIdsField(required=False)

    def __init__(self, data: Any = None, *, key: ApiKey | None = None, initial: dict[str, Any] | None = None) -> None:
        self.models = list(CatalogueModel.objects.with_prices())
        values = dict(initial or {}) if key is None else _values(key)
        # None means all models.
        if values.get("allowed_models") is None:
            values["allowed_models"] = [model.model_id for model in self.models]
        super().__init__(data, initial=values)

    @property
    def choices(self) -> list["ModelChoice"]:
        """All models of the catalogue, with whether each is selected."""
        selected = self["allowed_models"].value() or []
        return [ModelChoice(model, model.model_id in selected) for model in self.models]

    @property
    def models_selected(self) -> str:
        """How many models are selected: the label of a folded list."""
        count, total = sum(choice.is_selected for choice in self.choices), len(self.models)
        return f"All {total} models" if count == total else f"{count} of {total} models"

    def submit(self, save: Callable[..., Any]) -> Any:
        """Return the result of `save` with the form's values as keyword arguments: see `arguments`.

        Returns None, and adds the errors to the form, if a value is invalid.

        Raises:
            ServiceError: `save` failed for a reason that does not concern one field.
        """
        if not self.is_valid():
            return None
        try:
            return save(**self.arguments())
        except InvalidArguments as error:
            for field, message in error.fields:
                self.add_error(field, message)
            return None

    def arguments(self) -> dict[str, Any]:
        """Return the form's values as arguments of the functions that create or change a key or a connection.

        Raises:
            InvalidArguments: No model is selected, or an unknown one.
        """
        fields = self.cleaned_data
        return {
            "name": fields["name"],
            "monthly_credit_cap": fields["monthly_credit_cap"],
            "confirm_above": fields["confirm_above"],
            "allowed_models": availability.allowed_models(fields["allowed_models"]),
        }


class KeyForm(ConnectionForm):
    """The limits of a key: those of a connection, and an expiry date."""

    name_help = "Name it after the machine or agent that will use it."

    request_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    expires_at = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        label="Expires",
        error_messages={"invalid": INVALID_DATE},
    )

    def arguments(self) -> dict[str, Any]:
        """Return the form's values; a key works until the end of its last day (UTC)."""
        day = self.cleaned_data["expires_at"]
        return {**super().arguments(), "expires_at": datetime.combine(day, time.max, UTC) if day else None}


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model with a checkbox."""

    model: CatalogueModel
    is_selected: bool


def _values(key: ApiKey) -> dict[str, Any]:
    return {
        "name": key.name,
        "monthly_credit_cap": key.monthly_credit_cap,
        "confirm_above": key.confirm_above,
        "expires_at": key.expires_at.astimezone(UTC).date() if key.expires_at else None,
        "allowed_models": key.allowed_models,
    }
