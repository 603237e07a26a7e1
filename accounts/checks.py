"""What a production configuration needs so that people and links reach the site (`manage.py check --deploy`)."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.http.request import validate_host


@checks.register(checks.Tags.security, deploy=True)
def check_site(app_configs: Sequence[Any] | None, **_: Any) -> list[checks.CheckMessage]:  # noqa: ARG001
    """Warn of an origin that cannot be reached or is not safe, of mail that goes nowhere, and of a second database."""
    found: list[checks.CheckMessage] = []
    url = urlsplit(settings.SITE_URL)
    if url.scheme != "https":
        hint = "Keys travel in headers: use https."
        found.append(checks.Warning(f"SITE_URL is {settings.SITE_URL}.", hint=hint, id="accounts.W001"))
    if not validate_host(url.hostname or "", settings.ALLOWED_HOSTS):
        hint = f"Add {url.hostname} to ALLOWED_HOSTS."
        found.append(checks.Warning("The site does not answer to its own SITE_URL.", hint=hint, id="accounts.W002"))
    if settings.EMAIL_BACKEND.rpartition(".")[0].endswith(("console", "dummy", "locmem")):
        hint = "Set EMAIL_URL, for instance submission://user:password@mail.example:587."
        found.append(checks.Warning("Mail is not sent to anybody.", hint=hint, id="accounts.W003"))
    if settings.OWN_DATABASE and settings.S3_BUCKET:
        hint = "Set DATABASE_URL: each machine would have a database of its own."
        found.append(checks.Warning("Pictures are shared, the database is not.", hint=hint, id="accounts.W004"))
    return found
