"""From the first request of an app to a call with its token."""

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import ApiKey, User
from tests.mcp_gateway.agent import Agent
from tests.web_server import Server
from tests.website.oauth import steps

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_app_registers_connects_and_calls_a_tool(client: Client, alice: User, server: Server) -> None:
    client.force_login(alice)
    client_id = steps.register(client)["client_id"]
    redirect = steps.approve(client, steps.consent_path(client_id), name="My laptop", monthly_credit_cap="7")
    assert (redirect["state"], redirect["iss"]) == ("some state", settings.SITE_URL)
    tokens = steps.exchange(client, client_id, redirect["code"]).json()
    assert tokens["token_type"] == "Bearer"
    assert (tokens["expires_in"], tokens["scope"]) == (3600, "images:read images:generate")
    account = Agent(server.url, tokens["access_token"]).call("getimages_get_account")["structuredContent"]
    assert account["apiKey"]["name"] == "My laptop"
    assert account["apiKey"]["monthlyCreditCap"] == 7
    assert account["apiKey"]["lastFour"] == ""
    connection = ApiKey.objects.get(client_id=client_id)
    assert connection.last_used_at is not None
