"""The form in which a key is created or changed; what a key may be is decided elsewhere."""

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

TOO_LARGE = "A cap is a whole number of credits."
NO_DATE = "Name a day, such as 2027-01-31."


class KeyForm(forms.Form):
    """Name, cap, expiry and models, as they are typed."""

    name_max_characters = api_keys.NAME_MAX_CHARACTERS

    request_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(required=False, strip=True)
    monthly_credit_cap = forms.IntegerField(
        required=False, widget=forms.NumberInput, label="Monthly cap", error_messages={"invalid": TOO_LARGE}
    )
    expires_at = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        label="Expires",
        error_messages={"invalid": NO_DATE},
    )
    # The catalogue refuses what it does not know.
    allowed_models = forms.TypedMultipleChoiceField(required=False)

    def __init__(self, data: Any = None, *, key: ApiKey | None = None, initial: dict[str, Any] | None = None) -> None:
        self.models = list(CatalogueModel.objects.all())
        everything = [model.model_id for model in self.models]
        given = {"allowed_models": everything, **(initial or {})}
        if key is not None:
            given |= _values(key, everything)
        super().__init__(data, initial=given)
        self.fields["allowed_models"].valid_value = lambda _: True  # type: ignore[attr-defined]

    @property
    def choices(self) -> list["ModelChoice"]:
        """The models, each with whether it is ticked."""
        chosen = self["allowed_models"].value() or []
        return [ModelChoice(model, model.model_id in chosen) for model in self.models]

    def send(self, verb: Callable[..., Any]) -> Any:
        """Call the verb with what was typed; None if it refused, which the form then says.

        Raises:
            ServiceError: Whatever else the verb refuses.
        """
        if not self.is_valid():
            return None
        fields = self.cleaned_data
        day = fields["expires_at"]
        try:
            return verb(
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
    """A model to tick."""

    model: CatalogueModel
    is_chosen: bool


def _values(key: ApiKey, everything: list[str]) -> dict[str, Any]:
    return {
        "name": key.name,
        "monthly_credit_cap": key.monthly_credit_cap,
        "expires_at": key.expires_at.astimezone(UTC).date() if key.expires_at else None,
        "allowed_models": everything if key.allowed_models is None else key.allowed_models,
    }
