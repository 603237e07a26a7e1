"""Admin of API keys, connected apps and the clients that can connect. Secrets and their digests are never shown."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action, display

from accounts import api_keys
from accounts.models import ApiKey, OAuthClient
from staff import effects
from staff.actions import FormValues, Subject, confirm_and_log
from staff.model_admins import ReadOnlyAdmin


class KindFilter(admin.SimpleListFilter):
    """API keys or connected apps."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("key", "API keys"), ("app", "Connected apps")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
        if self.value() not in ("key", "app"):
            return queryset
        return queryset.filter(client__isnull=(self.value() == "key"))


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Keys and connected apps, newest first."""

    labels: ClassVar = {
        "id": "Key ID",
        "last_four": "Last four characters",
        "client": "App",
        "monthly_credit_cap": "Monthly cap in credits",
        "confirm_above": "Confirmation above, in credits (MCP)",
        "allowed_models": "Allowed models",
        "created_at": "Created",
        "expires_at": "Expires",
        "revoked_at": "Revoked",
        "last_used_at": "Last used",
        "last_used_address": "Last used from IP address",
        "last_used_client": "Last used by client",
    }
    list_display = ("name", "identity", "user", "created_at", "expires_at", "revoked_at", "last_used_at")
    list_filter = (KindFilter,)
    list_select_related = ("user", "client")
    search_fields = ("=last_four", "name", "client__name", "user__email")
    search_help_text = "Last four characters, name, app or email"
    ordering = ("-created_at", "-id")
    exclude = ("digest",)
    readonly_fields = ("identity", "client")
    actions_detail = ("revoke_key",)

    @display(description="Key or app")
    def identity(self, key: ApiKey) -> str:
        if key.client is None:
            return f"…{key.last_four}"
        return f"{key.client.host or 'Self-declared'}: {key.client.name}"

    @action(description="Revoke key", url_path="revoke", permissions=["accounts.revoke_apikey"])
    def revoke_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.require_object(request, object_id)

        def revoke(_: FormValues) -> str:
            return "Revoked." if api_keys.revoke(key) else "Already revoked."

        kind = "Connected app" if key.is_connection else "API key"
        consequences = "Requests with this key fail immediately. This can't be undone."
        if key.is_connection:
            consequences = "Requests from this app fail immediately. The user can connect it again."
        action = effects.status_action(
            "Revoke key",
            revoke,
            subject=Subject(kind, str(key), key.user.email),
            before=key_status(key),
            after="Revoked",
            question=f"Revoke {key} of {key.user.email}",
            consequences=consequences,
        )
        return confirm_and_log(self, request, key, action)


def key_status(key: ApiKey) -> str:
    """Return the status of a key as a word."""
    if key.revoked_at:
        return "Revoked"
    return "Active" if key.is_live else "Expired"


@admin.register(OAuthClient)
class OAuthClientAdmin(ReadOnlyAdmin):
    """Clients that registered or that have a metadata document, newest first."""

    labels: ClassVar = {
        "id": "Client ID",
        "redirect_uris": "Redirect URIs",
        "auth_method": "Authentication",
        "created_at": "Created",
        "fresh_until": "Metadata document valid until",
    }
    list_display = ("name", "identity", "created_at", "fresh_until")
    search_fields = ("name", "id")
    search_help_text = "Name or client ID"
    ordering = ("-created_at", "id")
    readonly_fields = ("created_at",)

    @display(description="Identified by")
    def identity(self, client: OAuthClient) -> str:
        return client.host or "Self-declared"
