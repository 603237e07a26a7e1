"""Access to the staff site: roles, second factor, sign-in and content security policy."""

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


def test_sign_in_redirects_to_the_websites_page(client: Client) -> None:
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
    assert client.get("/admin/login/?next=/admin/")["Location"] == "/accounts/login/?next=/admin/"


def test_a_user_who_is_not_staff_gets_403(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/admin/", follow=True).status_code == 403


def test_staff_without_a_second_factor_are_redirected_to_its_set_up(client: Client, settings: Any) -> None:
    settings.STAFF_REQUIRE_MFA = True
    user = staff_member("superuser")
    Authenticator.objects.all().delete()
    client.force_login(user)
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/2fa/"
    assert "Staff accounts require two-step sign-in" in response.content.decode()


def test_no_second_factor_is_required_in_development(client: Client, settings: Any) -> None:
    settings.STAFF_REQUIRE_MFA = False
    user = staff_member("superuser")
    Authenticator.objects.all().delete()
    client.force_login(user)
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_each_role_has_access(staff: Callable[[str], Client], role: str) -> None:
    response = staff(role).get("/admin/")
    assert response.status_code == 200
    assert "Staff" in response.content.decode()


def test_only_admin_pages_allow_unsafe_script_and_style(staff: Callable[[str], Client]) -> None:
    client = staff("superuser")
    assert "unsafe" in client.get("/admin/")["Content-Security-Policy"]
    assert "unsafe" not in client.get("/dashboard/")["Content-Security-Policy"]
    assert "unsafe" not in client.get("/")["Content-Security-Policy"]


def test_the_admin_system_checks_pass(client: Client) -> None:
    # The admin classes are imported with the URL configuration, which the first request loads.
    client.get("/admin/")
    assert [model.__name__ for site in all_sites for model in site._registry]
    assert checks.run_checks(tags=[checks.Tags.admin]) == []
