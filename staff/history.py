"""Admin of the history: every staff action with its author, time and reason."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from unfold.decorators import display

from staff.model_admins import ReadOnlyAdmin


class KindFilter(admin.SimpleListFilter):
    """Entries about objects of one model that the staff site lists."""

    title = "object type"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        options = [model_admin.opts for model_admin in model_admin.admin_site._registry.values()]  # noqa: SLF001
        return [(model.label_lower, capfirst(model.verbose_name)) for model in options if model.model is not LogEntry]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        app_label, _, model = (self.value() or "").partition(".")
        return queryset.filter(content_type__app_label=app_label, content_type__model=model) if model else queryset


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """History entries, newest first."""

    labels: ClassVar = {
        "action_time": "Time",
        "user": "Staff member",
        "content_type": "Object type",
        "object_id": "Object ID",
        "object_repr": "Object",
        "action_flag": "Action",
        "change_message": "Change and reason",
    }
    list_display = ("action_time", "user", "kind", "object_repr", "change_message")
    list_filter = (KindFilter,)
    search_help_text = "Object ID, staff member's email, or words from the reason"
    list_select_related = ("user", "content_type")
    search_fields = ("=object_id", "user__email", "change_message")
    ordering = ("-action_time", "-id")

    @display(description="Object type")
    def kind(self, entry: LogEntry) -> str:
        return kind_label(entry.content_type)


def kind_label(content_type: ContentType | None) -> str:
    """Return the name of a model as a label, which keeps upper case such as in "API key"."""
    return capfirst(content_type.name) if content_type else ""
