"""Tag for a change of the email address that waits for its code."""

from allauth.account.internal.flows.email_verification_by_code import EmailVerificationProcess
from django import template
from django.http import HttpRequest

register = template.Library()


@register.simple_tag
def pending_email(request: HttpRequest) -> str:
    """Return the address to which a code was sent that can still be entered, or an empty text."""
    # allauth has no public function for a code that waits.
    process = EmailVerificationProcess.resume(request)
    return process.email if process else ""
