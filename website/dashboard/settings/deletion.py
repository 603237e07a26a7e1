"""The page that deletes the user's account."""

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import api_keys, deletion, email_normalization
from accounts.models import User
from accounts.sign_in.adapters import DELETION_APP
from images.library import listing
from images.models import Image


class DeletionForm(forms.Form):
    """Requires the account's email, to prevent accidental deletion."""

    email = forms.EmailField(label="Enter your email address to confirm")

    def __init__(self, user: User, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.user = user

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email_normalization.normalize_or_none(email) != self.user.email:
            raise ValidationError("This doesn't match your account's email address.")
        return email


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@reauthentication_required(app=DELETION_APP)  # type: ignore[untyped-decorator]
def delete_account(request: HttpRequest) -> HttpResponse:
    """Show what a deletion removes; delete the account if the submitted email matches."""
    assert isinstance(request.user, User)  # noqa: S101
    user = request.user
    form = DeletionForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        deletion.delete(user)
        logout(request)
        messages.success(request, "Your account was deleted. We sent you a confirmation email.")
        return redirect("account_login")
    counts = listing.counts_by_status(user.pk)
    is_connection = [key.is_connection for key in api_keys.live(user)]
    context = {
        "form": form,
        "live_keys": is_connection.count(False),
        "live_connections": is_connection.count(True),
        "image_count": sum(counts.values()),
        "unfinished_count": sum(counts.get(status, 0) for status in Image.UNFINISHED),
    }
    return render(request, "website/dashboard/settings/delete.html", context)
