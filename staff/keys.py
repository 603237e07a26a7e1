"""Admin of API keys, identified by name and last four characters: the secret itself is not stored."""

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

from accounts import api_keys
from accounts.models import ApiKey
from staff.actions import Action, Effect, FormValues, Subject, confirm_and_log
from staff.model_admins import ReadOnlyAdmin


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Keys, newest first."""

    labels: ClassVar = {
        "id": "Key ID",
        "last_four": "Last four characters",
        "monthly_credit_cap": "Monthly cap in credits",
        "allowed_models": "Allowed models",
        "created_at": "Created",
        "expires_at": "Expires",
        "revoked_at": "Revoked",
        "last_used_at": "Last used",
        "last_used_address": "Last used from IP address",
        "last_used_client": "Last used by client",
    }
    list_display = ("name", "last_four", "user", "created_at", "expires_at", "revoked_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("=last_four", "name", "user__email")
    search_help_text = "Last four characters, name or email"
    ordering = ("-created_at", "-id")
    exclude = ("digest",)
    actions_detail = ("revoke_key",)

    @action(description="Revoke key", url_path="revoke", permissions=["accounts.revoke_apikey"])
    def revoke_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.require_object(request, object_id)

        def revoke(_: FormValues) -> str:
            return "Revoked." if api_keys.revoke(key) else "Already revoked."

        consequences = "Requests with this key fail immediately. This can't be undone."
        status = key_status(key)

        def effect(_: FormValues) -> Effect:
            return Effect("Status", status, "Revoked", f"Revoke {key} of {key.user.email}", "Revoke key")

        subject = Subject("API key", str(key), key.user.email)
        action = Action("Revoke key", revoke, effect, subject, ("Status", status), consequences=consequences)
        return confirm_and_log(self, request, key, action)


def key_status(key: ApiKey) -> str:
    """Return the status of a key as a word."""
    if key.revoked_at:
        return "Revoked"
    return "Active" if key.is_live else "Expired"
