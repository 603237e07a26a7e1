"""Access to every page, list, tool and REST call: signed out, as a user who is not staff, and as each staff role."""

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

# Routes that need no session: parts and targets of public pages, signed links, OAuth callbacks and Stripe's webhook.
PUBLIC_ROUTES: Final = (
    "docs",
    *(
        "mcp-connection",
        "api-no-document",
        "account_logout",
        "mfa_login_webauthn",
        "llms",
        "robots",
        "favicon",
        *("picture", "picture-thumbnail", "shared-picture", "shared-thumbnail", "terms", "privacy"),
        "upload",
        "stripe-webhook",
    ),
    *("google_login", "google_callback", "google_login_by_token", "github_login", "github_callback"),
    *("oauth-token", "oauth-register", "oauth-revoke", "oauth-protected-resource", "oauth-authorization-server"),
)
SIGN_IN_PATHS: Final = ("/accounts/login/", "/accounts/reauthenticate/")


def list_paths() -> Iterator[str]:
    """Yield the path of every list of the staff site."""
    for model in admin.site._registry:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def test_private_pages_redirect_to_sign_in(client: Client) -> None:
    site = Site()
    site.ids["session_id"] = "of-nothing"
    for name in {*OWNER_PAGES, *OTHER_URLS}.difference(PUBLIC_ROUTES):
        responses = [client.get(site.path(name)), client.post(site.path(name))]
        # A page that allows only one of the two methods returns 405 for the other.
        locations = [response["Location"] for response in responses if response.status_code == 302]
        assert locations, name
        assert all(location.startswith(SIGN_IN_PATHS) for location in locations), name
        assert {response.status_code for response in responses} <= {302, 405}, name


def test_tools_and_the_api_require_a_key(server: Server, transactional_db: None) -> None:
    agent = Agent(server.url, "", {"Authorization": None})  # type: ignore[dict-item]
    responses = [agent.send(tool_call(name, {})) for name in TOOLS]
    responses += [agent.request("GET", path=f"/api/v1/{name}") for name in ("images", "account", "usage", "models")]
    assert {response.status_code for response in responses} == {401}


def test_a_user_who_is_not_staff_gets_403_from_every_staff_page(client: Client, alice: User) -> None:
    client.force_login(alice)
    for path in ("/admin/", *list_paths()):
        assert client.get(path, follow=True).status_code == 403, path


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_every_list_and_only_superusers_add_rows(
    staff: Callable[[str], Client],  # noqa: F811
    role: str,
) -> None:
    client = staff(role)
    for path in list_paths():
        assert client.get(path).status_code == 200, path
        if role != "superuser":
            assert client.get(f"{path}add/").status_code == 403, path


def test_outside_the_staff_site_staff_see_only_their_own_objects(staff: Callable[[str], Client], alice: User) -> None:  # noqa: F811
    site: Any = Site()
    client = staff("superuser")
    statuses = {name: client.get(site.path(name)).status_code for name in ("image", "change-key", "purchase")}
    assert statuses == {"image": 404, "change-key": 404, "purchase": 404}
