"""Steps of sign-in that tests share: users with credentials, codes from emails, the forms and their URLs."""

import hashlib
import re
import uuid
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.webauthn.internal.auth import WebAuthn
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from cryptography.hazmat.primitives.asymmetric import ec
from django.core import mail
from django.test import Client
from fido2.cose import ES256
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    RegistrationResponse,
)

from accounts.models import User
from accounts.sign_in import email_addresses

PASSWORD = "a quiet lake at dawn"
SIGN_IN = "/accounts/login/"
SIGN_UP = "/accounts/signup/"
REQUEST_CODE = "/accounts/login/code/"
ENTER_CODE = "/accounts/login/code/confirm/"
VERIFY = "/accounts/confirm-email/"
RESET = "/accounts/password/reset/"
ENTER_RESET = "/accounts/password/reset/confirm/"
NEW_PASSWORD = "/accounts/password/reset/complete/"
AUTHENTICATE = "/accounts/2fa/authenticate/"
TOKENS = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


def verified_user(user: User, password: str = PASSWORD) -> User:
    """Verify the user's address, set their password and return them."""
    email_addresses.mark_verified(user)
    user.set_password(password)
    user.save()
    return user


def add_passkey(user: User, name: str = "Work laptop") -> Authenticator:
    """Add a passkey as a browser would register it."""
    flag = AuthenticatorData.FLAG
    private_key = ec.generate_private_key(ec.SECP256R1())
    public_key = ES256.from_cryptography_key(private_key.public_key())  # type: ignore[no-untyped-call]
    credential = AttestedCredentialData.create(Aaguid.NONE, uuid.uuid4().bytes, public_key)
    rp_id = hashlib.sha256(b"testserver").digest()
    data = AuthenticatorData.create(rp_id, flag.UP | flag.UV | flag.AT, 0, credential)
    response = AuthenticatorAttestationResponse(
        client_data=CollectedClientData.create("webauthn.create", b"challenge", "https://testserver"),
        attestation_object=AttestationObject.create("none", data, {}),
    )
    registration = RegistrationResponse(raw_id=credential.credential_id, response=response)
    return WebAuthn.add(user, name, dict(registration)).instance


def code_in_mail() -> str:
    """Return the code in the last email."""
    match = re.search(r"^\d{6}$", str(mail.outbox[-1].body), re.MULTILINE)
    assert match, mail.outbox[-1].body
    return match.group()


def sign_in(client: Client, email: str, password: str = PASSWORD, **fields: str) -> Any:
    """Submit the sign-in form."""
    return client.post(SIGN_IN, {"login": email, "password": password, **fields})


def sign_in_and_reauthenticate(client: Client, user: User) -> None:
    """Sign in with the password and confirm it, as sensitive settings require."""
    sign_in(client, verified_user(user).email)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def comparable_content(response: Any, email: str) -> str:
    """Return the content of a response without CSRF tokens and the address."""
    return TOKENS.sub("", response.content.decode()).replace(email, "ADDRESS")


def is_signed_in(client: Client) -> bool:
    """Return whether the settings page opens, which requires sign-in."""
    return client.get("/dashboard/settings/").status_code == 200


def account_rows(user: User) -> list[list[Any]]:
    """Return the rows that decide who can sign in to the account."""
    return [
        list(User.objects.filter(pk=user.pk).values()),
        list(EmailAddress.objects.filter(user=user).order_by("pk").values()),
        list(Authenticator.objects.filter(user=user).order_by("pk").values()),
        list(SocialAccount.objects.filter(user=user).order_by("pk").values("provider", "uid")),
        list(UserSession.objects.filter(user=user).order_by("pk").values("session_key")),
    ]


def app_code(secret: str) -> str:
    """Return the current code of an authenticator app with this secret."""
    # The first accepted counter is the previous one, whose code could expire during the test.
    _, counter, _ = yield_hotp_counters_from_time()
    return str(format_hotp_value(hotp_value(secret, counter)))
