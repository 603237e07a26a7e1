"""What all lists and forms of the staff's site share: what nobody may change, and changes written down in full."""

from typing import Any

from django.contrib.admin.checks import ModelAdminChecks
from django.contrib.admin.utils import display_for_value
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator


class StaffModelAdmin(ModelAdmin):  # type: ignore[misc]
    """Lists and forms of the staff's site."""

    # Unfold's own checks look for permissions in a database that need not be there yet.
    checks_class = ModelAdminChecks
    list_per_page = 50
    show_full_result_count = False
    actions = None


class ReadOnlyAdmin(StaffModelAdmin):
    """Rows that only the apps' own functions write: nobody adds, changes or deletes one here, superusers included."""

    # A table of millions is not counted to show fifty rows of it.
    paginator = InfinitePaginator

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class AuditedAdmin(StaffModelAdmin):
    """Rows that staff change: the history keeps each old value beside the new one."""

    def construct_change_message(
        self, request: HttpRequest, form: ModelForm[Any], formsets: Any, add: bool = False
    ) -> Any:
        if add:
            return super().construct_change_message(request, form, formsets, add)
        changes = [
            f"{name}: {_shown(form.initial.get(name))} → {_shown(form.cleaned_data[name])}"
            for name in form.changed_data
        ]
        return "; ".join(changes) or "Saved without a change"

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # What was sold or made under it still names it: it is switched off instead.
        return False


def _shown(value: object) -> str:
    return str(display_for_value(value, "none"))
