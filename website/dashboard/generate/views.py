"""Generate: the composer with its prices, and the stage that follows an image until it is there."""

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
from website.dashboard.generate.stage import Stage, generate_url
from website.requests import MemberRequest


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def generate(request: MemberRequest) -> HttpResponse:
    """Show composer and stage; sent the form, ask for an image."""
    return _ask(request) if request.method == "POST" else _show(request)


def _show(request: MemberRequest) -> HttpResponse:
    shown, model = _named(request, "image"), _named(request, "like")
    stage = Stage.of(request.user, shown or model)
    if request.htmx:
        if request.GET.get("seen") == stage.seen:
            return HttpResponse(status=204)
        return render(
            request, "website/dashboard/generate/_stage.html", {**stage.context(request.user), "is_news": True}
        )
    options = composer.model_options()
    context = {
        **composer.context(_begun(request, model or shown, options), options),
        **stage.context(request.user),
        "is_result": shown is not None,
    }
    return render(request, "website/dashboard/generate/page.html", context)


def _ask(request: MemberRequest) -> HttpResponse:
    sent, options = Composer.sent(request.POST), composer.model_options()
    try:
        arguments = sent.arguments(options)
        caller = Caller.in_dashboard(request.user)
        image = generation.request(caller, arguments, agreed_credits=sent.agreed_credits()).image
    except ServiceError as error:
        return _refused(request, sent, error)
    if not request.htmx:
        return redirect(generate_url(image))
    stage = Stage.of(request.user, image)
    response = render(
        request,
        "website/dashboard/generate/_asked.html",
        {**stage.context(request.user), "composer": Composer.like(image)},
    )
    response["HX-Push-Url"] = generate_url(image)
    return response


def _refused(request: MemberRequest, sent: Composer, error: ServiceError) -> HttpResponse:
    problems = composer.error_messages(error) if isinstance(error, InvalidArguments) else [error.message]
    # Read again: the prices may be what has changed.
    context = {**composer.context(sent, composer.model_options()), "problems": problems, "code": error.code}
    if not request.htmx:
        context |= Stage.of(request.user, None).context(request.user)
        return render(request, "website/dashboard/generate/page.html", context, status=error.status)
    response = render(request, "website/dashboard/generate/_composer.html", context)
    response["HX-Retarget"] = "#composer"
    response["HX-Reswap"] = "outerHTML"
    return response


def _named(request: MemberRequest, name: str) -> Image | None:
    """Return the image that the query string names, which must be the user's own; on an open page it may be gone."""
    image_id = request.GET.get(name)
    if not image_id or (request.htmx and was_deleted(request.user, image_id)):
        return None
    return get_own_image(request.user, image_id)


def _begun(request: MemberRequest, image: Image | None, options: list[ModelOption]) -> Composer:
    sample = composer.sample(request.GET.get("sample", ""))
    if image is not None:
        return Composer.like(image)
    return Composer.of_sample(sample, options) if sample else Composer.empty(options)
