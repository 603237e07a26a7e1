"""Who may enter the staff's site, and by which door."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.sites import all_sites
from django.core import checks
from django.test import Client

from accounts.models import User
from tests.staff.conftest import ROLES, staff_member

pytestmark = pytest.mark.django_db


def test_signing_in_is_the_sites_own(client: Client) -> None:
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
    assert client.get("/admin/login/?next=/admin/")["Location"] == "/accounts/login/?next=/admin/"


def test_somebody_who_is_not_of_the_staff_is_refused(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/admin/", follow=True).status_code == 403


def test_staff_without_a_second_factor_are_led_to_add_one(client: Client, settings: Any) -> None:
    settings.STAFF_REQUIRE_MFA = True
    user = staff_member("superuser")
    Authenticator.objects.all().delete()
    client.force_login(user)
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/2fa/"
    assert "Staff need a second factor" in answer.content.decode()


def test_in_development_no_second_factor_is_asked_for(client: Client, settings: Any) -> None:
    settings.STAFF_REQUIRE_MFA = False
    user = staff_member("superuser")
    Authenticator.objects.all().delete()
    client.force_login(user)
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_enter(staff: Callable[[str], Client], role: str) -> None:
    answer = staff(role).get("/admin/")
    assert answer.status_code == 200
    assert "Staff" in answer.content.decode()


def test_only_below_admin_scripts_may_evaluate(staff: Callable[[str], Client]) -> None:
    client = staff("superuser")
    assert "unsafe" in client.get("/admin/")["Content-Security-Policy"]
    assert "unsafe" not in client.get("/dashboard/")["Content-Security-Policy"]
    assert "unsafe" not in client.get("/")["Content-Security-Policy"]


def test_django_finds_nothing_wrong_with_the_lists(client: Client) -> None:
    # They are read with the addresses, of which the first request is what asks.
    client.get("/admin/")
    assert [model.__name__ for site in all_sites for model in site._registry]
    assert checks.run_checks(tags=[checks.Tags.admin]) == []
