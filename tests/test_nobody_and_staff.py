"""Every address and every tool as nobody, as somebody who is not of the staff, and as each role of the staff."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import User
from mcp_gateway.tools import TOOLS
from tests.images.staff.conftest import ROLES, staff  # noqa: F401 - a fixture
from tests.mcp_gateway.conftest import Agent, tool_call
from tests.site import OWN, PARTS, Site
from tests.web_server import Server

pytestmark = pytest.mark.django_db

# What a page for everybody asks for, and signing out, which nobody has to be anybody for.
FOR_ANYBODY: Final = frozenset({"mcp-connection", "account_logout"})
ENTRANCES: Final = ("/accounts/login/", "/accounts/reauthenticate/")


@pytest.fixture(autouse=True)
def _sandbox(settings: Any) -> None:
    settings.SANDBOX_PROVIDERS = "on"


def lists() -> Iterator[str]:
    """Yield the address of every list of the staff's site."""
    for model in admin.site._registry:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def test_nobody_is_shown_a_page_that_is_somebodys(client: Client) -> None:
    site = Site()
    for name in {*OWN, *PARTS} - FOR_ANYBODY:
        answer = client.get(site.path(name))
        assert answer.status_code == 302, name
        assert answer["Location"].startswith(ENTRANCES), name


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
