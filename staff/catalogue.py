"""The catalogue: price, upstream name, cost and switch of each model, effective from the next request on."""

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
    """A change never touches an image that was asked for before."""

    list_display = ("model_id", "name", "credits", "deep_credits", "upstream_id", "enabled", "position")
    ordering = ("position",)
    readonly_fields = ("model_id", "provider_id")
    actions_detail = ("switch_model",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        # A model needs code that knows its provider: a migration adds it.
        return False

    @action(description="Switch on or off", url_path="switch", permissions=["images.switch_model"])
    def switch_model(self, request: HttpRequest, object_id: str) -> HttpResponse:
        model = CatalogueModel.objects.get(pk=unquote(object_id))
        wanted = not model.enabled
        title = f"Switch {'on' if wanted else 'off'}"

        def verb(_: FormValues) -> str:
            catalogue.set_enabled(model.model_id, enabled=wanted)
            return f"{model.model_id} is {'on' if wanted else 'off'}."

        consequences = "Images that were asked for already are made all the same." if model.enabled else ""
        return confirm_and_log(self, request, model, title=title, verb=verb, consequences=consequences)
