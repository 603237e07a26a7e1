"""Admin of the history: every staff action with its author, time and reason."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry

from staff.model_admins import ReadOnlyAdmin


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """History entries, newest first."""

    list_display = ("action_time", "user", "content_type", "object_repr", "change_message")
    list_filter = ("content_type",)
    list_select_related = ("user", "content_type")
    search_fields = ("=object_id", "user__email", "change_message")
    ordering = ("-action_time", "-id")
