"""Admin of purchases, payment events and credit packs."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action, display

from billing.models import Pack, PaymentEvent, Purchase
from billing.payments import purchase_sync
from staff.actions import FormValues, confirm_and_log
from staff.model_admins import AuditedAdmin, ReadOnlyAdmin


@admin.register(Purchase)
class PurchaseAdmin(ReadOnlyAdmin):
    """Purchases, newest first."""

    list_display = ("created_at", "owner", "credits", "price_label", "status", "refunded_cents", "dispute", "owed")
    list_filter = ("status", "dispute", "gateway")
    list_select_related = ("account__user",)
    search_fields = ("=id", "=session_id", "=payment_id", "account__user__email")
    search_help_text = "Email, purchase ID, or Stripe checkout or payment ID"
    ordering = ("-created_at", "-id")
    actions_detail = ("compare_purchase",)

    @display(description="User")
    def owner(self, purchase: Purchase) -> str:
        user = purchase.account.user
        return user.email if user else f"deleted, account {purchase.account_id}"

    @display(description="Credits owed")
    def owed(self, purchase: Purchase) -> int:
        return purchase.account.owed

    @action(description="Compare with Stripe", url_path="compare", permissions=["billing.adjust_credits"])
    def compare_purchase(self, request: HttpRequest, object_id: str) -> HttpResponse:
        purchase = Purchase.objects.get(pk=object_id)

        def sync(_: FormValues) -> str:
            return f"Purchase status: {purchase_sync.sync(purchase.pk).get_status_display().lower()}."

        consequences = "Fetches the payment from the payment service and updates the purchase and the ledger to match."
        return confirm_and_log(
            self, request, purchase, title="Compare with Stripe", action=sync, consequences=consequences
        )


@admin.register(PaymentEvent)
class PaymentEventAdmin(ReadOnlyAdmin):
    """Webhook events, newest first; an event without a purchase belongs to a payment of another system."""

    list_display = ("received_at", "type", "about", "purchase")
    list_filter = ("type",)
    search_fields = ("=id", "=about")
    ordering = ("-received_at", "-id")


@admin.register(Pack)
class PackAdmin(AuditedAdmin):
    """Packs on sale. A change applies to new checkouts; a checkout that has started keeps its price."""

    list_display = ("credits", "price_label", "enabled")
    ordering = ("credits",)
