"""Base class of the forms that read filters and page positions from a query string."""

from datetime import date
from typing import Any, Final

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

# Date arithmetic on a value in this range cannot leave the range of `datetime.date`.
DATE_MIN: Final = date(2000, 1, 1)
DATE_MAX: Final = date(2999, 12, 31)
# The value of a key filter that selects what was requested without a key.
DASHBOARD: Final = "dashboard"


class QueryDateField(forms.DateField):
    """Optional date in a range that is safe for date arithmetic."""

    def __init__(self) -> None:
        super().__init__(required=False, validators=[MinValueValidator(DATE_MIN), MaxValueValidator(DATE_MAX)])


class KeyField(forms.UUIDField):
    """Id of an API key, or DASHBOARD."""

    def to_python(self, value: Any) -> Any:
        """Return a UUID, DASHBOARD or None."""
        return value if value == DASHBOARD else super().to_python(value)


class QueryForm(forms.Form):
    """Form over a query string, in which every field is optional and an invalid value is ignored.

    Query strings come from bookmarks and edited addresses, so an invalid value is treated as absent, not as an error.
    """

    def valid_values(self) -> dict[str, Any]:
        """Return the value of every field, or None where it is absent, empty or invalid."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) or None for name in self.fields}
