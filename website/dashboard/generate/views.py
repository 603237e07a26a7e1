"""Generate page: the composer, and a result panel that follows an image until it is finished."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.authentication import Caller
from images import generation
from images.models import Image
from infrastructure.exceptions import InvalidArguments, ServiceError
from website.dashboard.gallery.ownership import get_own_image, was_deleted
from website.dashboard.generate import composer
from website.dashboard.generate.composer import Composer, ModelOption
from website.dashboard.generate.result_panel import ResultPanel, generate_url
from website.requests import MemberRequest


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def generate(request: MemberRequest) -> HttpResponse:
    """Show the composer and the result panel; on POST, request an image, or show the price without JavaScript."""
    if request.method != "POST":
        return _show(request)
    return _update_price(request) if "update_price" in request.POST else _submit(request)


def _show(request: MemberRequest) -> HttpResponse:
    image, source = _image_parameter(request, "image"), _image_parameter(request, "like")
    panel = ResultPanel.for_user(request.user, image or source)
    if request.htmx:
        if request.GET.get("seen") == panel.version:
            return HttpResponse(status=204)
        context = {**panel.context(request.user), "is_update": True}
        return render(request, "website/dashboard/generate/_result_panel.html", context)
    options = composer.model_options()
    context = {
        **composer.context(_initial_composer(request, source or image, options), options),
        **panel.context(request.user),
        "shows_result": image is not None,
    }
    return render(request, "website/dashboard/generate/page.html", context)


def _update_price(request: MemberRequest) -> HttpResponse:
    options = composer.model_options()
    context = composer.context(Composer.from_post(request.POST), options)
    context |= ResultPanel.for_user(request.user, None).context(request.user)
    return render(request, "website/dashboard/generate/page.html", context)


def _submit(request: MemberRequest) -> HttpResponse:
    submitted, options = Composer.from_post(request.POST), composer.model_options()
    try:
        arguments = submitted.arguments(options)
        caller = Caller.in_dashboard(request.user)
        agreed = submitted.displayed_price(arguments, options)
        image = generation.request(caller, arguments, agreed_credits=agreed).image
    except ServiceError as error:
        return _error_response(request, submitted, error)
    if not request.htmx:
        return redirect(generate_url(image))
    panel = ResultPanel.for_user(request.user, image)
    context = {**panel.context(request.user), "composer": Composer.from_image(image)}
    response = render(request, "website/dashboard/generate/_submitted.html", context)
    response["HX-Push-Url"] = generate_url(image)
    return response


def _error_response(request: MemberRequest, submitted: Composer, error: ServiceError) -> HttpResponse:
    problems = composer.error_messages(submitted, error) if isinstance(error, InvalidArguments) else [error.message]
    # The options are read again, because a changed price may be the reason for the error.
    context = {**composer.context(submitted, composer.model_options()), "problems": problems, "code": error.code}
    if not request.htmx:
        context |= ResultPanel.for_user(request.user, None).context(request.user)
        return render(request, "website/dashboard/generate/page.html", context, status=error.status)
    response = render(request, "website/dashboard/generate/_composer.html", context)
    response["HX-Retarget"] = "#composer"
    response["HX-Reswap"] = "outerHTML"
    return response


def _image_parameter(request: MemberRequest, name: str) -> Image | None:
    """Return the image that this query parameter identifies, or None.

    An open page may still name an image that was deleted since, for which this returns None, too.

    Raises:
        Http404: The user has no such image.
    """
    image_id = request.GET.get(name)
    if not image_id or (request.htmx and was_deleted(request.user, image_id)):
        return None
    return get_own_image(request.user, image_id)


def _initial_composer(request: MemberRequest, image: Image | None, options: list[ModelOption]) -> Composer:
    sample = composer.sample(request.GET.get("sample", ""))
    if image is not None:
        return Composer.from_image(image)
    return Composer.from_sample(sample, options) if sample else Composer.empty(options)
