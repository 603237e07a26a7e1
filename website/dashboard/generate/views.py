"""Generate page: the composer, and a result panel that follows the requested images until they are finished."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.authentication import Caller
from images import generation
from images.generation import IMAGES_MAX
from images.models import CatalogueModel, Image
from infrastructure.exceptions import InvalidArguments, ServiceError
from website.dashboard.gallery.ownership import get_own_image, was_deleted
from website.dashboard.generate import code_samples, composer, source_list
from website.dashboard.generate.composer import Composer
from website.dashboard.generate.result_panel import ResultPanel, generate_url
from website.dashboard.generate.source_list import SourceChange, Sources
from website.requests import MemberRequest

# The ids of the sources in the form that was shown last, to which "Use as reference" on another page adds.
COOKIE: Final = "composer_sources"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def generate(request: MemberRequest) -> HttpResponse:
    """Show the composer and the result panel; on POST, request images, or show the form with changed sources."""
    if request.method != "POST":
        return _show(request)
    submitted = Composer.from_post(request.POST)
    change = source_list.change(Caller.in_dashboard(request.user), submitted.sources, request)
    submitted = submitted.with_sources(change.sources)
    if "show_code" in request.POST and not change.problems:
        return _show_code(request, submitted, change)
    if change.is_action or change.problems or "update_price" in request.POST:
        return _show_form(request, submitted, change)
    return _submit(request, submitted)


def _show(request: MemberRequest) -> HttpResponse:
    images, like = _images_parameter(request, "image"), _images_parameter(request, "like")
    panel = ResultPanel.for_user(request.user, images or like)
    if request.htmx:
        if request.GET.get("seen") == panel.version:
            return HttpResponse(status=204)
        context = {**panel.context(request.user), "is_update": True}
        return render(request, "website/dashboard/generate/_result_panel.html", context)
    models = composer.catalogue()
    shown = _initial_composer(request, next(iter([*like, *images]), None), models)
    context = {
        **_form_context(request, shown, SourceChange(shown.sources), models),
        **panel.context(request.user),
        "shows_result": bool(images),
    }
    return _remember(render(request, "website/dashboard/generate/page.html", context), shown.sources)


def _show_form(request: MemberRequest, submitted: Composer, change: SourceChange) -> HttpResponse:
    """Show the form as submitted, with changed sources or the price of its options, and charge nothing."""
    context = _form_context(request, submitted, change, composer.catalogue())
    if not request.htmx:
        context |= ResultPanel.for_user(request.user, []).context(request.user)
        return _remember(render(request, "website/dashboard/generate/page.html", context), change.sources)
    response = render(request, "website/dashboard/generate/_sources_changed.html", context)
    response["HX-Retarget"] = "#composer-sources"
    response["HX-Reswap"] = "outerHTML"
    response["HX-Replace-Url"] = _sources_url(change.sources)
    return _remember(response, change.sources)


def _show_code(request: MemberRequest, submitted: Composer, change: SourceChange) -> HttpResponse:
    """Show programs that request what the form would, and charge nothing."""
    models = composer.catalogue()
    context = _code_context(request, submitted, models)
    if request.htmx:
        response = render(request, "website/dashboard/generate/_code.html", context)
        response["HX-Retarget"], response["HX-Reswap"] = "#code", "innerHTML"
        return response
    context |= _form_context(request, submitted, change, models)
    context |= ResultPanel.for_user(request.user, []).context(request.user)
    return _remember(render(request, "website/dashboard/generate/page.html", context), change.sources)


def _code_context(request: MemberRequest, submitted: Composer, models: Sequence[CatalogueModel]) -> dict[str, Any]:
    pictures, mask = source_list.pictures(Caller.in_dashboard(request.user), submitted.sources)
    problems = [each.problem for each in (*pictures, mask) if each and each.problem]
    if problems:
        return {"code_problems": problems}
    try:
        arguments = submitted.arguments(composer.model_options(models, submitted.sources), {})
        return {"code_samples": code_samples.build(arguments, submitted.images, pictures, mask)}
    except InvalidArguments as error:
        return {"code_problems": composer.error_messages(submitted, error)}


def _submit(request: MemberRequest, submitted: Composer) -> HttpResponse:
    caller, options = Caller.in_dashboard(request.user), composer.model_options(composer.catalogue(), submitted.sources)
    pictures, mask = source_list.pictures(caller, submitted.sources)
    found = [each for each in (*pictures, mask) if each and each.picture]
    try:
        arguments = submitted.arguments(options, {each.source_id: each.sha256 for each in found})
        agreed = submitted.displayed_price(arguments, options)
        receipts = generation.request_all(caller, arguments, submitted.images, agreed_credits=agreed)
    except ServiceError as error:
        return _error_response(request, submitted, error)
    images = [receipt.image for receipt in receipts]
    if not request.htmx:
        return redirect(generate_url(*images))
    panel = ResultPanel.for_user(request.user, images)
    context = {**panel.context(request.user), "composer": Composer("")}
    response = render(request, "website/dashboard/generate/_submitted.html", context)
    response["HX-Push-Url"] = generate_url(*images)
    return response


def _error_response(request: MemberRequest, submitted: Composer, error: ServiceError) -> HttpResponse:
    # The models are read again, because a changed price may be the reason for the error.
    context = _form_context(request, submitted, SourceChange(submitted.sources), composer.catalogue())
    context |= {"problems": composer.request_messages(submitted, error), "code": error.code}
    if not request.htmx:
        context |= ResultPanel.for_user(request.user, []).context(request.user)
        response = render(request, "website/dashboard/generate/page.html", context, status=error.status)
        return _remember(response, submitted.sources)
    response = render(request, "website/dashboard/generate/_composer.html", context)
    response["HX-Retarget"] = "#composer"
    response["HX-Reswap"] = "outerHTML"
    return response


def _form_context(
    request: MemberRequest, shown: Composer, change: SourceChange, models: Sequence[CatalogueModel]
) -> dict[str, Any]:
    pictures, mask = source_list.pictures(Caller.in_dashboard(request.user), shown.sources)
    return {
        **composer.context(shown, composer.model_options(models, shown.sources)),
        "sources": pictures,
        "mask": mask,
        "source_note": change.note,
        "source_problems": change.problems,
    }


def _remember(response: HttpResponse, shown: Sources) -> HttpResponse:
    path, ids = reverse("generate"), ".".join(shown.ids)
    secure = settings.SESSION_COOKIE_SECURE
    if ids:
        response.set_cookie(COOKIE, ids, path=path, secure=secure, httponly=True, samesite="Lax")
    else:
        response.delete_cookie(COOKIE, path=path, samesite="Lax")
    return response


def _sources_url(shown: Sources) -> str:
    """Return the URL of the page with these sources, so that reloading it or signing in again keeps them."""
    query = [("source", source_id) for source_id in shown.ids] + ([("mask", shown.mask)] if shown.mask else [])
    return reverse("generate") + (f"?{urlencode(query)}" if query else "")


def _images_parameter(request: MemberRequest, name: str) -> Sequence[Image]:
    """Return the images that this query parameter identifies, one or several that were requested together.

    An open page may still name an image that was deleted since, which is left out.

    Raises:
        Http404: The user has no such image.
    """
    ids = list(dict.fromkeys(filter(None, request.GET.getlist(name))))[:IMAGES_MAX]
    kept = [image_id for image_id in ids if not (request.htmx and was_deleted(request.user, image_id))]
    return [get_own_image(request.user, image_id) for image_id in kept]


def _initial_composer(request: MemberRequest, image: Image | None, models: Sequence[CatalogueModel]) -> Composer:
    sample = composer.sample(request.GET.get("sample", ""))
    named = _named_sources(request)
    if image is not None:
        shown = Composer.from_image(image)
        return replace(shown, sources=named) if named.ids else shown
    options = composer.model_options(models, named)
    shown = Composer.from_sample(sample, options) if sample else Composer.empty(options)
    if any(option.model.model_id == request.GET.get("model") for option in options):
        shown = replace(shown, model_id=request.GET["model"])
    return shown.with_sources(named)


def _named_sources(request: MemberRequest) -> Sources:
    """Return the sources that the query names: one to edit, one more reference, or all of them."""
    if edited := request.GET.get("edit"):
        return Sources((str(get_own_image(request.user, edited).pk),))
    if reference := request.GET.get("reference"):
        last = source_list.own(Caller.in_dashboard(request.user), request.COOKIES.get(COOKIE, "").split("."))
        return Sources(tuple(last)).with_more([str(get_own_image(request.user, reference).pk)])
    return Sources.from_data(request.GET)
