"""Every address and every tool as nobody, as somebody who is not of the staff, and as each role of the staff."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import User
from mcp_gateway.tools.declarations import TOOLS
from tests.mcp_gateway.agent import Agent, tool_call
from tests.site import OTHER_URLS, OWNER_PAGES, Site
from tests.staff.conftest import ROLES, staff  # noqa: F401 - a fixture
from tests.web_server import Server

pytestmark = pytest.mark.django_db

# What pages for everybody ask for or lead to, links that open by themselves, and what Stripe tells.
FOR_ANYBODY: Final = (
    *(
        "mcp-connection",
        "account_logout",
        "mfa_login_webauthn",
        "llms",
        "robots",
        "favicon",
        "picture",
        "stripe-webhook",
    ),
    *("google_login", "google_callback", "google_login_by_token", "github_login", "github_callback"),
)
ENTRANCES: Final = ("/accounts/login/", "/accounts/reauthenticate/")


def lists() -> Iterator[str]:
    """Yield the address of every list of the staff's site."""
    for model in admin.site._registry:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def test_nobody_is_shown_a_page_that_is_somebodys(client: Client) -> None:
    site = Site()
    site.ids["session_id"] = "of-nothing"
    for name in {*OWNER_PAGES, *OTHER_URLS}.difference(FOR_ANYBODY):
        answers = [client.get(site.path(name)), client.post(site.path(name))]
        # What only one of the two methods has says so to anybody.
        led = [answer["Location"] for answer in answers if answer.status_code == 302]
        assert led, name
        assert all(place.startswith(ENTRANCES) for place in led), name
        assert {answer.status_code for answer in answers} <= {302, 405}, name


def test_nobody_calls_a_tool_or_the_api(server: Server, transactional_db: None) -> None:
    agent = Agent(server.url, "", {"Authorization": None})  # type: ignore[dict-item]
    answers = [agent.send(tool_call(name, {})) for name in TOOLS]
    answers += [agent.ask("GET", path=f"/api/v1/{name}") for name in ("images", "account", "usage", "models")]
    assert {answer.status_code for answer in answers} == {401}


def test_somebody_who_is_not_of_the_staff_sees_none_of_its_pages(client: Client, alice: User) -> None:
    client.force_login(alice)
    for path in ("/admin/", *lists()):
        assert client.get(path, follow=True).status_code == 403, path


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_every_list_and_writes_none_by_hand(
    staff: Callable[[str], Client],  # noqa: F811
    role: str,
) -> None:
    client = staff(role)
    for path in lists():
        assert client.get(path).status_code == 200, path
        if role != "superuser":
            assert client.get(f"{path}add/").status_code == 403, path


def test_staff_are_users_like_others_outside_their_site(staff: Callable[[str], Client], alice: User) -> None:  # noqa: F811
    site: Any = Site()
    client = staff("superuser")
    answers = {name: client.get(site.path(name)).status_code for name in ("image", "change-key", "purchase")}
    assert answers == {"image": 404, "change-key": 404, "purchase": 404}
