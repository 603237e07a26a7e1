"""Read-only admin of ledger entries, with a CSV export."""

import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar, Final

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.utils import parse_date_str

from accounts.models import User
from billing import ledger_statement
from billing.models import CreditAccount, LedgerEntry
from billing.templatetags.credit_format import signed
from images.catalogue import availability
from images.models import CatalogueModel, Image
from images.statistics.spend import Period
from infrastructure.csv_export import csv_response, escape_formula, to_csv
from staff.model_admins import ReadOnlyAdmin

COLUMNS: Final = ("created_at", "id", "account_id", "account__user__email", "type", "amount", "balance_after")
TEXT_COLUMNS: Final = ("description", "reference_id", "api_key_id")


class ModelFilter(admin.SimpleListFilter):
    """Entries of images of one model."""

    title = "model"
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(model.model_id, availability.short_name(model.model_id)) for model in CatalogueModel.objects.all()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
        if not self.value():
            return queryset
        return queryset.filter(reference_id__in=Image.objects.filter(model_id=self.value()).values("id"))


class DaysFilter(RangeDateFilter):  # type: ignore[misc]
    """Entries between two days (UTC), both included; an invalid date is ignored."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
        first, last = (parse_date_str(self.used_parameters.get(f"created_at_{end}", "")) for end in ("from", "to"))
        if first:
            queryset = queryset.filter(created_at__gte=Period(first, first).since)
        # No entry is later than the last day of the calendar, which has no next day.
        return queryset.filter(created_at__lt=Period(last, last).until) if last and last < date.max else queryset


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    """Ledger entries, newest first."""

    labels: ClassVar = {
        "id": "Entry ID",
        "created_at": "Time",
        "type": "Type",
        "reason": "Refund reason",
        "api_key_id": "API key ID",
    }
    list_display = ("created_at", "owner", "type", "credits", "balance", "description", "reference")
    list_filter = ("type", ("created_at", DaysFilter), ModelFilter)
    list_filter_submit = True
    list_select_related = ("account__user",)
    search_fields = ("=reference_id", "=account__user__email")
    search_help_text = "Full email address, image ID or purchase ID"
    ordering = ("-created_at", "-id")
    fields = (
        *("id", "created_at", "owner", "position", "type", "credits", "balance", "description", "reason"),
        *("reference", "api_key_id"),
    )
    list_before_template = "staff/_export_link.html"

    @display(description="User")
    def owner(self, entry: LedgerEntry) -> str:
        return entry.account.user.email if entry.account.user else f"deleted, account {entry.account_id}"

    @display(description="Credits", ordering="amount")
    def credits(self, entry: LedgerEntry) -> str:
        return signed(entry.amount)

    @display(description="Balance", ordering="balance_after")
    def balance(self, entry: LedgerEntry) -> str:
        return f"{entry.balance_after:,}"

    @display(description="Reference")
    def reference(self, entry: LedgerEntry) -> str:
        if entry.reference_id is None:
            return ""
        is_image = entry.type in (LedgerEntry.Type.GENERATION, LedgerEntry.Type.REFUND)
        page = "admin:images_image_change" if is_image else "admin:billing_purchase_change"
        return format_html('<a href="{}">{}</a>', reverse(page, args=[entry.reference_id]), entry.reference_id)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[LedgerEntry], search_term: str
    ) -> tuple[QuerySet[LedgerEntry], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(reference_id=uuid.UUID(term)), False
        except ValueError:
            account = CreditAccount.objects.filter(user__in=User.objects.with_email(term)).values("pk")
            return queryset.filter(account__in=account), False

    def get_urls(self) -> list[URLPattern]:
        export = path("export.csv", self.admin_site.admin_view(self.export), name="billing_ledgerentry_export")
        return [export, *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Stream the entries that match the list's filters as CSV."""
        self.request = request
        parameters = request.GET.copy()
        # The export has no pages.
        parameters.pop("p", None)
        request.GET = parameters  # type: ignore[assignment]
        try:
            changelist = self.get_changelist_instance(request)
        except IncorrectLookupParameters as error:
            raise Http404 from error
        entries = changelist.get_queryset(request).values_list(*COLUMNS, *TEXT_COLUMNS)
        return csv_response(csv_chunks(entries), filename=f"ledger-{timezone.now():%Y-%m-%d}.csv")


def csv_chunks(entries: QuerySet[LedgerEntry, Any]) -> Iterator[bytes]:
    """Yield the entries as CSV, one query for each chunk, so that no cursor stays open during a slow download."""
    columns = (*COLUMNS, *TEXT_COLUMNS)
    yield to_csv([columns])
    ordered = entries.order_by("-created_at", "-id")
    last: tuple[Any, ...] | None = None
    while rows := list(_after(ordered, last)[: ledger_statement.CHUNK_ENTRIES]):
        yield to_csv(tuple(_cell(name, value) for name, value in zip(columns, row, strict=False)) for row in rows)
        last = rows[-1]


def _after(ordered: QuerySet[LedgerEntry, Any], last: tuple[Any, ...] | None) -> QuerySet[LedgerEntry, Any]:
    """Return the entries that follow a row, by its time and id."""
    if last is None:
        return ordered
    created_at, entry_id = last[0], last[1]
    return ordered.filter(created_at__lte=created_at).exclude(created_at=created_at, id__gte=entry_id)


def _cell(column: str, value: object) -> object:
    if column == "type":
        # The word that the pages show.
        return LedgerEntry.Type(str(value)).label
    return escape_formula(value) if isinstance(value, str) else value
