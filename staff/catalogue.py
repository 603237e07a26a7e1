"""Admin of the model catalogue: prices, upstream id, cost and availability, effective from the next request."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db.models import Field, Max, Model
from django.http import HttpRequest, HttpResponse
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.forms import PaginationInlineFormSet

from images.catalogue import availability, validation
from images.models import CatalogueModel, ModelPrice
from images.providers import SERVER_PARAMETERS
from staff import effects
from staff.actions import FormValues, Subject, confirm_and_log
from staff.model_admins import AuditedAdmin

# Fields that only models on OpenAI-compatible servers have, and fields that they lack.
SERVER_FIELDS: Final = ("base_url", "key_variable", "parameters")
FIELDS: Final = (
    *("model_id", "name", "provider_id", "api", "speed", "strengths", "upstream_id", *SERVER_FIELDS, "options"),
    *("aspect_ratios", "default_quality", "backgrounds", "max_sources", "takes_mask", "enabled", "position"),
)
FIXED_FIELDS: Final = ("model_id", "provider_id", "api")
POSITION_TAKEN: Final = "Another model has this position. Enter an unused number."


class ModelForm(forms.ModelForm[CatalogueModel]):
    """A model of the catalogue, checked by the rules of `images.catalogue.validation`."""

    class Meta:
        error_messages: ClassVar = {
            "position": {"unique": POSITION_TAKEN},
            "model_id": {"unique": "A model with this ID already exists. Enter another ID."},
        }

    def _post_clean(self) -> None:
        if not self.instance.pk:
            self.instance.api = CatalogueModel.Api.COMPATIBLE
            self.instance.provider_id = validation.PROVIDER_ID
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            for field, message in validation.model_errors(self.instance):
                self.add_error(field if field in self.fields else None, message)


class PriceFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """The prices of a model, which are checked together."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        remaining = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        messages = list(validation.price_errors(self.instance, [form.instance for form in remaining]))
        if messages:
            raise ValidationError(messages)


class PriceInline(TabularInline):  # type: ignore[misc]
    """One row for each combination of a model's options; a choice that the model lacks is empty in all rows."""

    model = ModelPrice
    formset = PriceFormSet
    fields = ("quality", "resolution", "thinking_level", "credits", "upstream_cost_cents")
    extra = 0
    labels: ClassVar = {
        "quality": "Quality",
        "resolution": "Resolution",
        "thinking_level": "Thinking",
        "credits": "Price in credits",
        "upstream_cost_cents": "Cost in US cents",
    }

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        return super().get_formset(request, obj, **{"labels": self.labels, **options})

    def get_extra(self, request: HttpRequest, obj: Any = None, **options: Any) -> int:
        return 0 if obj else 1

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **options: Any) -> Any:
        form_field = super().formfield_for_dbfield(db_field, request, **options)
        if form_field is not None and db_field.name == "credits":
            form_field.validators.append(MinValueValidator(1, "Enter 1 or more credits."))
        if form_field is not None and db_field.name == "upstream_cost_cents":
            message = "Enter the cost in US cents, 0 or more, or leave it empty if it is not known."
            form_field.validators.append(MinValueValidator(0, message))
        return form_field


@admin.register(CatalogueModel)
class CatalogueModelAdmin(AuditedAdmin):
    """Catalogue models in display order. A change does not affect images already requested."""

    form = ModelForm
    inlines = (PriceInline,)
    labels: ClassVar = {
        "model_id": "Model ID",
        "provider_id": "Provider",
        "api": "API",
        "base_url": "Base URL of the server",
        "key_variable": "Environment variable with the server's key",
        "parameters": "Parameters the server accepts",
        "default_quality": "Default quality",
        "backgrounds": "Backgrounds",
        "max_sources": "Pictures an edit may use",
        "takes_mask": "Accepts a mask",
        "strengths": "What it is good at",
        "upstream_id": "Model ID at the provider",
        "aspect_ratios": "Aspect ratios",
        "options": "Fixed parameters (JSON)",
        "position": "Position in lists",
    }
    help_texts: ClassVar = {
        "model_id": "Public and permanent, for example compatible:flux.1-schnell.",
        "base_url": "For example http://localhost:8080/v1.",
        "key_variable": "For example COMPATIBLE_LOCAL_API_KEY; empty for a server without a key.",
        "parameters": f"Separated by commas: any of {', '.join(SERVER_PARAMETERS)}, and the fixed parameters.",
        "aspect_ratios": "Separated by commas, for example 1:1,3:2,2:3.",
        "backgrounds": "opaque, or opaque,transparent.",
        "max_sources": "The edited picture and references; 0 if the model cannot edit.",
        "takes_mask": "Whether an edit may mark what to change.",
        "default_quality": "Used if a request names no quality; empty if the prices have none.",
    }
    list_display = ("model_id", "name", "price", "deep_price", "upstream_id", "enabled", "position")
    ordering = ("position",)
    actions_detail = ("switch_model",)

    @display(description="Price in credits")
    def price(self, model: CatalogueModel) -> str:
        return str(model.credits or "-")

    @display(description="Price with deep thinking")
    def deep_price(self, model: CatalogueModel) -> str:
        return str(model.deep_credits or "-")

    def get_fields(self, request: HttpRequest, obj: CatalogueModel | None = None) -> Sequence[str]:
        if obj is None:
            hidden = {"provider_id", "api"}
        else:
            hidden = set() if obj.api == CatalogueModel.Api.COMPATIBLE else {*SERVER_FIELDS}
        return [name for name in FIELDS if name not in hidden]

    def get_readonly_fields(self, request: HttpRequest, obj: CatalogueModel | None = None) -> Sequence[str]:
        # A server receives keys and prompts, and its URL may be inside our network.
        server_fields = () if request.user.is_superuser else SERVER_FIELDS
        return (*FIXED_FIELDS, *server_fields) if obj else ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        last = CatalogueModel.objects.aggregate(last=Max("position", default=0))["last"]
        return {"model_id": f"{validation.PROVIDER_ID}:", "position": last + 1}

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **options: Any) -> Any:
        form_field = super().formfield_for_dbfield(db_field, request, **options)
        if form_field is not None and db_field.name == "options":
            form_field.validators.append(_reject_null_characters)
        return form_field

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_prices()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # Images and the statistics refer to the row, and migrations to the models that are not on such a server.
        is_permitted = admin.ModelAdmin.has_delete_permission(self, request, obj)
        return is_permitted and isinstance(obj, CatalogueModel) and validation.is_deletable(obj)

    @action(description="Enable or disable", url_path="switch", permissions=["images.switch_model"])
    def switch_model(self, request: HttpRequest, object_id: str) -> HttpResponse:
        model = self.require_object(request, object_id)
        enable = not model.enabled

        def switch(_: FormValues) -> str:
            availability.set_enabled(model.model_id, enabled=enable)
            return f"{model.model_id} is {'enabled' if enable else 'disabled'}."

        title = "Enable model" if enable else "Disable model"
        consequences = (
            "" if enable else "New requests for this model fail. Images already requested are still generated."
        )
        before, after = ("Disabled", "Enabled") if enable else ("Enabled", "Disabled")
        action = effects.status_action(
            title,
            switch,
            subject=Subject("Model", model.name, model.model_id),
            before=before,
            after=after,
            question=f"{title} {model.model_id}",
            consequences=consequences,
        )
        return confirm_and_log(self, request, model, action)


def _reject_null_characters(value: object) -> None:
    # PostgreSQL cannot store this character.
    if r"\u0000" in json.dumps(value):
        raise ValidationError("Null characters are not allowed.")
