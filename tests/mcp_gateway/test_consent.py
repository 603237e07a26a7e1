"""Consent to a price over MCP: by a form where the client shows forms, else by an argument; no charge before."""

import time
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from mcp.server import request_state as sdk_state

from accounts import api_keys
from accounts.models import ApiKey, User
from billing.models import LedgerEntry
from images.models import Image
from mcp_gateway import request_state
from tests.factories import balance, finished_image, set_price
from tests.mcp_gateway.agent import MODEL, Agent, code_of, declaring, messages, request, tool_call

pytestmark = pytest.mark.django_db(transaction=True)

GENERATE, EDIT = "getimages_generate_image", "getimages_edit_image"
ARGUMENTS = {"prompt": "a quiet lake", "modelId": MODEL, "waitSeconds": 0}
FORMS: dict[str, Any] = {"elicitation": {"form": {}}}
URLS: dict[str, Any] = {"elicitation": {"form": {}, "url": {}}}
HANDSHAKE_VERSIONS = ("2025-03-26", "2025-06-18", "2025-11-25")


@pytest.fixture
def limited(agent: Agent, alice: User) -> Agent:
    """An agent with a key whose images need a confirmation."""
    return Agent(agent.url, api_keys.create(alice, name="Limited", confirm_above=4)[1])


def send(agent: Agent, tool: str = GENERATE, /, capabilities: Any = FORMS, **parameters: Any) -> dict[str, Any]:
    """Send a call of version 2026-07-28 and return the response."""
    message = request(
        "tools/call", {"name": tool, "arguments": ARGUMENTS, "_meta": declaring(**capabilities), **parameters}
    )
    return messages(agent.send_modern(message))[-1]


def call(agent: Agent, tool: str = GENERATE, /, **parameters: Any) -> dict[str, Any]:
    result: dict[str, Any] = send(agent, tool, **parameters)["result"]
    return result


def responding(action: str, result: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of the call that repeats the one with this result, with the user's response."""
    (name,) = result["inputRequests"]
    state = {"requestState": result["requestState"]} if "requestState" in result else {}
    return {"inputResponses": {name: {"action": action}}, **state}


def charges() -> int:
    return LedgerEntry.objects.filter(type="generation").count()


def assert_refused(response: dict[str, Any]) -> None:
    assert response["error"]["code"] == -32602
    assert "requestState" in response["error"]["message"]


def test_the_user_is_asked_before_the_charge_and_an_accepted_price_is_charged_once(limited: Agent, alice: User) -> None:
    asked = call(limited)
    assert asked["resultType"] == "input_required"
    (form,) = asked["inputRequests"].values()
    assert form["method"] == "elicitation/create"
    assert form["params"] == {
        "mode": "form",
        "message": f"Pay 5 credits for an image with {MODEL}? Your balance is 100 credits.",
        "requestedSchema": {"type": "object", "properties": {}},
    }
    assert (charges(), Image.objects.count()) == (0, 0)
    result = call(limited, **responding("accept", asked))
    assert result["structuredContent"]["credits"] == {"charged": 5, "remaining": 95}
    assert (charges(), Image.objects.count()) == (1, 1)


def test_an_edit_asks_too(limited: Agent, alice: User) -> None:
    arguments = {**ARGUMENTS, "sources": [str(finished_image(alice).id)]}
    asked = call(limited, EDIT, arguments=arguments)
    result = call(limited, EDIT, arguments=arguments, **responding("accept", asked))
    assert (result["isError"], balance(alice)) == (False, 90)


@pytest.mark.parametrize("action", ["decline", "cancel"])
def test_a_declined_price_is_not_charged_until_it_is_confirmed(limited: Agent, action: str) -> None:
    declined = call(limited, **responding(action, call(limited)))
    assert code_of(declined) == "confirmation_required"
    assert "The user declined." in declined["content"][0]["text"]
    assert charges() == 0
    assert not call(limited, arguments={**ARGUMENTS, "confirmCredits": 5})["isError"]
    assert charges() == 1


@pytest.mark.parametrize("capabilities", [{}, {"elicitation": {"url": {}}}, {"sampling": {}}])
def test_a_client_without_forms_gets_the_price_and_confirms_it_with_an_argument(
    limited: Agent, capabilities: dict[str, Any]
) -> None:
    refused = call(limited, capabilities=capabilities)
    assert code_of(refused) == "confirmation_required"
    assert "costs 5 credits" in refused["content"][0]["text"]
    for credits in (4, 6):
        again = call(limited, capabilities=capabilities, arguments={**ARGUMENTS, "confirmCredits": credits})
        assert code_of(again) == "confirmation_required"
    assert charges() == 0
    assert not call(limited, capabilities=capabilities, arguments={**ARGUMENTS, "confirmCredits": 5})["isError"]


def test_an_empty_elicitation_capability_declares_forms(limited: Agent) -> None:
    assert call(limited, capabilities={"elicitation": {}})["resultType"] == "input_required"


@pytest.mark.parametrize("version", HANDSHAKE_VERSIONS)
def test_earlier_versions_confirm_with_an_argument_and_ignore_states(limited: Agent, version: str) -> None:
    def send_earlier(**parameters: Any) -> dict[str, Any]:
        message = tool_call(GENERATE, parameters.pop("arguments", ARGUMENTS))
        message["params"].update(parameters)
        response = limited.send(message, headers={"MCP-Protocol-Version": version})
        result: dict[str, Any] = messages(response)[-1]["result"]
        return result

    plain = request_state.PriceState(credits=5, image_id=uuid.uuid4()).model_dump_json()
    forged = {"inputResponses": {"price": {"action": "accept"}}, "requestState": plain}
    for parameters in ({}, forged, responding("accept", call(limited))):
        assert code_of(send_earlier(**parameters)) == "confirmation_required"
    assert charges() == 0
    assert not send_earlier(arguments={**ARGUMENTS, "confirmCredits": 5})["isError"]


def test_a_state_pays_for_one_image(limited: Agent) -> None:
    accepted = responding("accept", call(limited))
    first = call(limited, **accepted)
    replayed = call(limited, **accepted)
    assert code_of(replayed) == "confirmation_used"
    assert first["structuredContent"]["id"] in replayed["content"][0]["text"]
    assert charges() == 1


def test_a_changed_state_is_refused(limited: Agent) -> None:
    accepted = responding("accept", call(limited))
    state = accepted["requestState"]
    middle = len(state) // 2
    for changed in (
        state[:middle] + ("A" if state[middle] != "A" else "B") + state[middle + 1 :],
        state[:-1],
        state + "A",
        "v1.",
        "",
        '{"credits": 1}',
    ):
        assert_refused(send(limited, **{**accepted, "requestState": changed}))
    assert charges() == 0


def test_a_state_is_bound_to_its_key_tool_and_arguments(limited: Agent, alice: User, bob: User) -> None:
    accepted = responding("accept", call(limited))
    others = [api_keys.create(user, name="Other", confirm_above=4)[1] for user in (alice, bob)]
    for key in others:
        assert_refused(send(Agent(limited.url, key), **accepted))
    for arguments in ({**ARGUMENTS, "prompt": "a large lake"}, {**ARGUMENTS, "quality": "high"}):
        assert_refused(send(limited, arguments=arguments, **accepted))
    assert_refused(send(limited, EDIT, **accepted))
    assert charges() == 0


def test_a_state_expires(limited: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = responding("accept", call(limited))
    later = time.time() + request_state.LIFETIME_SECONDS + 1
    monkeypatch.setattr(sdk_state, "time", SimpleNamespace(time=lambda: later))
    assert_refused(send(limited, **accepted))
    assert charges() == 0


def test_the_user_is_asked_again_after_a_change_of_the_price(limited: Agent) -> None:
    accepted = responding("accept", call(limited))
    set_price(MODEL, 9)
    asked = call(limited, **accepted)
    assert "Pay 9 credits" in asked["inputRequests"]["price"]["params"]["message"]
    assert charges() == 0
    assert call(limited, **responding("accept", asked))["structuredContent"]["credits"]["charged"] == 9


@pytest.mark.parametrize("responses", [{}, {"other": {"action": "accept"}}, {"price": {"roots": []}}])
def test_the_user_is_asked_again_without_a_response(limited: Agent, responses: dict[str, Any]) -> None:
    state = call(limited)["requestState"]
    assert call(limited, inputResponses=responses, requestState=state)["resultType"] == "input_required"
    assert call(limited, inputResponses={"price": {"action": "accept"}})["resultType"] == "input_required"
    assert charges() == 0


def test_a_change_of_the_limit_applies_to_the_next_call(agent: Agent, alice: User) -> None:
    ApiKey.objects.update(confirm_above=4)
    assert call(agent)["resultType"] == "input_required"
    ApiKey.objects.update(confirm_above=5)
    assert call(agent)["resultType"] == "complete"


def test_a_short_balance_offers_the_page_that_sells_credits(agent: Agent, settings: Any) -> None:
    settings.DEBUG = True
    set_price(MODEL, 101)
    asked = call(agent, capabilities=URLS)
    assert asked["inputRequests"]["purchase"] == {
        "method": "elicitation/create",
        "params": {
            "mode": "url",
            "message": "This image costs 101 credits, and your balance is 100 credits. Open the page to buy credits?",
            "url": f"{settings.SITE_URL}/dashboard/billing/",
        },
    }
    for action in ("accept", "decline"):
        assert code_of(call(agent, capabilities=URLS, **responding(action, asked))) == "insufficient_credits"
    set_price(MODEL, 100)
    assert not call(agent, capabilities=URLS, **responding("accept", asked))["isError"]


@pytest.mark.parametrize("capabilities", [{}, FORMS])
def test_a_client_without_pages_gets_the_error(agent: Agent, settings: Any, capabilities: dict[str, Any]) -> None:
    settings.DEBUG = True
    set_price(MODEL, 101)
    result = call(agent, capabilities=capabilities)
    assert code_of(result) == "insufficient_credits"
    assert f"{settings.SITE_URL}/dashboard/billing/" in result["content"][0]["text"]


def test_no_page_is_offered_where_credits_are_not_sold(agent: Agent) -> None:
    set_price(MODEL, 101)
    assert code_of(call(agent, capabilities=URLS)) == "insufficient_credits"


def test_states_stay_valid_when_the_secret_key_is_replaced(settings: Any) -> None:
    def codec() -> Any:
        return request_state.seal().boundary._security.codec

    sealed = codec().seal(b"state")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "x" * 50
    assert codec().unseal(sealed) == b"state"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(sdk_state.InvalidRequestState):
        codec().unseal(sealed)
