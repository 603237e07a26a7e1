"""Compare models: one prompt to several models, with their pictures side by side."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.authentication import Caller
from accounts.models import User
from images import model_comparison
from images.exceptions import UnsupportedOption
from images.model_comparison import MODELS_MAX
from images.models import Image
from infrastructure.exceptions import InvalidArguments, ServiceError
from website.dashboard import source_pictures
from website.dashboard.gallery.ownership import get_own_image
from website.dashboard.generate import comparison_form, composer
from website.dashboard.generate.comparison_form import ComparisonForm
from website.dashboard.generate.result_panel import state_context
from website.requests import MemberRequest

PAGE = "website/dashboard/comparison/page.html"
MESSAGES = {
    "prompt": "Enter a prompt of 1 to 8,000 characters.",
    "style": "Enter a style of at most 500 characters.",
    "aspectRatio": "Choose one of the aspect ratios below.",
    "outputFormat": composer.TRANSPARENT_JPEG,
}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def compare_models(request: MemberRequest) -> HttpResponse:
    """Show the form, or the images of a comparison side by side; on POST, request one image from each model.

    A POST with "update_price" only shows the prices of the chosen options.
    """
    if request.method == "POST":
        form = ComparisonForm.from_post(request.POST)
        return _show_prices(request, form) if "update_price" in request.POST else _submit(request, form)
    images = _images(request, "image")
    results = _results(request.user, images)
    if request.htmx:
        if request.GET.get("seen") == results["version"]:
            return HttpResponse(status=204)
        return render(request, "website/dashboard/comparison/_results.html", results)
    models = composer.catalogue()
    form = ComparisonForm.from_images(images or _images(request, "like"), models)
    return render(request, PAGE, {**results, **comparison_form.context(form, models)})


def _show_prices(request: MemberRequest, form: ComparisonForm) -> HttpResponse:
    template = "website/dashboard/comparison/_models.html" if request.htmx else PAGE
    return render(request, template, comparison_form.context(form, composer.catalogue()))


def _submit(request: MemberRequest, form: ComparisonForm) -> HttpResponse:
    if problems := form.problems(composer.catalogue()):
        return _refuse(request, form, problems, UnsupportedOption)
    try:
        receipts = model_comparison.request_each(Caller.in_dashboard(request.user), form.requests())
    except ServiceError as error:
        return _refuse(request, form, _problems(error), error)
    query = urlencode([("image", str(receipt.image.pk)) for receipt in receipts])
    return redirect(f"{reverse('compare-models')}?{query}")


def _refuse(
    request: MemberRequest, form: ComparisonForm, problems: list[str], error: ServiceError | type[ServiceError]
) -> HttpResponse:
    # The models are read again, because a changed price may be the reason.
    context = comparison_form.context(form, composer.catalogue())
    return render(request, PAGE, {**context, "problems": problems, "code": error.code}, status=error.status)


def _images(request: MemberRequest, name: str) -> list[Image]:
    ids = list(dict.fromkeys(filter(None, request.GET.getlist(name))))
    if len(ids) > MODELS_MAX:
        raise Http404
    return [get_own_image(request.user, image_id) for image_id in ids]


def _results(user: User, images: Sequence[Image]) -> dict[str, Any]:
    source_pictures.prefetch(images)
    results = [{"image": image, **state_context(user, image)} for image in images]
    version = hashlib.sha256(" ".join(f"{image.pk} {image.status}" for image in images).encode()).hexdigest()[:16]
    finished = [result for result in results if result["image"].picture_name]
    if len(finished) == len(results) > 1:
        cheapest = _lowest(results, lambda result: result["image"].credit_cost)
        fastest = _lowest(results, lambda result: result["duration"])
        for result in results:
            result["note"] = _note(is_cheapest=result is cheapest, is_fastest=result is fastest)
    return {
        "images": images,
        "results": results,
        "version": version,
        "is_finished": all(image.is_final for image in images),
        "charged": sum(image.credit_cost for image in images if image.picture_name or not image.is_final),
    }


def _lowest(results: Sequence[dict[str, Any]], value: Callable[[dict[str, Any]], Any]) -> dict[str, Any] | None:
    """Return the result with the lowest value; None if several have it."""
    lowest = min(map(value, results))
    found = [result for result in results if value(result) == lowest]
    return found[0] if len(found) == 1 else None


def _note(*, is_cheapest: bool, is_fastest: bool) -> str:
    words = [word for word, applies in (("cheapest", is_cheapest), ("fastest", is_fastest)) if applies]
    return " and ".join(words).capitalize()


def _problems(error: ServiceError) -> list[str]:
    if isinstance(error, InvalidArguments):
        return [MESSAGES.get(field.field, field.message) for field in error.fields]
    return [error.message]
