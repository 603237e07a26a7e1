"""How staff act: a page that asks for the reason, one verb of an app, and a line in the history of what it was about.

Verb and line are written in one transaction, so that nothing is done without being recorded.
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
    """Every action says why."""

    reason = forms.CharField(
        max_length=REASON_MAX_CHARACTERS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Stands in the history with your name. No prompts.",
    )


class CreditsForm(ReasonForm):
    """How many credits, and why."""

    amount = forms.IntegerField(
        min_value=1, max_value=1_000_000, widget=UnfoldAdminIntegerFieldWidget, help_text="Whole credits."
    )
    field_order = ("amount", "reason")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["reason"].help_text = "The user reads it in their ledger, where it stays for good: no names."


class SignedCreditsForm(CreditsForm):
    """Credits to give, or to take with a minus sign."""

    amount = forms.IntegerField(
        min_value=-1_000_000,
        max_value=1_000_000,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Whole credits: 50 gives, -50 takes.",
    )


def confirm_and_log(
    admin: ModelAdmin,
    request: HttpRequest,
    subject: models.Model | None,
    *,
    title: str,
    verb: Callable[[FormValues], str],
    form_class: type[ReasonForm] = ReasonForm,
    consequences: str = "",
) -> HttpResponse:
    """Ask why; told so by the form, do it, and write down who did what to this and for which reason.

    Args:
        admin: Whose pages the action belongs to.
        request: The form, empty or sent.
        subject: What it is done to; None for what concerns the whole site, which stands with the one who did it.
        title: What is to be done, as the button says it.
        verb: Does it and says what was done. A ServiceError or ValueError of it stands on the form.
        form_class: What is asked besides the reason.
        consequences: What follows from it, in a sentence.
    """
    form = form_class(request.POST or None)
    back = request.path.removesuffix("/").rpartition("/")[0] + ("/change/" if subject else "/")
    if request.method == "POST" and form.is_valid():
        try:
            done = _do(request, subject, title, verb, form.cleaned_data)
        except (ServiceError, ValueError) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, done)
            return redirect(back)
    context = {**admin.admin_site.each_context(request), "title": title, "subtitle": str(subject or "")}
    context |= {"form": form, "consequences": consequences, "back": back}
    return render(request, "staff/act.html", context)


def record(request: HttpRequest, subject: models.Model, message: str) -> None:
    """Write a line into the history of what was acted on."""
    LogEntry.objects.log_actions(staff_of(request).pk, [subject], CHANGE, message, single_object=True)


def _do(
    request: HttpRequest,
    subject: models.Model | None,
    title: str,
    verb: Callable[[FormValues], str],
    answers: FormValues,
) -> str:
    with transaction.atomic():
        done = verb(answers)
        record(request, subject or staff_of(request), f"{title}: {done} Reason: {answers['reason']}")
    return done


def staff_of(request: HttpRequest) -> User:
    """Return who acts."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user
