"""Filters of the gallery: the query-string form, the query string of a filter, and the tags of the active filters."""

from dataclasses import replace
from typing import Any, Final, NamedTuple, get_args
from urllib.parse import urlencode

from django import forms

from accounts.models import ApiKey
from images import catalogue, search
from images.models import Image
from images.schemas import AspectRatio
from images.search import Filter
from website.dashboard.query_forms import QueryDateField, QueryForm

SEARCH_MAX_CHARACTERS: Final = 200
RATIOS: Final[tuple[str, ...]] = get_args(AspectRatio)
STATES: Final = [(search.ALL_STATES, "All states"), *Image.Status.choices]


class GalleryForm(QueryForm):
    """Filters of the gallery, and the image before or after which a page of results begins."""

    q = forms.CharField(required=False, max_length=SEARCH_MAX_CHARACTERS)
    model = forms.CharField(required=False, max_length=100)
    ratio = forms.ChoiceField(choices=[(ratio, ratio) for ratio in RATIOS], required=False)
    state = forms.ChoiceField(choices=STATES, required=False)
    key = forms.UUIDField(required=False)
    since = QueryDateField()
    until = QueryDateField()
    before = forms.UUIDField(required=False)
    after = forms.UUIDField(required=False)

    def filters(self) -> Filter:
        """Return the filters for `images.search`."""
        values = self.valid_values()
        return Filter(
            words=values["q"] or "",
            model_id=values["model"] or "",
            aspect_ratio=values["ratio"] or "",
            state=values["state"] or "",
            api_key_id=values["key"],
            since=values["since"],
            until=values["until"],
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
        "key": filters.api_key_id,
        "since": filters.since,
        "until": filters.until,
    }
    return urlencode({name: value for name, value in parameters.items() if value})


def active_tags(filters: Filter, keys: list[ApiKey]) -> list[FilterTag]:
    """Return a tag for each active filter; keys supply the names."""
    # A key id in an edited address may belong to another user, so it is never looked up by id alone.
    key_name = next((key.name for key in keys if key.pk == filters.api_key_id), "another key")
    tags: list[tuple[object, str, dict[str, Any]]] = [
        (filters.words, f"“{filters.words}”", {"words": ""}),
        (filters.model_id, catalogue.short_name(filters.model_id), {"model_id": ""}),
        (filters.aspect_ratio, filters.aspect_ratio, {"aspect_ratio": ""}),
        (filters.state, dict(STATES).get(filters.state, ""), {"state": ""}),
        (filters.api_key_id, f"Key: {key_name}", {"api_key_id": None}),
        (filters.since, f"From {filters.since:%-d %b %Y}" if filters.since else "", {"since": None}),
        (filters.until, f"To {filters.until:%-d %b %Y}" if filters.until else "", {"until": None}),
    ]
    return [FilterTag(label, query_string(replace(filters, **removal))) for value, label, removal in tags if value]
