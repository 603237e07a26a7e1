"""Filters of the gallery: the query-string form, and the query string, tags and number of matches of a filter."""

from dataclasses import replace
from typing import Any, Final, NamedTuple, get_args
from urllib.parse import urlencode

from django import forms
from django.core.validators import ProhibitNullCharactersValidator

from accounts.models import ApiKey, User
from images.catalogue import availability
from images.library import search
from images.library.search import Filter
from images.models import Collection, Image
from images.schemas import AspectRatio
from website.dashboard.query_forms import DASHBOARD, KeyField, QueryDateField, QueryForm

RATIOS: Final[tuple[tuple[str, str], ...]] = (
    *((ratio, ratio) for ratio in get_args(AspectRatio)),
    ("auto", "Auto (as the edited image)"),
)
# The tiles show a running image as "Generating".
STATES: Final = [
    (search.ALL_STATES, "All statuses"),
    *((value, "Generating" if value == Image.Status.RUNNING else label) for value, label in Image.Status.choices),
]


class SearchField(forms.CharField):
    """Words to search for. Every text is valid: one that cannot match must show no images, not all of them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.validators = [
            validator for validator in self.validators if not isinstance(validator, ProhibitNullCharactersValidator)
        ]


class GalleryForm(QueryForm):
    """Filters of the gallery, and the image before or after which a page begins or at which it was left."""

    q = SearchField(required=False)
    model = forms.CharField(required=False, max_length=100)
    ratio = forms.ChoiceField(choices=RATIOS, required=False)
    state = forms.ChoiceField(choices=STATES, required=False)
    key = KeyField(required=False)
    collection = forms.UUIDField(required=False)
    favourite = forms.ChoiceField(choices=[("yes", "Favourites")], required=False)
    since = QueryDateField()
    until = QueryDateField()
    before = forms.UUIDField(required=False)
    after = forms.UUIDField(required=False)
    at = forms.UUIDField(required=False)
    # Shows the checkboxes to a browser without scripts.
    select = forms.ChoiceField(choices=[("yes", "Select")], required=False)

    def filters(self) -> Filter:
        """Return the filters for `images.library.search`."""
        values = self.valid_values()
        return Filter(
            words=values["q"] or "",
            model_id=values["model"] or "",
            aspect_ratio=values["ratio"] or "",
            state=values["state"] or "",
            api_key_id=None if values["key"] == DASHBOARD else values["key"],
            without_key=values["key"] == DASHBOARD,
            since=values["since"],
            until=values["until"],
            favourites=values["favourite"] is not None,
            collection_id=values["collection"],
        )


class FilterTag(NamedTuple):
    """An active filter: its label, and the query string that removes it."""

    label: str
    query_without: str


def query_string(filters: Filter) -> str:
    """Return the query string that selects these filters, without the inactive ones."""
    parameters = {
        "q": filters.words,
        "model": filters.model_id,
        "ratio": filters.aspect_ratio,
        "state": filters.state,
        "key": DASHBOARD if filters.without_key else filters.api_key_id,
        "since": filters.since,
        "until": filters.until,
        "collection": filters.collection_id,
        "favourite": "yes" if filters.favourites else "",
    }
    return urlencode({name: value for name, value in parameters.items() if value})


def active_tags(filters: Filter, keys: list[ApiKey], collections: list[Collection]) -> list[FilterTag]:
    """Return a tag for each active filter; keys and collections supply the names."""
    # A key id in an edited address may belong to another user, so it is never looked up by id alone.
    key = next((key for key in keys if key.pk == filters.api_key_id), None)
    kind = "App" if key is not None and key.is_connection else "Key"
    collection = next((each.name for each in collections if each.pk == filters.collection_id), "another one")
    tags: list[tuple[object, str, dict[str, Any]]] = [
        (filters.words, f"“{filters.words}”", {"words": ""}),
        (filters.model_id, availability.short_name(filters.model_id), {"model_id": ""}),
        (filters.aspect_ratio, filters.aspect_ratio.capitalize(), {"aspect_ratio": ""}),
        (filters.state, dict(STATES).get(filters.state, ""), {"state": ""}),
        (filters.api_key_id, f"{kind}: {key.name if key else 'another key'}", {"api_key_id": None}),
        (filters.without_key, "Dashboard", {"without_key": False}),
        (filters.collection_id, f"Collection: {collection}", {"collection_id": None}),
        (filters.favourites, "Favourites", {"favourites": False}),
        (filters.since, f"From {filters.since:%-d %b %Y}" if filters.since else "", {"since": None}),
        (filters.until, f"To {filters.until:%-d %b %Y}" if filters.until else "", {"until": None}),
    ]
    return [FilterTag(label, query_string(replace(filters, **removal))) for value, label, removal in tags if value]


def count_context(user: User, filters: Filter) -> dict[str, Any]:
    """Return the context of `_count.html`."""
    count, is_more = search.count(user.pk, filters)
    return {"count": count, "is_more": is_more}
