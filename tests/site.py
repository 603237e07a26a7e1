"""Every URL of the site by name, and an owner and a newcomer who open the pages: the base of the tests of all pages.

A URL name in none of the lists below fails a test. A new page that is added to a list is checked like all others.
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
from images.library import collections
from images.shares import shares
from images.uploads import uploads
from images.webhooks import endpoints
from tests.accounts.oauth.steps import connect, create_client
from tests.factories import (
    caller_of,
    create_user,
    create_webhook,
    edited_image,
    expired_purchase,
    finished_image,
    queued_image,
)
from tests.images.upload_files import png
from tests.website.oauth.steps import consent_path
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

PUBLIC_PAGES: Final = (
    *("landing", "pricing", "models", "status", "shared-image", "mcp-docs", "mcp-client", "api-docs", "openai-docs"),
    *("webhook-docs", "development-mail"),
    *("account_login", "account_signup", "account_signup_by_passkey", "account_request_login_code"),
    *("account_reset_password", "account_password_reset_completed", "account_inactive"),
    *("socialaccount_login_cancelled", "socialaccount_login_error"),
)
OWNER_PAGES: Final = (
    *("overview", "generate", "gallery", "image", "delete-image", "image-link", "share-image", "usage"),
    *("collections", "collection", "delete-collection", "view-image", "compare-images", "compare-models"),
    *("billing", "low-balance-alert", "buy", "purchase"),
    *("keys", "create-key", "change-key", "revoke-key", "oauth-authorize", "settings", "export", "delete-account"),
    *("webhooks", "create-webhook", "webhook", "change-webhook", "rotate-webhook-secret"),
    *("disable-webhook", "delete-webhook"),
    *("account_email", "account_change_password", "account_logout", "account_reauthenticate"),
    *("mfa_index", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "mfa_deactivate_totp"),
    *("mfa_view_recovery_codes", "mfa_generate_recovery_codes"),
    *("mfa_list_webauthn", "mfa_add_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn"),
    *("socialaccount_connections", "usersessions_list"),
)
# Pages for an account without a second factor or a password.
NEWCOMER_PAGES: Final = ("mfa_activate_totp", "account_set_password")
# Fragments that open pages fetch.
FRAGMENTS: Final = ("balance", "image-tile", "image-toast", "mcp-connection")
# Files, responses for scripts and redirects, which have their own tests.
OTHER_URLS: Final = (
    *FRAGMENTS,
    # Only with a file of the operator.
    *("terms", "privacy"),
    *("docs", "llms", "robots", "favicon", "picture", "picture-thumbnail", "upload", "ledger-csv", "export-download"),
    "mfa_download_recovery_codes",
    *("image-thumbnail", "image-picture", "image-download", "cancel-image", "mfa_login_webauthn"),
    *("enable-webhook", "test-webhook", "resend-delivery"),
    *("revoke-share", "shared-picture", "shared-thumbnail"),
    *("add-upload", "upload-picture", "upload-thumbnail"),
    *("favourite-image", "add-favourites", "remove-favourites", "add-to-collection", "remove-from-collection"),
    *("delete-images", "download-images", "compare-selection", "undo-deletion", "undo-favourites"),
    *("receipt", "resume-checkout", "simulated-checkout", "stripe-webhook", "api-no-document"),
    *("google_login", "google_callback", "google_login_by_token", "github_login", "github_callback"),
    *("oauth-token", "oauth-register", "oauth-revoke", "oauth-protected-resource", "oauth-authorization-server"),
)
# Prefixes of URLs that are not pages of the website: the API, the admin, and old URLs of allauth.
OTHER_PREFIXES: Final = ("api/", "admin/", "accounts/social/")


def urls() -> dict[str, list[str]]:
    """Return the name of every URL of the site, with the names of its parameters."""
    return dict(_named_urls(get_resolver().url_patterns))


def _named_urls(patterns: Any, prefix: str = "", parameters: tuple[str, ...] = ()) -> Iterator[tuple[str, list[str]]]:
    for pattern in patterns:
        route, names = prefix + str(pattern.pattern), (*parameters, *pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            yield from _named_urls(pattern.url_patterns, route, names)
        elif isinstance(pattern, URLPattern) and not route.startswith(OTHER_PREFIXES):
            yield pattern.name or route, list(names)


def _request_code(client: Client) -> None:
    client.post(REQUEST_CODE, {"email": "somebody@example.com"})


def _sign_up(client: Client) -> None:
    client.post(SIGN_UP, {"email": "somebody@example.com", "password1": PASSWORD})


def _verify_for_passkey(client: Client) -> None:
    client.post("/accounts/signup/passkey/", {"email": "another@example.com"})
    client.post(VERIFY, {"code": code_in_mail()})


def _request_reset(client: Client) -> None:
    client.post(RESET, {"email": "owner@example.com"})


def _enter_reset_code(client: Client) -> None:
    # The owner has a second factor, which the next page would ask for.
    client.post(RESET, {"email": "newcomer@example.com"})
    client.post(ENTER_RESET, {"code": code_in_mail()})


def _enter_password(client: Client) -> None:
    sign_in(client, "owner@example.com")


def _sign_in_with_github(client: Client) -> None:
    session = client.session
    provider = adapter.get_adapter().get_provider(None, "github")
    unknown = SocialLogin(user=User(), account=SocialAccount(provider="github", uid="1"), provider=provider)
    session["socialaccount_sociallogin"] = unknown.serialize()
    session.save()


# Pages in the middle of a flow, with the function that leads there.
FLOW_PAGES: Final[dict[str, Callable[[Client], None]]] = {
    "account_email_verification_sent": _sign_up,
    "account_confirm_login_code": _request_code,
    "account_confirm_password_reset_code": _request_reset,
    "account_complete_password_reset": _enter_reset_code,
    "mfa_authenticate": _enter_password,
    "mfa_signup_webauthn": _verify_for_passkey,
    "socialaccount_signup": _sign_in_with_github,
}
PAGES: Final = (*PUBLIC_PAGES, *OWNER_PAGES, *NEWCOMER_PAGES, *FLOW_PAGES)


@dataclass
class Site:
    """The site, with an owner who has one object of each kind and a newcomer who has none."""

    owner: User = field(default_factory=lambda: create_user("owner@example.com", credits=1000))
    newcomer: User = field(default_factory=lambda: create_user("newcomer@example.com"))
    owner_client: Client = field(default_factory=Client)
    newcomer_client: Client = field(default_factory=Client)
    ids: dict[str, object] = field(
        default_factory=lambda: {"slug": "cursor", "pack_id": Pack.objects.earliest("pk").pk}
    )

    def __post_init__(self) -> None:
        # Before the second factor is set up, because until then the password alone signs in and reauthenticates.
        sign_in_and_reauthenticate(self.owner_client, self.owner)
        self.newcomer_client.force_login(self.newcomer)
        TOTP.activate(self.owner, generate_totp_secret())
        RecoveryCodes.activate(self.owner)
        self.add()

    def add(self) -> None:
        """Create one more object of each kind for the owner."""
        key, _ = api_keys.create(self.owner, name="Laptop", monthly_credit_cap=50)
        connect(self.owner, create_client())
        image = edited_image(self.owner, finished_image(self.owner))
        share, _ = shares.share(caller_of(self.owner), image.pk, shows_prompt=True)
        queued_image(self.owner)
        ledger.grant(self.owner.pk, amount=10, reason="One more grant")
        export = lifecycle.request(self.owner)
        attempt = lifecycle.claim(export.pk)
        assert attempt is not None
        file = io.BytesIO()
        lifecycle.store(attempt, file, archive.write(self.owner.pk, file, is_interrupted=lambda: False))
        SocialAccount.objects.create(
            user=self.owner, provider="github", uid=str(uuid.uuid4()), extra_data={"login": "octocat"}
        )
        self.ids |= {"pack_id": Pack.objects.earliest("pk").pk, "purchase_id": expired_purchase(self.owner).pk}
        self.ids |= {"client_id": create_client().pk, "upload_id": uploads.store(caller_of(self.owner), png()).pk}
        webhook = create_webhook(self.owner).endpoint
        delivery = endpoints.send_test(caller_of(self.owner), webhook.pk)
        self.ids |= {"webhook_id": webhook.pk, "delivery_id": delivery.pk}
        self.ids |= {"token": share.token}
        collection = collections.create(caller_of(self.owner), f"Collection {uuid.uuid4()}")
        collections.add(caller_of(self.owner), collection.id, image.pk)
        self.ids["collection_id"] = collection.id
        self.ids |= {"key_id": key.pk, "image_id": image.pk, "export_id": export.pk, "pk": add_passkey(self.owner).pk}

    def path(self, name: str) -> str:
        """Return the path of a page, with the ids of the owner's objects."""
        if name == "oauth-authorize":
            return consent_path(str(self.ids["client_id"]))
        if name == "compare-images":
            return f"{reverse(name)}?image={self.ids['image_id']}&image={self.ids['image_id']}"
        return reverse(name, kwargs={parameter: self.ids[parameter] for parameter in urls()[name]})

    def client_for(self, name: str) -> Client:
        """Return a client that may open the page, after the steps that lead to it."""
        if name in OWNER_PAGES:
            return self.owner_client
        if name in NEWCOMER_PAGES:
            return self.newcomer_client
        client = Client()
        if name in FLOW_PAGES:
            FLOW_PAGES[name](client)
        return client
