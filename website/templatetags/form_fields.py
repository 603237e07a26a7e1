"""Template tags for form fields: label, control, help text and errors, linked for screen readers."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.forms import BoundField

register = template.Library()


@register.inclusion_tag("website/_field.html")
def field(bound: BoundField, *, label: str = "", help_text: str = "", **options: Any) -> dict[str, Any]:
    """Render a form field.

    Options become attributes of the control, with `-` for `_` in their names. Options with the prefix `part_` are
    passed to the template without the prefix: `note`, `link`, `link_text`, `strength`, `max_characters`.
    """
    described_by = [f"{bound.auto_id}-help"] if help_text else []
    described_by += [f"{bound.auto_id}-error"] if bound.errors else []
    max_characters = options.get("part_max_characters")
    described_by += [f"{bound.auto_id}-over"] if max_characters else []
    attributes = {name.replace("_", "-"): value for name, value in options.items() if not name.startswith("part_")}
    control = {
        "class": "input",
        "aria-describedby": " ".join(described_by) or None,
        "placeholder": None,
        # For limits.js.
        "data-max-characters": max_characters,
        **attributes,
    }
    if bound.errors:
        control["aria-invalid"] = "true"
    # After a refused form, the first field with an error has the focus, which scrolls to it.
    if refused := next((name for name in bound.form.fields if bound.form.has_error(name)), None):
        control["autofocus"] = bound.name == refused
    # Django renders an attribute with the value None as "None" and leaves out one with the value False.
    widget = bound.as_widget(attrs={name: value if value is not None else False for name, value in control.items()})
    return {
        "bound": bound,
        "label": label or bound.label,
        "help_text": help_text,
        "widget": widget,
        "is_password": getattr(bound.field.widget, "input_type", "") == "password",
        **{name.removeprefix("part_"): value for name, value in options.items() if name.startswith("part_")},
    }


@register.filter
def lines(items: Iterable[object]) -> str:
    """Join the items with line breaks."""
    return "\n".join(str(item) for item in items)
