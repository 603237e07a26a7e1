"""Page that creates, changes and revokes the public page of an image."""

import uuid

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.authentication import Caller
from images.exceptions import NotReady
from images.shares import shares
from website.dashboard.gallery.ownership import get_own_image
from website.requests import MemberRequest


class ShareForm(forms.Form):
    """What the public page shows."""

    shows_prompt = forms.BooleanField(label="Show the prompt", required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def share(request: MemberRequest, image_id: uuid.UUID) -> HttpResponse:
    """Show the link of the public page; on POST, create the page or change what it shows."""
    image = get_own_image(request.user, image_id)
    if request.method != "POST":
        found = shares.of_image(image)
        context = {"image": image, "share": found, "link": shares.url(found) if found else ""}
        return render(request, "website/dashboard/image/share.html", context)
    form = ShareForm(request.POST)
    form.is_valid()
    try:
        _, is_new = shares.share(
            Caller.in_dashboard(request.user), image.pk, shows_prompt=form.cleaned_data["shows_prompt"]
        )
    except NotReady as error:
        messages.error(request, error.message)
        return redirect("image", image.pk)
    messages.success(request, "Link created." if is_new else "Public page updated.")
    return redirect("share-image", image.pk)


@require_POST
@login_required
def revoke_share(request: MemberRequest, image_id: uuid.UUID) -> HttpResponse:
    """Revoke the link of the public page."""
    image = get_own_image(request.user, image_id)
    shares.revoke(Caller.in_dashboard(request.user), image.pk)
    messages.success(request, "Link revoked. It no longer opens the picture.")
    return redirect("share-image", image.pk)
