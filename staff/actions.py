"""Staff actions: a form that requires a reason, a second step that shows the effect, and a history entry.

The change and its history entry share one transaction, so that no action goes unrecorded.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
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
ADDRESS: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
FormValues = dict[str, Any]


class ReasonForm(forms.Form):
    """The reason that every action requires."""

    reason = forms.CharField(
        max_length=REASON_MAX_CHARACTERS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Recorded in the history with your name. Don't include prompts or email addresses.",
    )

    def clean_reason(self) -> str:
        # Ledger entries and the history outlive the account, so an address in them could not be erased with it.
        reason: str = self.cleaned_data["reason"]
        if ADDRESS.search(reason):
            raise forms.ValidationError("Remove the email address: this reason is kept after the account is deleted.")
        return reason


class CreditsForm(ReasonForm):
    """A positive number of credits and the reason."""

    amount = forms.IntegerField(
        label="Credits to grant",
        min_value=1,
        max_value=1_000_000,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Whole credits.",
    )
    field_order = ("amount", "reason")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # The ledger's description is this text, and entries outlive the account.
        self.fields["reason"].help_text = (
            f"Shown to the user in their ledger and kept permanently. Don't include names. "
            f"Up to {REASON_MAX_CHARACTERS} characters."
        )


class SignedCreditsForm(CreditsForm):
    """Credits to add, or to remove if the amount is negative."""

    amount = forms.IntegerField(
        label="Credits to add or remove",
        min_value=-1_000_000,
        max_value=1_000_000,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Whole credits: 50 adds credits, -50 removes them.",
    )


@dataclass(frozen=True, slots=True)
class Subject:
    """The object that an action changes, as shown above the form."""

    label: str
    name: str
    details: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action changes: a value before and after it, and the sentence to confirm."""

    label: str
    before: str
    after: str
    question: str
    button: str
    difference: str = ""
    note: str = ""

    @property
    def fingerprint(self) -> str:
        """Text that differs if the action would have another effect than the one that was reviewed."""
        return "|".join((self.question, self.before, self.after))


@dataclass(frozen=True, slots=True)
class Action:
    """A staff action.

    Attributes:
        title: The action's name: page title and start of the history message.
        run: Takes the form's values, makes the change and returns a sentence about the result. Its ServiceError or
            ValueError is shown as an error of the form, and nothing is recorded.
        effect: Takes the form's values and returns the effect, which the second step shows. It runs in the transaction
            of the change and may lock rows. Without it, the action has one step.
        subject: Details of the changed object.
        current: The label and the present value of what changes, shown before the form is filled in.
        form_class: The form, which contains at least the reason.
        consequences: A sentence about the effects.
    """

    title: str
    run: Callable[[FormValues], str]
    effect: Callable[[FormValues], Effect] | None = None
    subject: Subject | None = None
    current: tuple[str, str] | None = None
    form_class: type[ReasonForm] = ReasonForm
    consequences: str = ""


def confirm_and_log(
    admin: ModelAdmin, request: HttpRequest, subject: models.Model | None, action: Action
) -> HttpResponse:
    """Show the form, then the effect; once the effect is confirmed, run the action and record it in the history.

    Args:
        admin: The admin class that the action belongs to.
        request: GET for the empty form, POST to review or to run the action.
        subject: The object that the action changes. None for an action on the whole site, which is recorded in the
            history of the staff member.
        action: The action.
    """
    form = action.form_class(request.POST or None)
    return_path = request.path.removesuffix("/").rpartition("/")[0] + ("/change/" if subject else "/")
    effect: Effect | None = None
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                effect = action.effect(form.cleaned_data) if action.effect else None
                result = _run(request, subject, action, form.cleaned_data) if _is_confirmed(request, effect) else None
        except (ServiceError, ValueError) as error:
            effect = None
            form.add_error(None, str(error))
        else:
            if result is not None:
                messages.success(request, result)
                return redirect(return_path)
    context = {**admin.admin_site.each_context(request), "title": action.title, "action": action, "form": form}
    # For the links in the header, which lead back to the object.
    context |= {"opts": admin.opts, "original": subject}
    # Templates call a callable, so the page receives only whether there is a second step.
    context |= {
        "has_review": action.effect is not None,
        "effect": effect,
        "message": _review_message(request, effect),
        "return_path": return_path,
    }
    return render(request, "staff/confirm.html", context)


def record(request: HttpRequest, subject: models.Model, message: str) -> None:
    """Add an entry to the history of an object."""
    LogEntry.objects.log_actions(staff_member(request).pk, [subject], CHANGE, message, single_object=True)


def staff_member(request: HttpRequest) -> User:
    """Return the signed-in member of staff."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


def _is_confirmed(request: HttpRequest, effect: Effect | None) -> bool:
    """Return whether exactly this effect was shown and confirmed; a form that was sent twice is shown again instead."""
    if effect is None:
        return True
    return "confirmed" in request.POST and request.POST.get("reviewed") == effect.fingerprint


def _review_message(request: HttpRequest, effect: Effect | None) -> str:
    reviewed = request.POST.get("reviewed")
    if effect is None or not reviewed:
        return ""
    if reviewed == effect.fingerprint:
        return "Select the checkbox to confirm."
    return "Something changed since you reviewed this. Check the new values, then confirm."


def _run(request: HttpRequest, subject: models.Model | None, action: Action, values: FormValues) -> str:
    result = action.run(values)
    record(request, subject or staff_member(request), f"{action.title}: {result} Reason: {values['reason']}")
    return result
