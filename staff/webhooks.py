"""Admin of webhooks and their deliveries, to read only. Secrets, and the queries of URLs, are never shown."""

from typing import ClassVar

from django.contrib import admin
from unfold.decorators import display

from images.models import WebhookDelivery, WebhookEndpoint
from staff.model_admins import ReadOnlyAdmin


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    """Webhooks, newest first."""

    labels: ClassVar = {
        "id": "Webhook ID",
        "event_types": "Events",
        "created_at": "Created",
        "disabled_at": "Disabled",
        "disabled_reason": "Why disabled",
        "failing_since": "Failing since",
        "previous_secret_expires_at": "Previous secret valid until",
        "deleted_at": "Deleted",
    }
    list_display = ("address", "user", "enabled", "disabled_reason", "failing_since", "created_at", "deleted_at")
    list_filter = ("enabled", "disabled_reason")
    list_select_related = ("user",)
    search_fields = ("=id", "user__email")
    search_help_text = "Webhook ID or email"
    ordering = ("-created_at", "-id")
    # The query of a URL can contain a token.
    exclude = ("url", "secret", "previous_secret")
    readonly_fields = ("address", "created_at")

    @display(description="URL")
    def address(self, endpoint: WebhookEndpoint) -> str:
        return endpoint.url.partition("?")[0]


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """Deliveries, newest first."""

    labels: ClassVar = {
        "id": "Delivery ID (webhook-id)",
        "event_type": "Event",
        "attempt": "Tries",
        "failures": "Failed tries",
        "response_status": "Response",
        "response_excerpt": "Start of the response",
        "next_attempt_at": "Next try",
        "tried_at": "Last try",
        "created_at": "Created",
        "finished_at": "Finished",
        "lease_expires_at": "Worker's lease expires",
    }
    list_display = ("created_at", "event_type", "owner", "status", "attempt", "response_status", "next_attempt_at")
    list_filter = ("status", "event_type")
    list_select_related = ("endpoint__user",)
    search_fields = ("=id", "=endpoint__id", "=image__id")
    search_help_text = "ID of a delivery, webhook or image"
    ordering = ("-created_at", "-id")
    # The user's text about the image.
    exclude = ("data", "endpoint")
    readonly_fields = ("owner", "webhook", "created_at")

    @display(description="User")
    def owner(self, delivery: WebhookDelivery) -> str:
        return delivery.endpoint.user.email if delivery.endpoint.user else "deleted"

    @display(description="Webhook")
    def webhook(self, delivery: WebhookDelivery) -> str:
        return f"{delivery.endpoint.host}, {delivery.endpoint_id}"
