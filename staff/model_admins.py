"""Base classes of the admin classes: read-only rows, and rows whose changes are recorded with both values."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Final

from django.contrib.admin.checks import ModelAdminChecks
from django.contrib.admin.utils import display_for_value, model_format_dict, unquote
from django.contrib.admin.views.main import ChangeList
from django.db.models import BooleanField, Model
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.text import capfirst
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from staff.actions import ReasonForm
from staff.templatetags.staff_menu import page_name

# Parameters of a list besides its filters: search, page and order.
LIST_PARAMETERS: Final = ("q", "p", "o")
FILTER_LOOKUPS: Final = ("", "__exact", "__isnull", "__id__exact", "_from", "_to")
NUL: Final = "\0"
# The field of a form for changes that the model does not have.
REASON: Final = "reason"


class StaffModelAdmin(ModelAdmin):  # type: ignore[misc]
    """Defaults of every list and form."""

    # Unfold's own checks query permissions, and system checks run before the database exists.
    checks_class = ModelAdminChecks
    list_per_page = 50
    show_full_result_count = False
    actions = None
    # Labels of fields in lists, filters and forms, where the name of the column would not be understood.
    labels: ClassVar[Mapping[str, str]] = {}
    help_texts: ClassVar[Mapping[str, str]] = {}

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **options: Any) -> Any:
        return super().get_form(
            request, obj, change, **{"labels": self.labels, "help_texts": self.help_texts, **options}
        )

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [self._column(name) for name in super().get_list_display(request)]

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        request.GET = self._known_parameters(request.GET)  # type: ignore[assignment]
        changelist = super().get_changelist_instance(request)
        for filter_spec in changelist.filter_specs:
            filter_spec.title = self.labels.get(getattr(filter_spec, "field_path", ""), filter_spec.title)
        return changelist  # type: ignore[no-any-return]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        title = page_name(url, default=capfirst(self.opts.verbose_name_plural))
        extra_context = {"title": title, **(extra_context or {})}
        return super().changelist_view(request, extra_context)  # type: ignore[no-any-return]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        if NUL in object_id:
            return None
        return super().get_object(request, object_id, from_field)

    def require_object(self, request: HttpRequest, object_id: str) -> Any:
        """Return the object with the id of a URL.

        Raises:
            Http404: There is no such object.
        """
        found = self.get_object(request, unquote(object_id))
        if found is None:
            raise Http404
        return found

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise Http404

    def _known_parameters(self, parameters: QueryDict) -> QueryDict:
        """Return the parameters of the list's own search, order, pages and filters.

        Django also filters by every other field of the model, for example by the beginning of a password hash.
        """
        names = {*LIST_PARAMETERS}
        for item in self.list_filter:
            field = item[0] if isinstance(item, (tuple, list)) else item
            names |= {getattr(item, "parameter_name", None) or f"{field}{lookup}" for lookup in FILTER_LOOKUPS}
        known = parameters.copy()
        for name, values in parameters.lists():
            if name not in names or any(NUL in value for value in values):
                del known[name]
        return known

    def _column(self, name: Any) -> Any:
        """Return a list column with the field's label. In narrow windows it precedes every value."""
        if not isinstance(name, str) or hasattr(self, name):
            return name
        field = self.opts.get_field(name)
        return _labelled(field, self.labels.get(name, capfirst(field.verbose_name)))


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
    """Rows that staff may add and edit with a reason; the history records it with both values of each field."""

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None and not self.has_change_permission(request, obj):
            return fieldsets
        return [*fieldsets, (None, {"fields": (REASON,)})]

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **options: Any) -> Any:
        fields = options.get("fields")
        if not fields or REASON not in fields:
            return super().get_form(request, obj, change, **options)
        options["fields"] = [name for name in fields if name != REASON]
        form = super().get_form(request, obj, change, **options)
        return type(form)("FormWithReason", (ReasonForm, form), {})

    def construct_change_message(
        self, request: HttpRequest, form: ModelForm[Any], formsets: Any, add: bool = False
    ) -> Any:
        reason = form.cleaned_data[REASON]
        if add:
            return f"Added. Reason: {reason}"
        changes = [
            f"{self.labels.get(name, name)}: {_display(form.initial.get(name))} → {_display(form.cleaned_data[name])}"
            for name in form.changed_data
            if name != REASON
        ]
        changes += [change for formset in formsets for change in _row_changes(formset)]
        return f"{'; '.join(changes) or 'Saved without changes'}. Reason: {reason}"

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # Purchases and images still refer to the row, so it can only be disabled.
        return False


def _labelled(field: Any, label: str) -> Callable[[Model], Any]:
    def value(row: Model) -> Any:
        return getattr(row, f"get_{field.name}_display")() if field.choices else getattr(row, field.name)

    value.__name__ = field.name
    value.short_description = label  # type: ignore[attr-defined]
    value.admin_order_field = field.name  # type: ignore[attr-defined]
    value.boolean = isinstance(field, BooleanField)  # type: ignore[attr-defined]
    return value


def _row_changes(formset: Any) -> Iterator[str]:
    """Yield each change of the rows of a form, such as the prices of a model, with both values."""
    labels = {name: field.label or name for name, field in formset.form.base_fields.items()}
    name = capfirst(model_format_dict(formset.model)["verbose_name"])
    for form in (form for form in formset.initial_forms if form not in formset.deleted_forms and form.has_changed()):
        for field in form.changed_data:
            old, new = form.initial.get(field), form.cleaned_data[field]
            yield f"{name} of {form.instance}: {labels[field]}: {_display(old)} → {_display(new)}"
    for form in formset.deleted_forms:
        yield f"{name} of {form.instance} deleted: {_row_values(form.initial, labels)}"
    for form in formset.extra_forms:
        if form.has_changed() and form not in formset.deleted_forms:
            yield f"{name} of {form.instance} added: {_row_values(form.cleaned_data, labels)}"


def _row_values(values: Mapping[str, object], labels: Mapping[str, str]) -> str:
    shown = {label: values.get(name) for name, label in labels.items()}
    return ", ".join(f"{label} {_display(value)}" for label, value in shown.items() if value not in (None, ""))


def _display(value: object) -> str:
    return str(display_for_value(value, "none"))
