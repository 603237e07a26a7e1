"""Images and the catalogue in Django admin."""

from django.contrib import admin
from django.http import HttpRequest

from images.models import Image, ImageModel


@admin.register(ImageModel)
class ImageModelAdmin(admin.ModelAdmin[ImageModel]):
    """The catalogue: price, upstream name and switch, effective from the next request."""

    list_display = ("model_id", "name", "credits", "deep_credits", "upstream_id", "speed", "enabled", "position")


@admin.register(Image)
class ImageAdmin(admin.ModelAdmin[Image]):
    """Images, to look at."""

    list_display = ("id", "user", "model_id", "status", "credit_cost", "attempt", "error_code", "created_at")
    list_filter = ("status", "model_id")
    list_select_related = ("user",)
    search_fields = ("=id", "user__email")
    ordering = ("-created_at", "-id")
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Image | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Image | None = None) -> bool:
        return False
