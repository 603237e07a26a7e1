"""Admin of the model catalogue: price, upstream name, cost and availability, effective from the next request."""

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

from images import catalogue
from images.models import CatalogueModel
from staff.actions import FormValues, confirm_and_log
from staff.model_admins import AuditedAdmin


@admin.register(CatalogueModel)
class CatalogueModelAdmin(AuditedAdmin):
    """Catalogue models in display order. A change does not affect images already requested."""

    list_display = ("model_id", "name", "credits", "deep_credits", "upstream_id", "enabled", "position")
    ordering = ("position",)
    readonly_fields = ("model_id", "provider_id")
    actions_detail = ("switch_model",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        # A model depends on its provider's code, so a migration adds it.
        return False

    @action(description="Enable or disable", url_path="switch", permissions=["images.switch_model"])
    def switch_model(self, request: HttpRequest, object_id: str) -> HttpResponse:
        model = CatalogueModel.objects.get(pk=unquote(object_id))
        enable = not model.enabled

        def switch(_: FormValues) -> str:
            catalogue.set_enabled(model.model_id, enabled=enable)
            return f"{model.model_id} is {'enabled' if enable else 'disabled'}."

        title = "Enable model" if enable else "Disable model"
        consequences = (
            "" if enable else "New requests for this model fail. Images already requested are still generated."
        )
        return confirm_and_log(self, request, model, title=title, action=switch, consequences=consequences)
