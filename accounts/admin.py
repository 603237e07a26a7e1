"""Users and keys in Django admin."""

from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from accounts.models import ApiKey, User


@admin.register(User)
class UserAdmin(admin.ModelAdmin[User]):
    """Who has an account; passwords are not shown and not set here."""

    list_display = ("email", "is_active", "is_staff", "suspended_at", "date_joined")
    search_fields = ("email", "id")
    list_filter = ("is_staff", "is_active")
    ordering = ("-date_joined",)
    exclude = ("password",)
    readonly_fields = ("id", "last_login", "date_joined")


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin[ApiKey]):
    """Keys by name and last four characters: the secret is nowhere to be shown."""

    list_display = ("name", "last_four", "user", "created_at", "expires_at", "revoked_at", "last_used_at")
    search_fields = ("name", "last_four", "user__email")
    list_select_related = ("user",)
    ordering = ("-created_at",)
    readonly_fields = ("id", "user", "last_four", "created_at", "last_used_at", "last_used_address", "last_used_client")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A key is created where its secret can be shown: by the command, or in the dashboard."""
        return False


admin.site.unregister(Group)
