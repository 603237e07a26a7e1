"""Admin of API keys, identified by name and last four characters: the secret itself is not stored."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

from accounts import api_keys
from accounts.models import ApiKey
from staff.actions import FormValues, confirm_and_log
from staff.model_admins import ReadOnlyAdmin


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Keys, newest first."""

    list_display = ("name", "last_four", "user", "created_at", "expires_at", "revoked_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("=last_four", "name", "user__email")
    search_help_text = "Last four characters, name or email"
    ordering = ("-created_at", "-id")
    exclude = ("digest",)
    actions_detail = ("revoke_key",)

    @action(description="Revoke key", url_path="revoke", permissions=["accounts.revoke_apikey"])
    def revoke_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = ApiKey.objects.get(pk=object_id)

        def revoke(_: FormValues) -> str:
            return "Revoked." if api_keys.revoke(key) else "Already revoked."

        consequences = "Requests with this key fail immediately. This can't be undone."
        return confirm_and_log(self, request, key, title="Revoke key", action=revoke, consequences=consequences)
