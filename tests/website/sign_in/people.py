"""People as they come to the site: with a verified address, a password, a mailbox."""

import hashlib
import re
import uuid
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.webauthn.internal.auth import WebAuthn
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
ASK_CODE = "/accounts/login/code/"
ENTER_CODE = "/accounts/login/code/confirm/"
VERIFY = "/accounts/confirm-email/"
RESET = "/accounts/password/reset/"
ENTER_RESET = "/accounts/password/reset/confirm/"
TOKENS = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


def settled(user: User, password: str = PASSWORD) -> User:
    """Give somebody a password and a verified address."""
    email_addresses.mark_verified(user)
    user.set_password(password)
    user.save()
    return user


def passkey(user: User, name: str = "Work laptop") -> Authenticator:
    """Give somebody a passkey, as a browser would have registered it."""
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
    """Return the code in the last message."""
    found = re.search(r"^\d{6}$", str(mail.outbox[-1].body), re.MULTILINE)
    assert found, mail.outbox[-1].body
    return found.group()


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> Any:
    """Send the sign-in form."""
    return client.post(SIGN_IN, {"login": email, "password": password, **more})


def come_in(client: Client, user: User) -> None:
    """Sign in, and confirm once more who it is."""
    sign_in(client, settled(user).email)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def text_of(response: Any, email: str) -> str:
    """Return an answer without what differs from visit to visit."""
    return TOKENS.sub("", response.content.decode()).replace(email, "ADDRESS")


def is_signed_in(client: Client) -> bool:
    """Ask the settings page, which only somebody who has signed in may open."""
    return client.get("/dashboard/settings/").status_code == 200


def app_code(secret: str) -> str:
    """Return the code that an authenticator app with this secret shows now."""
    # The present one, and not the first that is accepted: that one is about to be too old.
    _, counter, _ = yield_hotp_counters_from_time()
    return str(format_hotp_value(hotp_value(secret, counter)))
