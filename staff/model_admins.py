"""Base classes of the admin classes: read-only rows, and rows whose changes are recorded with both values."""

from typing import Any

from django.contrib.admin.checks import ModelAdminChecks
from django.contrib.admin.utils import display_for_value
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator


class StaffModelAdmin(ModelAdmin):  # type: ignore[misc]
    """Defaults of every list and form."""

    # Unfold's own checks query permissions, and system checks run before the database exists.
    checks_class = ModelAdminChecks
    list_per_page = 50
    show_full_result_count = False
    actions = None


class ReadOnlyAdmin(StaffModelAdmin):
    """Rows that only domain functions write; forms cannot add, change or delete them, not even for superusers."""

    # Counting a table of millions of rows to show fifty of them would take seconds.
    paginator = InfinitePaginator

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class AuditedAdmin(StaffModelAdmin):
    """Rows that staff may edit; the history records the old and the new value of each field."""

    def construct_change_message(
        self, request: HttpRequest, form: ModelForm[Any], formsets: Any, add: bool = False
    ) -> Any:
        if add:
            return super().construct_change_message(request, form, formsets, add)
        changes = [
            f"{name}: {_display(form.initial.get(name))} → {_display(form.cleaned_data[name])}"
            for name in form.changed_data
        ]
        return "; ".join(changes) or "Saved without changes"

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # Purchases and images still refer to the row, so it can only be disabled.
        return False


def _display(value: object) -> str:
    return str(display_for_value(value, "none"))
