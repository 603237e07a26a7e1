"""First data of a development database: a demo user with credits and an API key, and a staff user."""

import secrets
from dataclasses import dataclass

from accounts import api_keys
from accounts.models import ApiKey, User
from accounts.sign_in import email_addresses
from billing import ledger
from infrastructure.local_state import read_secret, write_secret

DEMO_EMAIL = "demo@example.com"
STAFF_EMAIL = "staff@example.com"
DEMO_CREDITS = 1000


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials of the development service, stored in `.local/`."""

    demo_password: str
    staff_password: str
    api_key: str


def ensure() -> Credentials:
    """Create missing users and the API key, and return the credentials. Existing ones are kept."""
    demo = demo_user()
    staff = User.objects.filter(email=STAFF_EMAIL).first()
    if staff is None:
        staff = User.objects.create_superuser(STAFF_EMAIL, _password("staff_password"))
    # Sign-in requires a verified address, and these addresses have no mailbox.
    for user in (demo, staff):
        email_addresses.mark_verified(user)
    return Credentials(_password("demo_password"), _password("staff_password"), _api_key(demo))


def demo_user() -> User:
    """Return the demo user, and create it with credits if it does not exist."""
    user = User.objects.filter(email=DEMO_EMAIL).first()
    if user is None:
        user = User.objects.create_user(DEMO_EMAIL, _password("demo_password"))
        ledger.grant(user.id, amount=DEMO_CREDITS, reason="Development credits")
    return user


def _password(name: str) -> str:
    return read_secret(name) or write_secret(name, secrets.token_urlsafe(9))


def _api_key(user: User) -> str:
    secret = read_secret("api_key") or ""
    # After a reset of the database, the stored key no longer exists there.
    if not ApiKey.objects.filter(user=user, digest=api_keys.digest(secret), revoked_at=None).exists():
        secret = write_secret("api_key", api_keys.create(user, name="Development")[1])
    return secret
