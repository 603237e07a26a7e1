"""REST and MCP return the same results and the same errors."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts import api_keys
from accounts.models import User
from billing import ledger
from images.failures import ModerationRejected, ProviderFailed, TimedOut
from images.models import CatalogueModel, Image
from images.worker import attempts
from tests.api.program import Program, problem
from tests.factories import MODEL, finished_image, queued_image
from tests.mcp_gateway.agent import Agent, code_of

pytestmark = pytest.mark.django_db(transaction=True)

PRO = "google:gemini-3-pro-image-preview"
ALL = {"status": "all"}


@pytest.fixture
def agent(program: Program) -> Agent:
    """An agent with the program's key."""
    return Agent(program.url, program.key)


def tool(agent: Agent, name: str, **arguments: Any) -> dict[str, Any]:
    result = agent.call(f"getimages_{name}", **arguments)
    assert not result["isError"], result
    document: dict[str, Any] = result["structuredContent"]
    return document


def call(program: Program, path: str, **query: Any) -> dict[str, Any]:
    response = program.get(path, params=query)
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document


def link(url: str | None) -> str | None:
    """Return a link without its time and signature, which differ from one second to the next."""
    return url and url.partition(".")[0].rpartition("/")[0]


@pytest.mark.parametrize(
    ("name", "path", "arguments"),
    [
        ("get_account", "account", {}),
        ("list_models", "models", {}),
        ("list_usage", "usage", {}),
        ("list_usage", "usage", {"limit": 1, "offset": 1}),
    ],
)
def test_account_models_and_usage_are_the_same(
    agent: Agent, program: Program, alice: User, name: str, path: str, arguments: dict[str, Any]
) -> None:
    queued_image(alice)
    assert tool(agent, name, **arguments) == call(program, path, **arguments)


@pytest.mark.parametrize("arguments", [ALL, {}, {"status": "queued"}, {**ALL, "limit": 2, "offset": 1}])
def test_lists_are_the_same_and_flat_images_have_more_fields(
    agent: Agent, program: Program, alice: User, arguments: dict[str, Any]
) -> None:
    finished_image(alice)
    queued_image(alice, "one")
    queued_image(alice, "two")
    result = tool(agent, "list_images", **arguments)
    flat = call(program, "images", **arguments)
    extra_fields = [{name: image.pop(name) for name in ("error", "imageUrl", "credits")} for image in flat["images"]]
    assert result == flat
    assert [extra["credits"] for extra in extra_fields] == [{"charged": 5, "remaining": 85}] * len(result["images"])


@pytest.mark.parametrize("create", [finished_image, queued_image])
def test_one_image_is_the_same(agent: Agent, program: Program, alice: User, create: Callable[[User], Image]) -> None:
    image = create(alice)
    result = tool(agent, "get_image", id=str(image.id))
    flat = call(program, f"images/{image.id}")
    assert link(result["imageUrl"]) == link(flat.pop("imageUrl"))
    assert flat.pop("credits") == {"charged": 5, "remaining": 95}
    assert result["image"] == flat


def test_creating_is_the_same_and_shares_idempotency_keys(agent: Agent, program: Program, alice: User) -> None:
    arguments = {"prompt": "a lake", "modelId": PRO, "aspectRatio": "21:9", "style": "ink", "thinkingLevel": "deep"}
    result = tool(agent, "generate_image", **arguments, idempotencyKey="once", waitSeconds=0)
    flat = program.queue(**arguments, headers={"Idempotency-Key": "once"})
    assert (flat.status_code, flat.headers["Idempotent-Replayed"]) == (202, "true")
    document = flat.json()
    assert {name: document[name] for name in result} == result
    assert result["credits"] == {"charged": 18, "remaining": 82}


@pytest.mark.parametrize(
    "failure",
    [ModerationRejected.with_advice("No real people"), ProviderFailed("The provider is down."), TimedOut()],
    ids=["rejected", "failed", "timed out"],
)
def test_a_failure_is_the_same(agent: Agent, program: Program, alice: User, failure: Any) -> None:
    image = queued_image(alice, "a lake")
    Image.objects.update(idempotency_key="once")
    attempts.end_unleased(image.id, failure)
    result = agent.generate("a lake", idempotencyKey="once")
    document = problem(program.create("a lake", headers={"Idempotency-Key": "once"}))
    assert document["instance"] == f"/api/v1/images/{image.id}"
    assert document["status"] == failure.status
    assert_same_error(result, document)
    one = call(program, f"images/{image.id}")
    assert one["error"] == tool(agent, "get_image", id=str(image.id))["image"]["error"]


def assert_same_error(result: dict[str, Any], document: dict[str, Any]) -> None:
    error = result["_meta"]["getimages/error"]
    assert code_of(result) == document["code"]
    assert (error["message"], error["retryable"]) == (document["detail"], document["retryable"])


def set_up_faults(faults: set[str], alice: User, settings: Any) -> tuple[str, dict[str, Any]]:
    """Set up a request with all of these faults; return its API key and its arguments."""
    arguments: dict[str, Any] = {"prompt": "a lake", "modelId": MODEL}
    limits: dict[str, Any] = {}
    CatalogueModel.objects.update(enabled="model" not in faults)
    settings.MAX_RUNNING_PER_USER = 1 if "running" in faults else 0
    if "balance" in faults:
        ledger.charge(alice.id, credits=95, reference_id=alice.id, description="Everything")
    if "cap" in faults:
        limits["monthly_credit_cap"] = 1
    if "allowed" in faults:
        limits["allowed_models"] = ["openai:gpt-image-1.5"]
    if "ratio" in faults:
        arguments["aspectRatio"] = "21:9"
    if "option" in faults:
        arguments["resolution"] = "512"
    if "price" in faults:
        arguments["maxCredits"] = 4
    if "replay" in faults:
        arguments["idempotencyKey"] = "used"
    if "arguments" in faults:
        arguments["prompt"] = ""
    if "account" in faults:
        User.objects.update(suspended_at=timezone.now())
    return api_keys.create(alice, name="Faulty", **limits)[1], arguments


ORDER = [
    ("account", 403, "account_suspended"),
    ("arguments", 422, "invalid_arguments"),
    ("replay", 409, "idempotency_conflict"),
    ("model", 503, "model_unavailable"),
    ("ratio", 422, "unsupported_aspect_ratio"),
    ("option", 422, "unsupported_option"),
    ("allowed", 403, "model_not_allowed"),
    ("running", 429, "too_many_running"),
    ("price", 402, "price_above_limit"),
    ("cap", 403, "key_cap_exceeded"),
    ("balance", 402, "insufficient_credits"),
]


def call_both(agent: Agent, program: Program, arguments: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    result = agent.call("getimages_generate_image", **arguments, waitSeconds=0)
    key = arguments.pop("idempotencyKey", None)
    headers = {"Prefer": "respond-async", **({"Idempotency-Key": key} if key else {})}
    return result, problem(program.post("images", json=arguments, headers=headers))


@pytest.mark.parametrize("first", range(len(ORDER)), ids=[name for name, _, _ in ORDER])
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "with all later ones"])
def test_of_several_errors_rest_and_mcp_report_the_same_one(
    agent: Agent, program: Program, alice: User, settings: Any, first: int, alone: bool
) -> None:
    queued_image(alice, "an earlier one")
    Image.objects.update(idempotency_key="used")
    agent.key, arguments = set_up_faults(
        {name for name, _, _ in ORDER[first : first + 1 if alone else None]}, alice, settings
    )
    program.key = agent.key
    result, document = call_both(agent, program, arguments)
    assert (document["status"], document["code"]) == ORDER[first][1:]
    assert_same_error(result, document)
    assert Image.objects.count() == 1


@pytest.mark.parametrize(
    "invalid",
    [
        {"prompt": None},
        {"prompt": " "},
        {"prompt": "x" * 8001},
        {"prompt": "a\0b"},
        {"prompt": 7},
        {"modelId": "openai:dall-e"},
        {"aspectRatio": "2:1"},
        {"style": "x" * 501},
        {"thinkingLevel": "deepest"},
        {"resolution": "8K"},
        {"quality": 3},
        {"outputFormat": "jpeg", "background": "transparent"},
        {"maxCredits": 0},
        {"thinkingLevel": "deep"},
        {"quality": "high", "maxCredits": 19},
        {"prompt": "", "style": 3, "aspectRatio": "wide"},
    ],
    ids=" ".join,
)
def test_invalid_generate_arguments_are_the_same_error(agent: Agent, program: Program, invalid: dict[str, Any]) -> None:
    result, document = call_both(agent, program, {"prompt": "a lake", "modelId": MODEL, **invalid})
    assert_same_error(result, document)


@pytest.mark.parametrize(
    ("name", "path", "arguments"),
    [
        ("list_images", "images", {"limit": 0}),
        ("list_images", "images", {"limit": 101}),
        ("list_images", "images", {"offset": -1}),
        ("list_images", "images", {"status": "done"}),
        ("list_usage", "usage", {"limit": 101, "offset": -1}),
        ("list_usage", "usage", {"status": "all"}),
        ("get_account", "account", {"verbose": "yes"}),
        ("list_models", "models", {"x": "1"}),
    ],
)
def test_invalid_read_arguments_are_the_same_error(
    agent: Agent, program: Program, name: str, path: str, arguments: dict[str, Any]
) -> None:
    result = agent.call(f"getimages_{name}", **arguments)
    assert_same_error(result, problem(program.get(path, params=arguments)))


@pytest.mark.parametrize("image_id", ["no-uuid", "00000000-0000-0000-0000-000000000000", "bob's"])
def test_an_unknown_image_is_the_same_error(agent: Agent, program: Program, bob: User, image_id: str) -> None:
    if image_id == "bob's":
        image_id = str(queued_image(bob).id)
    result = agent.call("getimages_get_image", id=image_id)
    assert_same_error(result, problem(program.get(f"images/{image_id}")))


def test_changes_over_rest_are_visible_over_mcp(agent: Agent, program: Program) -> None:
    created = tool(agent, "generate_image", prompt="a lake", modelId=MODEL, waitSeconds=0)
    assert program.post(f"images/{created['id']}/cancel").json()["status"] == "cancelled"
    assert tool(agent, "get_image", id=created["id"])["image"]["error"] is None
    assert tool(agent, "get_account")["creditBalance"] == 100
