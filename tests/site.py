"""Every address of the site, and people who may open it: what tests about all pages walk through.

An address that is in none of the lists below fails a test; a new page stands here and is then checked like all others.
"""

import io
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount import adapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts import api_keys
from accounts.models import User
from billing import ledger
from billing.models import Pack
from images.exports import archive, lifecycle
from tests.factories import create_user, expired_purchase, finished_image, queued_image
from tests.website.sign_in.steps import (
    ENTER_RESET,
    PASSWORD,
    REQUEST_CODE,
    RESET,
    SIGN_UP,
    VERIFY,
    add_passkey,
    code_in_mail,
    sign_in,
    sign_in_and_reauthenticate,
)

PUBLIC: Final = (
    *("landing", "pricing", "mcp-docs", "mcp-client", "api-docs", "development-mail"),
    *("account_login", "account_signup", "account_signup_by_passkey", "account_request_login_code"),
    *("account_reset_password", "account_password_reset_completed", "account_inactive"),
    *("socialaccount_login_cancelled", "socialaccount_login_error"),
)
OWN: Final = (
    *("overview", "generate", "gallery", "image", "delete-image", "image-link", "usage"),
    *("billing", "low-balance-alert", "buy", "purchase"),
    *("keys", "create-key", "change-key", "revoke-key", "settings", "export", "delete-account"),
    *("account_email", "account_change_password", "account_logout", "account_reauthenticate"),
    *("mfa_index", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "mfa_deactivate_totp"),
    *("mfa_view_recovery_codes", "mfa_generate_recovery_codes"),
    *("mfa_list_webauthn", "mfa_add_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn"),
    *("socialaccount_connections", "usersessions_list"),
)
# Pages for somebody who has no second factor, or no password yet.
OF_NEWCOMERS: Final = ("mfa_activate_totp", "account_set_password")
# What an open page asks for by itself.
PARTS: Final = ("balance", "image-tile", "image-toast", "mcp-connection")
# Files, answers for scripts, and what only leads elsewhere; each has tests of its own.
NO_PAGES: Final = (
    *PARTS,
    *("llms", "robots", "favicon", "picture", "ledger-csv", "export-download", "mfa_download_recovery_codes"),
    *("image-thumbnail", "image-picture", "image-download", "cancel-image", "mfa_login_webauthn"),
    *("receipt", "simulated-checkout", "stripe-webhook"),
    *("google_login", "google_callback", "google_login_by_token", "github_login", "github_callback"),
)
# Below these are no pages of the site: the API, Django's admin, and earlier addresses of allauth's.
OTHER_DOORS: Final = ("api/", "admin/", "accounts/social/")


def addresses() -> dict[str, list[str]]:
    """Return the name of every address that the site answers to, with the names of the ids in it."""
    return dict(_addresses(get_resolver().url_patterns))


def _addresses(patterns: Any, before: str = "", ids: tuple[str, ...] = ()) -> Iterator[tuple[str, list[str]]]:
    for each in patterns:
        route, named = before + str(each.pattern), (*ids, *each.pattern.converters)
        if isinstance(each, URLResolver):
            yield from _addresses(each.url_patterns, route, named)
        elif isinstance(each, URLPattern) and not route.startswith(OTHER_DOORS):
            yield each.name or route, list(named)


def _asked_for_a_code(client: Client) -> None:
    client.post(REQUEST_CODE, {"email": "somebody@example.com"})


def _signed_up(client: Client) -> None:
    client.post(SIGN_UP, {"email": "somebody@example.com", "password1": PASSWORD})


def _verified_for_a_passkey(client: Client) -> None:
    client.post("/accounts/signup/passkey/", {"email": "another@example.com"})
    client.post(VERIFY, {"code": code_in_mail()})


def _asked_for_a_reset(client: Client) -> None:
    client.post(RESET, {"email": "owner@example.com"})


def _reset_allowed(client: Client) -> None:
    _asked_for_a_reset(client)
    client.post(ENTER_RESET, {"code": code_in_mail()})


def _password_given(client: Client) -> None:
    sign_in(client, "owner@example.com")


def _named_by_github(client: Client) -> None:
    session = client.session
    provider = adapter.get_adapter().get_provider(None, "github")
    unknown = SocialLogin(user=User(), account=SocialAccount(provider="github", uid="1"), provider=provider)
    session["socialaccount_sociallogin"] = unknown.serialize()
    session.save()


# Pages in the middle of something, each with what leads there.
MIDWAY: Final[dict[str, Callable[[Client], None]]] = {
    "account_email_verification_sent": _signed_up,
    "account_confirm_login_code": _asked_for_a_code,
    "account_confirm_password_reset_code": _asked_for_a_reset,
    "account_complete_password_reset": _reset_allowed,
    "mfa_authenticate": _password_given,
    "mfa_signup_webauthn": _verified_for_a_passkey,
    "socialaccount_signup": _named_by_github,
}
PAGES: Final = (*PUBLIC, *OWN, *OF_NEWCOMERS, *MIDWAY)


@dataclass
class Site:
    """The site with an owner who has one of everything, and a newcomer who has nothing."""

    owner: User = field(default_factory=lambda: create_user("owner@example.com", credits=1000))
    newcomer: User = field(default_factory=lambda: create_user("newcomer@example.com"))
    owners: Client = field(default_factory=Client)
    newcomers: Client = field(default_factory=Client)
    ids: dict[str, object] = field(
        default_factory=lambda: {"slug": "cursor", "pack_id": Pack.objects.earliest("pk").pk}
    )

    def __post_init__(self) -> None:
        # While there is no second factor the password alone opens the account, and shows once more who it is.
        sign_in_and_reauthenticate(self.owners, self.owner)
        self.newcomers.force_login(self.newcomer)
        TOTP.activate(self.owner, generate_totp_secret())
        RecoveryCodes.activate(self.owner)
        self.add()

    def add(self) -> None:
        """Give the owner one more of everything."""
        key, _ = api_keys.create(self.owner, name="Laptop", monthly_credit_cap=50)
        image = finished_image(self.owner)
        queued_image(self.owner)
        ledger.grant(self.owner.pk, amount=10, reason="again")
        export = lifecycle.request(self.owner)
        attempt = lifecycle.claim(export.pk)
        assert attempt is not None
        file = io.BytesIO()
        lifecycle.store(attempt, file, archive.write(self.owner.pk, file, is_interrupted=lambda: False))
        SocialAccount.objects.create(
            user=self.owner, provider="github", uid=str(uuid.uuid4()), extra_data={"login": "octocat"}
        )
        self.ids |= {"pack_id": Pack.objects.earliest("pk").pk, "purchase_id": expired_purchase(self.owner).pk}
        self.ids |= {"key_id": key.pk, "image_id": image.pk, "export_id": export.pk, "pk": add_passkey(self.owner).pk}

    def path(self, name: str) -> str:
        """Return the address of a page of the owner's."""
        return reverse(name, kwargs={each: self.ids[each] for each in addresses()[name]})

    def visitor(self, name: str) -> Client:
        """Return somebody who may open the page, and is where it is shown."""
        if name in OWN:
            return self.owners
        if name in OF_NEWCOMERS:
            return self.newcomers
        client = Client()
        if name in MIDWAY:
            MIDWAY[name](client)
        return client
