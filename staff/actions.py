"""Staff actions: a confirmation page that requires a reason, one domain function, and a history entry.

The change and its history entry share one transaction, so that no action goes unrecorded.
"""

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from accounts.models import User
from infrastructure.exceptions import ServiceError

REASON_MAX_CHARACTERS: Final = 200
FormValues = dict[str, Any]


class ReasonForm(forms.Form):
    """The reason that every action requires."""

    reason = forms.CharField(
        max_length=REASON_MAX_CHARACTERS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Recorded in the history with your name. Don't include prompts.",
    )


class CreditsForm(ReasonForm):
    """A positive number of credits and the reason."""

    amount = forms.IntegerField(
        min_value=1, max_value=1_000_000, widget=UnfoldAdminIntegerFieldWidget, help_text="A whole number of credits."
    )
    field_order = ("amount", "reason")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # The ledger's description is this text, and entries outlive the account.
        self.fields["reason"].help_text = "Shown to the user in their ledger and kept permanently. Don't include names."


class SignedCreditsForm(CreditsForm):
    """Credits to add, or to remove if the amount is negative."""

    amount = forms.IntegerField(
        min_value=-1_000_000,
        max_value=1_000_000,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="A whole number of credits: 50 adds credits, -50 removes them.",
    )


def confirm_and_log(
    admin: ModelAdmin,
    request: HttpRequest,
    subject: models.Model | None,
    *,
    title: str,
    action: Callable[[FormValues], str],
    form_class: type[ReasonForm] = ReasonForm,
    consequences: str = "",
) -> HttpResponse:
    """Show the confirmation form; once it is submitted, run the action and record it in the history.

    Args:
        admin: The admin class that the action belongs to.
        request: GET for the empty form, POST to run the action.
        subject: The object that the action changes. None for an action on the whole site, which is recorded in the
            history of the staff member.
        title: The action's name: page title, button and start of the history message.
        action: Takes the form's values, makes the change and returns a sentence about the result. Its ServiceError
            or ValueError is shown as an error of the form, and nothing is recorded.
        form_class: The form, which contains at least the reason.
        consequences: A sentence about the effects, shown above the form.
    """
    form = form_class(request.POST or None)
    return_path = request.path.removesuffix("/").rpartition("/")[0] + ("/change/" if subject else "/")
    if request.method == "POST" and form.is_valid():
        try:
            result = _run(request, subject, title, action, form.cleaned_data)
        except (ServiceError, ValueError) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, result)
            return redirect(return_path)
    context = {**admin.admin_site.each_context(request), "title": title, "subtitle": str(subject or "")}
    context |= {"form": form, "consequences": consequences, "return_path": return_path}
    return render(request, "staff/confirm.html", context)


def record(request: HttpRequest, subject: models.Model, message: str) -> None:
    """Add an entry to the history of an object."""
    LogEntry.objects.log_actions(staff_member(request).pk, [subject], CHANGE, message, single_object=True)


def _run(
    request: HttpRequest,
    subject: models.Model | None,
    title: str,
    action: Callable[[FormValues], str],
    values: FormValues,
) -> str:
    with transaction.atomic():
        result = action(values)
        record(request, subject or staff_member(request), f"{title}: {result} Reason: {values['reason']}")
    return result


def staff_member(request: HttpRequest) -> User:
    """Return the signed-in member of staff."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user
