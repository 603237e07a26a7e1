"""Admin of the model catalogue: price, upstream name, cost and availability, effective from the next request."""

import json
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Field
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

from images import catalogue
from images.models import CatalogueModel
from staff import effects
from staff.actions import FormValues, Subject, confirm_and_log
from staff.model_admins import AuditedAdmin


@admin.register(CatalogueModel)
class CatalogueModelAdmin(AuditedAdmin):
    """Catalogue models in display order. A change does not affect images already requested."""

    labels: ClassVar = {
        "model_id": "Model ID",
        "provider_id": "Provider",
        "credits": "Price in credits",
        "deep_credits": "Price with deep thinking",
        "api": "API",
        "base_url": "Base URL of the server",
        "key_variable": "Environment variable with the server's key",
        "parameters": "Parameters the server accepts",
        "default_quality": "Default quality",
        "backgrounds": "Backgrounds",
        "max_sources": "Pictures an edit may use",
        "takes_mask": "Accepts a mask",
        "upstream_id": "Model ID at the provider",
        "aspect_ratios": "Aspect ratios",
        "options": "Fixed parameters (JSON)",
        "position": "Position in lists",
    }
    list_display = ("model_id", "name", "credits", "deep_credits", "upstream_id", "enabled", "position")
    ordering = ("position",)
    readonly_fields = ("model_id", "provider_id")
    actions_detail = ("switch_model",)

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **options: Any) -> Any:
        form_field = super().formfield_for_dbfield(db_field, request, **options)
        if form_field is not None and db_field.name == "options":
            form_field.validators.append(_reject_null_characters)
        return form_field

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_prices()

    def has_add_permission(self, request: HttpRequest) -> bool:
        # A model depends on its provider's code, so a migration adds it.
        return False

    @action(description="Enable or disable", url_path="switch", permissions=["images.switch_model"])
    def switch_model(self, request: HttpRequest, object_id: str) -> HttpResponse:
        model = self.require_object(request, object_id)
        enable = not model.enabled

        def switch(_: FormValues) -> str:
            catalogue.set_enabled(model.model_id, enabled=enable)
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
