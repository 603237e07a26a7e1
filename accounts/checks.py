"""Deployment checks of the site's URL, email and database (`manage.py check --deploy`)."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.http.request import validate_host


@checks.register(checks.Tags.security, deploy=True)
def check_site(app_configs: Sequence[Any] | None, **_: Any) -> list[checks.CheckMessage]:  # noqa: ARG001
    """Warn about an insecure or unserved SITE_URL, undelivered email, and a database that is not shared."""
    warnings: list[checks.CheckMessage] = []
    url = urlsplit(settings.SITE_URL)
    if url.scheme != "https":
        hint = "Set it to an https URL, because API keys are sent in headers."
        warnings.append(checks.Warning(f"SITE_URL is {settings.SITE_URL}.", hint=hint, id="accounts.W001"))
    if not validate_host(url.hostname or "", settings.ALLOWED_HOSTS):
        hint = f"Add {url.hostname} to ALLOWED_HOSTS."
        warnings.append(checks.Warning("ALLOWED_HOSTS doesn't contain SITE_URL's host.", hint=hint, id="accounts.W002"))
    if settings.EMAIL_BACKEND.rpartition(".")[0].endswith(("console", "dummy", "locmem")):
        hint = "Set EMAIL_URL, for instance submission://user:password@mail.example:587."
        warnings.append(checks.Warning("Email is not delivered.", hint=hint, id="accounts.W003"))
    if settings.OWN_DATABASE and settings.S3_BUCKET:
        hint = "Set DATABASE_URL. Without it, each machine has its own database."
        warnings.append(checks.Warning("Machines share pictures but not the database.", hint=hint, id="accounts.W004"))
    return warnings
