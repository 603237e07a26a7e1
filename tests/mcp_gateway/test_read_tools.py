"""The read-only tools."""

from typing import Any

import jsonschema
import pytest

from accounts import api_keys
from accounts.models import User
from images import generation
from images.models import Image
from mcp_gateway.tools.declarations import TOOLS
from tests.factories import caller_of
from tests.mcp_gateway.agent import MODEL, Agent, code_of, text_of

pytestmark = pytest.mark.django_db(transaction=True)


def structured_content(agent: Agent, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool and return its structuredContent, which its output schema must accept."""
    result = agent.call(tool, **arguments)
    content: dict[str, Any] = result["structuredContent"]
    schema = TOOLS[tool].declaration()["outputSchema"]
    jsonschema.validate(content, schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    assert text_of(result)
    return content


def queue_images(agent: Agent, count: int) -> list[str]:
    """Queue images without a worker and return their ids, newest first."""
    ids = [agent.generate(f"prompt {n}", waitSeconds=0)["structuredContent"]["id"] for n in range(count)]
    return ids[::-1]


def fail(image_id: str) -> None:
    Image.objects.filter(pk=image_id).update(
        status="failed", finished_at="2026-01-01T00:00Z", error_code="provider_error", error_message="It broke."
    )


def test_the_account_is_that_of_the_key(agent: Agent, alice: User) -> None:
    content = structured_content(agent, "getimages_get_account")
    assert content == {
        "userId": str(alice.id),
        "email": "alice@example.com",
        "creditBalance": 100,
        "apiKey": {
            "name": "Laptop",
            "lastFour": agent.key[-4:],
            "monthlyCreditCap": None,
            "confirmAbove": None,
            "creditsSpentThisMonth": 0,
        },
    }


def test_the_account_has_the_cap_and_spending_of_its_key(agent: Agent, alice: User) -> None:
    agent.key = api_keys.create(alice, name="capped", monthly_credit_cap=50, confirm_above=8)[1]
    queue_images(agent, 2)
    content = structured_content(agent, "getimages_get_account")
    assert content["apiKey"] | {"lastFour": ""} == {
        "name": "capped", "lastFour": "", "monthlyCreditCap": 50, "confirmAbove": 8,
        "creditsSpentThisMonth": 10,
    }  # fmt: skip
    assert content["creditBalance"] == 90


def test_images_come_newest_first_in_pages(agent: Agent) -> None:
    ids = queue_images(agent, 3)
    first = structured_content(agent, "getimages_list_images", status="all", limit=2)
    rest = structured_content(agent, "getimages_list_images", status="all", limit=2, offset=2)
    assert [image["id"] for image in first["images"] + rest["images"]] == ids
    assert (first["total"], first["limit"], rest["offset"]) == (3, 2, 2)


def test_a_listed_image_has_every_field(agent: Agent) -> None:
    queue_images(agent, 1)
    (image,) = structured_content(agent, "getimages_list_images", status="queued")["images"]
    assert image == {
        "id": image["id"],
        "status": "queued",
        "prompt": "prompt 0",
        "modelId": MODEL,
        "providerId": "openai",
        "aspectRatio": "1:1",
        "style": None,
        "thinkingLevel": None,
        "resolution": "1K",
        "quality": "medium",
        "background": "opaque",
        "width": None,
        "height": None,
        "contentCredentials": False,
        "sources": [],
        "mediaType": None,
        "favourite": False,
        "creditCost": 5,
        "createdAt": image["createdAt"],
    }


def test_only_succeeded_images_are_listed_by_default(agent: Agent) -> None:
    failed, queued = queue_images(agent, 2)
    fail(failed)
    totals = {
        status: structured_content(agent, "getimages_list_images", status=status)["total"]
        for status in ("all", "queued", "failed")
    }
    assert totals == {"all": 2, "queued": 1, "failed": 1}
    assert structured_content(agent, "getimages_list_images")["images"] == []
    assert structured_content(agent, "getimages_list_images", status="queued")["images"][0]["id"] == queued


def test_an_image_is_found_by_its_id_in_any_case(agent: Agent) -> None:
    (image_id,) = queue_images(agent, 1)
    content = structured_content(agent, "getimages_get_image", id=image_id.upper())
    assert (content["image"]["id"], content["image"]["error"], content["imageUrl"]) == (image_id, None, None)


def test_a_failed_image_has_its_error_but_is_not_a_tool_error(agent: Agent) -> None:
    (image_id,) = queue_images(agent, 1)
    fail(image_id)
    content = structured_content(agent, "getimages_get_image", id=image_id, includeBytes=True, waitSeconds=60)
    assert content["image"]["error"] == {"code": "provider_error", "message": "It broke."}


def test_a_deleted_image_is_in_no_tool(agent: Agent, alice: User) -> None:
    (image_id,) = queue_images(agent, 1)
    generation.cancel(caller_of(alice), image_id)
    generation.delete(caller_of(alice), image_id)
    assert structured_content(agent, "getimages_list_images", status="all")["total"] == 0
    assert agent.call("getimages_get_image", id=image_id)["isError"]


def test_usage_is_the_ledger_newest_first(agent: Agent) -> None:
    newest, _ = queue_images(agent, 2)
    content = structured_content(agent, "getimages_list_usage", limit=2)
    assert [entry["balanceAfter"] for entry in content["transactions"]] == [90, 95]
    assert content["transactions"][0] | {"id": "", "createdAt": ""} == {
        "id": "",
        "amount": -5,
        "type": "generation",
        "description": f"Image with {MODEL}",
        "referenceId": newest,
        "balanceAfter": 90,
        "createdAt": "",
    }
    assert content["total"] == 3
    assert structured_content(agent, "getimages_list_usage", offset=2)["transactions"][0]["type"] == "grant"
    assert structured_content(agent, "getimages_list_usage", offset=3)["transactions"] == []


def test_models_come_with_prices_and_the_balance(agent: Agent) -> None:
    content = structured_content(agent, "getimages_list_models")
    models = {model["modelId"]: model for model in content["models"]}
    assert content["creditBalance"] == 100
    assert len(models) == 9
    shallow = models["openai:gpt-image-1.5"]
    assert (shallow["credits"], shallow["deepCredits"], shallow["thinkingLevels"]) == (3, None, [])
    assert shallow["speed"] == "fast"
    deep = models["google:gemini-3-pro-image-preview"]
    assert (deep["credits"], deep["deepCredits"], deep["thinkingLevels"]) == (12, 18, ["default", "deep"])
    assert "21:9" in deep["aspectRatios"]
    assert all(model["available"] for model in models.values())


def test_users_see_nothing_of_each_other(agent: Agent, bobs_agent: Agent, bob: User) -> None:
    queue_images(agent, 2)
    assert structured_content(bobs_agent, "getimages_list_images", status="all") == {
        "images": [], "total": 0, "limit": 20, "offset": 0,
    }  # fmt: skip
    assert [entry["type"] for entry in structured_content(bobs_agent, "getimages_list_usage")["transactions"]] == [
        "grant"
    ]
    account = structured_content(bobs_agent, "getimages_get_account")
    assert (account["userId"], account["creditBalance"]) == (str(bob.id), 100)


@pytest.mark.parametrize("tool", ["getimages_list_images", "getimages_list_usage"])
def test_an_integer_may_have_a_decimal_point(agent: Agent, tool: str) -> None:
    content = agent.call(tool, limit=5.0, offset=1e0)["structuredContent"]
    assert (content["limit"], content["offset"]) == (5, 1)
    assert type(content["limit"]) is int


@pytest.mark.parametrize("limit", [5.5, 1e300, True, "5"])
def test_no_other_value_is_an_integer(agent: Agent, limit: object) -> None:
    assert code_of(agent.call("getimages_list_images", limit=limit)) == "invalid_arguments"
