"""Staff of each role, signed in, with a second factor."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from tests.factories import create_user

ROLES = ("auditor", "support", "superuser")


def staff_member(role: str) -> User:
    """Return a new staff user with a second factor; the role is auditor, support or superuser."""
    user = create_user(f"{role}@example.com")
    user.is_staff, user.is_superuser = True, role == "superuser"
    user.save()
    if role != "superuser":
        user.groups.add(Group.objects.get(name=role.title()))
    TOTP.activate(user, generate_totp_secret())
    return user


@pytest.fixture
def staff(settings: Any) -> Callable[[str], Client]:
    """Return a function that signs in a new staff user of a role and returns their client."""
    settings.STAFF_REQUIRE_MFA = True
    settings.SANDBOX_PROVIDERS = "on"

    def sign_in(role: str) -> Client:
        client = Client()
        client.force_login(staff_member(role))
        return client

    return sign_in
