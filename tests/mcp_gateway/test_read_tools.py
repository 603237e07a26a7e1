"""The five tools that only read."""

from typing import Any

import jsonschema
import pytest

from accounts import api_keys
from accounts.models import User
from images import generation
from images.models import Image
from mcp_gateway.tools.declarations import TOOLS
from tests.factories import caller_of
from tests.mcp_gateway.agent import MODEL, Agent, text_of

pytestmark = pytest.mark.django_db(transaction=True)


def facts_of(agent: Agent, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool and return its structuredContent, which its schema must describe."""
    result = agent.call(tool, **arguments)
    facts: dict[str, Any] = result["structuredContent"]
    schema = TOOLS[tool].declaration()["outputSchema"]
    jsonschema.validate(facts, schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    assert text_of(result)
    return facts


def ask(agent: Agent, count: int) -> list[str]:
    """Ask for images that nobody makes, and return their ids, newest first."""
    made = [agent.generate(f"wish {n}", waitSeconds=0)["structuredContent"]["id"] for n in range(count)]
    return made[::-1]


def fail(image_id: str) -> None:
    Image.objects.filter(pk=image_id).update(
        status="failed", finished_at="2026-01-01T00:00Z", error_code="provider_error", error_message="It broke."
    )


def test_the_account_is_who_the_key_belongs_to(agent: Agent, alice: User) -> None:
    facts = facts_of(agent, "getimages_get_account")
    assert facts == {
        "userId": str(alice.id),
        "email": "alice@example.com",
        "creditBalance": 100,
        "apiKey": {
            "name": "Laptop",
            "lastFour": agent.key[-4:],
            "monthlyCreditCap": None,
            "creditsSpentThisMonth": 0,
        },
    }


def test_the_account_tells_what_its_key_may_spend_and_has_spent(agent: Agent, alice: User) -> None:
    agent.key = api_keys.create(alice, name="capped", monthly_credit_cap=50)[1]
    ask(agent, 2)
    facts = facts_of(agent, "getimages_get_account")
    assert facts["apiKey"] | {"lastFour": ""} == {
        "name": "capped", "lastFour": "", "monthlyCreditCap": 50, "creditsSpentThisMonth": 10,
    }  # fmt: skip
    assert facts["creditBalance"] == 90


def test_images_come_newest_first_in_pages(agent: Agent) -> None:
    ids = ask(agent, 3)
    first = facts_of(agent, "getimages_list_images", status="all", limit=2)
    rest = facts_of(agent, "getimages_list_images", status="all", limit=2, offset=2)
    assert [image["id"] for image in first["images"] + rest["images"]] == ids
    assert (first["total"], first["limit"], rest["offset"]) == (3, 2, 2)


def test_an_image_of_the_list_tells_all_but_its_bytes(agent: Agent) -> None:
    ask(agent, 1)
    (image,) = facts_of(agent, "getimages_list_images", status="queued")["images"]
    assert image == {
        "id": image["id"],
        "status": "queued",
        "prompt": "wish 0",
        "modelId": MODEL,
        "providerId": "openai",
        "aspectRatio": "1:1",
        "style": None,
        "thinkingLevel": None,
        "mediaType": None,
        "creditCost": 5,
        "createdAt": image["createdAt"],
    }


def test_only_finished_images_are_listed_unless_others_are_asked_for(agent: Agent) -> None:
    failed, queued = ask(agent, 2)
    fail(failed)
    totals = {s: facts_of(agent, "getimages_list_images", status=s)["total"] for s in ("all", "queued", "failed")}
    assert totals == {"all": 2, "queued": 1, "failed": 1}
    assert facts_of(agent, "getimages_list_images")["images"] == []
    assert facts_of(agent, "getimages_list_images", status="queued")["images"][0]["id"] == queued


def test_one_image_is_found_by_its_id_in_any_case(agent: Agent) -> None:
    (image_id,) = ask(agent, 1)
    facts = facts_of(agent, "getimages_get_image", id=image_id.upper())
    assert (facts["image"]["id"], facts["image"]["error"], facts["imageUrl"]) == (image_id, None, None)


def test_a_failed_image_tells_why_and_is_no_error(agent: Agent) -> None:
    (image_id,) = ask(agent, 1)
    fail(image_id)
    facts = facts_of(agent, "getimages_get_image", id=image_id, includeBytes=True, waitSeconds=60)
    assert facts["image"]["error"] == {"code": "provider_error", "message": "It broke."}


def test_a_deleted_image_is_gone_from_every_tool(agent: Agent, alice: User) -> None:
    (image_id,) = ask(agent, 1)
    generation.cancel(caller_of(alice), image_id)
    generation.delete(caller_of(alice), image_id)
    assert facts_of(agent, "getimages_list_images", status="all")["total"] == 0
    assert agent.call("getimages_get_image", id=image_id)["isError"]


def test_usage_is_the_ledger_newest_first(agent: Agent) -> None:
    newest, _ = ask(agent, 2)
    facts = facts_of(agent, "getimages_list_usage", limit=2)
    assert [t["balanceAfter"] for t in facts["transactions"]] == [90, 95]
    assert facts["transactions"][0] | {"id": "", "createdAt": ""} == {
        "id": "",
        "amount": -5,
        "type": "generation",
        "description": f"Image with {MODEL}",
        "referenceId": newest,
        "balanceAfter": 90,
        "createdAt": "",
    }
    assert facts["total"] == 3
    assert facts_of(agent, "getimages_list_usage", offset=2)["transactions"][0]["type"] == "grant"
    assert facts_of(agent, "getimages_list_usage", offset=3)["transactions"] == []


def test_models_come_with_prices_and_the_balance(agent: Agent) -> None:
    facts = facts_of(agent, "getimages_list_models")
    models = {model["modelId"]: model for model in facts["models"]}
    assert facts["creditBalance"] == 100
    assert len(models) == 5
    plain = models["openai:gpt-image-1.5"]
    assert (plain["credits"], plain["deepCredits"], plain["thinkingLevels"], plain["speed"]) == (3, None, [], "fast")
    deep = models["google:gemini-3-pro-image-preview"]
    assert (deep["credits"], deep["deepCredits"], deep["thinkingLevels"]) == (12, 18, ["default", "deep"])
    assert "21:9" in deep["aspectRatios"]
    assert all(model["available"] for model in models.values())


def test_two_users_see_nothing_of_each_other(agent: Agent, bobs_agent: Agent, bob: User) -> None:
    ask(agent, 2)
    assert facts_of(bobs_agent, "getimages_list_images", status="all") == {
        "images": [], "total": 0, "limit": 20, "offset": 0,
    }  # fmt: skip
    assert [t["type"] for t in facts_of(bobs_agent, "getimages_list_usage")["transactions"]] == ["grant"]
    account = facts_of(bobs_agent, "getimages_get_account")
    assert (account["userId"], account["creditBalance"]) == (str(bob.id), 100)
