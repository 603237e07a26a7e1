"""Admin of purchases, payment events and credit packs."""

from typing import ClassVar, Final

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action, display

from billing.models import Pack, PaymentEvent, Purchase
from billing.money import dollars
from billing.payments import purchase_sync
from staff.actions import Action, FormValues, Subject, confirm_and_log
from staff.model_admins import AuditedAdmin, ReadOnlyAdmin

# Shown for an amount of zero and for no dispute, as Django shows an absent value.
EMPTY: Final = "-"


@admin.register(Purchase)
class PurchaseAdmin(ReadOnlyAdmin):
    """Purchases, newest first."""

    labels: ClassVar = {
        "id": "Purchase ID",
        "created_at": "Started",
        "paid_at": "Paid",
        "paid_with": "Payment method",
        "gateway": "Payment service",
        "session_id": "Checkout ID",
        "payment_id": "Payment ID",
    }
    list_display = ("created_at", "owner", "bought", "price", "outcome", "refunded", "dispute_state", "owed")
    fieldsets = (
        (None, {"fields": ("owner", "bought", "price", "outcome", "created_at", "paid_at", "paid_with")}),
        (
            "Refunds and disputes",
            {
                "description": "Refunds are made at Stripe and appear here automatically.",
                "fields": ("refunded", "disputed", "dispute_state", "clawed_back", "owed"),
            },
        ),
        ("Payment service", {"fields": ("gateway", "id", "session_id", "payment_id")}),
    )
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

    @display(description="Credits", ordering="credits")
    def bought(self, purchase: Purchase) -> str:
        return f"{purchase.credits:,}"

    @display(description="Credits clawed back")
    def clawed_back(self, purchase: Purchase) -> str:
        return f"{purchase.credits_clawed_back:,}"

    @display(description="Price", ordering="price_cents")
    def price(self, purchase: Purchase) -> str:
        return purchase.price_label

    @display(description="Status", ordering="status")
    def outcome(self, purchase: Purchase) -> str:
        return purchase.outcome

    @display(description="Refunded", ordering="refunded_cents")
    def refunded(self, purchase: Purchase) -> str:
        return _dollars_or_empty(purchase.refunded_cents)

    @display(description="Disputed")
    def disputed(self, purchase: Purchase) -> str:
        return _dollars_or_empty(purchase.disputed_cents)

    @display(description="Credits owed by the user")
    def owed(self, purchase: Purchase) -> str:
        return f"{purchase.account.owed:,}" if purchase.account.owed else EMPTY

    @display(description="Dispute", ordering="dispute")
    def dispute_state(self, purchase: Purchase) -> str:
        return purchase.get_dispute_display() if purchase.dispute else EMPTY

    @action(description="Compare with Stripe", url_path="compare", permissions=["billing.adjust_credits"])
    def compare_purchase(self, request: HttpRequest, object_id: str) -> HttpResponse:
        purchase = self.require_object(request, object_id)

        def sync(_: FormValues) -> str:
            return f"Purchase status: {purchase_sync.sync(purchase.pk).outcome.lower()}."

        consequences = "Fetches the payment from the payment service and updates the purchase and the ledger to match."
        subject = Subject("Purchase", str(purchase), self.owner(purchase))
        action = Action("Compare with Stripe", sync, subject=subject, consequences=consequences)
        return confirm_and_log(self, request, purchase, action)


@admin.register(PaymentEvent)
class PaymentEventAdmin(ReadOnlyAdmin):
    """Webhook events, newest first; an event without a purchase belongs to a payment of another system."""

    labels: ClassVar = {"id": "Event ID", "type": "Event", "about": "Checkout or payment ID", "received_at": "Received"}
    list_display = ("received_at", "type", "about", "purchase")
    search_fields = ("=id", "=about")
    ordering = ("-received_at", "-id")


@admin.register(Pack)
class PackAdmin(AuditedAdmin):
    """Packs on sale. A change applies to new checkouts; a checkout that has started keeps its price."""

    labels: ClassVar = {"price_cents": "Price in US cents", "enabled": "On sale"}
    list_display = ("sold", "price", "enabled")
    ordering = ("credits",)

    @display(description="Credits", ordering="credits")
    def sold(self, pack: Pack) -> str:
        return f"{pack.credits:,}"

    @display(description="Price", ordering="price_cents")
    def price(self, pack: Pack) -> str:
        return pack.price_label


def _dollars_or_empty(cents: int) -> str:
    return dollars(cents) if cents else EMPTY
