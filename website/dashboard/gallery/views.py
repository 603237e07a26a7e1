"""The gallery: a user's images with filters in the query string, page after page, and what is new while it is open."""

import uuid
from dataclasses import replace
from datetime import date
from typing import Any, Final, NamedTuple, get_args
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import api_keys
from accounts.models import ApiKey, User
from images import search
from images.models import CatalogueModel, Image
from images.schemas import AspectRatio
from images.search import Filter
from website.dashboard.overview import first_steps
from website.public import samples
from website.requests import MemberRequest

WORDS_MAX_CHARACTERS: Final = 200
KEYS_OFFERED_MAX: Final = 200
EXAMPLES: Final = ("sea", "stairwell", "ink", "leaves")
RATIOS: Final[tuple[str, ...]] = get_args(AspectRatio)
STATES: Final = [(search.ALL_STATES, "All states"), *Image.Status.choices]
DATES: Final = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]


class GalleryForm(forms.Form):
    """What the query string chooses; what it cannot mean is as if it were not there."""

    q = forms.CharField(required=False, max_length=WORDS_MAX_CHARACTERS)
    model = forms.CharField(required=False, max_length=100)
    ratio = forms.ChoiceField(choices=[(ratio, ratio) for ratio in RATIOS], required=False)
    state = forms.ChoiceField(choices=STATES, required=False)
    key = forms.UUIDField(required=False)
    since = forms.DateField(required=False, validators=DATES)
    until = forms.DateField(required=False, validators=DATES)
    before = forms.UUIDField(required=False)
    after = forms.UUIDField(required=False)

    def chosen(self) -> dict[str, Any]:
        """Return the values that make sense."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) or None for name in self.fields}

    def filter(self) -> Filter:
        """Return which images are meant."""
        chosen = self.chosen()
        return Filter(
            words=chosen["q"] or "",
            model_id=chosen["model"] or "",
            aspect_ratio=chosen["ratio"] or "",
            state=chosen["state"] or "",
            api_key_id=chosen["key"],
            since=chosen["since"],
            until=chosen["until"],
        )


class Tag(NamedTuple):
    """One filter that is on: what it says, and the query string without it."""

    label: str
    query_without: str


def query_string(chosen: Filter) -> str:
    """Return a filter as the query string that leads to it."""
    parts = {
        "q": chosen.words,
        "model": chosen.model_id,
        "ratio": chosen.aspect_ratio,
        "state": chosen.state,
        "key": chosen.api_key_id,
        "since": chosen.since,
        "until": chosen.until,
    }
    return urlencode({name: value for name, value in parts.items() if value})


@require_safe
@never_cache
@login_required
def gallery(request: MemberRequest) -> HttpResponse:
    """Show the images that the query string asks for; further ones come as tiles by themselves."""
    form = GalleryForm(request.GET)
    given, chosen = form.chosen(), form.filter()
    if request.htmx and given["after"]:
        return render(request, "website/dashboard/gallery/_newer.html", _newer(request.user, chosen, given["after"]))
    context = _page(request.user, chosen, given["before"])
    if request.htmx and given["before"]:
        return render(request, "website/dashboard/gallery/_tiles.html", context)
    context |= _count(request.user, chosen)
    if request.htmx:
        response = render(
            request, "website/dashboard/gallery/_results.html", {**context, **_offered(request.user, chosen)}
        )
        response["HX-Replace-Url"] = reverse("gallery") + (f"?{context['query']}" if context["query"] else "")
        return response
    return render(
        request, "website/dashboard/gallery/page.html", {**context, **_offered(request.user, chosen), "chosen": given}
    )


@require_safe
@never_cache
@login_required
def tile(request: MemberRequest, image_id: uuid.UUID) -> HttpResponse:
    """Show one image as it is now, for the place in the gallery that it has; nothing if it was deleted."""
    image = Image.objects.filter(user_id=request.user.pk, pk=image_id).select_related("api_key").first()
    if image is None:
        raise Http404
    query = query_string(GalleryForm(request.GET).filter())
    return render(
        request,
        "website/dashboard/gallery/_tiles.html",
        {"images": [] if image.deleted_at else [image], "query": query},
    )


def _page(user: User, chosen: Filter, before: uuid.UUID | None) -> dict[str, Any]:
    found = search.images(user.pk, chosen)
    # A deleted one still says where the page begins; another's says nothing.
    last = Image.objects.filter(user_id=user.pk, pk=before).first() if before else None
    found = search.older(found, last) if last else found.newest_first()
    images = list(found.select_related("api_key")[: search.PAGE_IMAGES + 1])
    page = images[: search.PAGE_IMAGES]
    return {
        "images": page,
        "older_before": page[-1].pk if len(images) > len(page) else None,
        "is_first_page": last is None,
        "query": query_string(chosen),
    }


def _newer(user: User, chosen: Filter, after: uuid.UUID) -> dict[str, Any]:
    first = Image.objects.filter(user_id=user.pk, pk=after).first()
    found = search.newer(search.images(user.pk, chosen), first) if first else Image.objects.none()
    images = list(found.select_related("api_key")[: search.PAGE_IMAGES])[::-1]
    return {"images": images, "query": query_string(chosen), **_count(user, chosen)}


def _count(user: User, chosen: Filter) -> dict[str, Any]:
    count, is_more = search.count(user.pk, chosen)
    return {"count": count, "is_more": is_more}


def _offered(user: User, chosen: Filter) -> dict[str, Any]:
    models, keys = list(CatalogueModel.objects.all()), list(api_keys.list_for(user)[:KEYS_OFFERED_MAX])
    return {
        "models": models,
        "keys": keys,
        "ratios": RATIOS,
        "states": STATES,
        "tags": _tags(chosen, models, keys),
        "is_new_account": not first_steps.has_made_images(user),
        "samples": [samples.BY_NAME[name] for name in EXAMPLES],
    }


def _tags(chosen: Filter, models: list[CatalogueModel], keys: list[ApiKey]) -> list[Tag]:
    names = {model.model_id: model.name for model in models}
    key = next((key.name for key in keys if key.pk == chosen.api_key_id), "Another key")
    tags: list[tuple[object, str, dict[str, Any]]] = [
        (chosen.words, f"“{chosen.words}”", {"words": ""}),
        (chosen.model_id, names.get(chosen.model_id, chosen.model_id), {"model_id": ""}),
        (chosen.aspect_ratio, chosen.aspect_ratio, {"aspect_ratio": ""}),
        (chosen.state, dict(STATES).get(chosen.state, ""), {"state": ""}),
        (chosen.api_key_id, f"Made with {key}", {"api_key_id": None}),
        (chosen.since, f"From {chosen.since:%-d %b %Y}" if chosen.since else "", {"since": None}),
        (chosen.until, f"To {chosen.until:%-d %b %Y}" if chosen.until else "", {"until": None}),
    ]
    return [Tag(label, query_string(replace(chosen, **without))) for value, label, without in tags if value]
