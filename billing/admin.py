"""The ledger in Django admin: to be looked at, never to be changed."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from billing.models import CreditAccount, LedgerEntry


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Shows rows that only the ledger's own functions may write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(CreditAccount)
class CreditAccountAdmin(ReadOnlyAdmin):
    """Balances."""

    list_display = ("id", "user", "balance", "entry_count")
    list_select_related = ("user",)
    search_fields = ("user__email",)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    """Entries, newest first."""

    list_display = ("created_at", "account", "type", "amount", "balance_after", "description", "reference_id")
    list_filter = ("type",)
    list_select_related = ("account__user",)
    search_fields = ("=reference_id", "account__user__email")
    ordering = ("-created_at", "-id")
