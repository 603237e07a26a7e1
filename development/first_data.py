"""What a new development database is given: somebody to sign in as, staff, and a key with credits."""

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
    """What opens this machine's development service; kept in `.local/`."""

    demo_password: str
    staff_password: str
    api_key: str


def ensure() -> Credentials:
    """Create what is missing and return the credentials, the same ones every time."""
    demo = demo_user()
    staff = User.objects.filter(email=STAFF_EMAIL).first()
    if staff is None:
        staff = User.objects.create_superuser(STAFF_EMAIL, _password("staff_password"))
    # Nobody reads their mail: without this they could not sign in.
    for user in (demo, staff):
        email_addresses.mark_verified(user)
    return Credentials(_password("demo_password"), _password("staff_password"), _api_key(demo))


def demo_user() -> User:
    """Return the demo user, created with credits if there is none yet."""
    user = User.objects.filter(email=DEMO_EMAIL).first()
    if user is None:
        user = User.objects.create_user(DEMO_EMAIL, _password("demo_password"))
        ledger.grant(user.id, amount=DEMO_CREDITS, reason="To try the service with")
    return user


def _password(name: str) -> str:
    return read_secret(name) or write_secret(name, secrets.token_urlsafe(9))


def _api_key(user: User) -> str:
    secret = read_secret("api_key") or ""
    # A database that was begun anew does not know the key of the old one.
    if not ApiKey.objects.filter(user=user, digest=api_keys.digest(secret), revoked_at=None).exists():
        secret = write_secret("api_key", api_keys.create(user, name="Development")[1])
    return secret
