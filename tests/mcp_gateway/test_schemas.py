"""The tools' input schemas accept what the tools accept; the output schemas describe every result."""

from collections.abc import Callable
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import Field

from accounts import api_keys
from accounts.models import User
from billing import ledger
from images import generation
from images.failures import ModerationRejected, ProviderFailed, TimedOut
from images.models import Image
from images.worker import attempts
from infrastructure.schemas import Arguments, Result
from mcp_gateway.tools.declarations import DECLARATIONS, TOOLS
from mcp_gateway.tools.json_schema import input_schema, output_schema
from tests.factories import caller_of, finished_image, queued_image
from tests.mcp_gateway.agent import MODEL, Agent
from tests.mcp_gateway.documented_values import documented_values, is_accepted, required_arguments

Numbers = Literal[1, 2]
Size = Literal["small", "large"]
Auto = Literal["auto"]

THINKING_MODEL = "google:gemini-3-pro-image-preview"

STATES = ["queued", "running", "succeeded", "failed", "timed out", "rejected", "cancelled"]

input_fields = [
    pytest.param(declaration["name"], field, id=f"{declaration['name']}-{field}")
    for declaration in DECLARATIONS
    for field in declaration["inputSchema"]["properties"]
]


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize(("tool", "field"), input_fields)
def test_the_schema_accepts_every_documented_value_that_the_tool_accepts(tool: str, field: str) -> None:
    schema = TOOLS[tool].declaration()["inputSchema"]
    for value in documented_values(schema["properties"][field]):
        arguments = {**required_arguments(tool), field: value}
        # The schema of an id or key has no format or pattern.
        if is_accepted(tool, arguments) or field not in {"id", "mask", "collection", "idempotencyKey"}:
            assert validator(schema).is_valid(arguments) is is_accepted(tool, arguments), value


@pytest.mark.parametrize(("tool", "field"), input_fields)
def test_listed_values_and_defaults_are_accepted(tool: str, field: str) -> None:
    schema = TOOLS[tool].declaration()["inputSchema"]
    described = schema["properties"][field]
    for value in [*described.get("enum", ()), *([described["default"]] if "default" in described else ())]:
        arguments = {**required_arguments(tool), field: value}
        validator(schema).validate(arguments)
        assert is_accepted(tool, arguments), value


def test_images_of_all_states_can_be_listed() -> None:
    status = TOOLS["getimages_list_images"].declaration()["inputSchema"]["properties"]["status"]
    assert "const" not in status
    assert status["enum"] == ["queued", "running", "succeeded", "rejected", "failed", "cancelled", "all"]


def field_schema(annotation: Any, default: Any = ...) -> dict[str, Any]:
    """Return the input schema of one argument of this type."""

    class OneArgument(Arguments):
        value: annotation = Field(default=default, description="A value.")

    schema: dict[str, Any] = input_schema(OneArgument)["properties"]["value"]
    return schema


def test_enumerations_of_several_types_stay_apart() -> None:
    schema = field_schema(Numbers | Auto)
    assert [member["type"] for member in schema["anyOf"]] == ["integer", "string"]
    assert [value for value in (1, 2, "auto", 3, "small") if validator(schema).is_valid(value)] == [1, 2, "auto"]


def test_a_union_of_other_types_keeps_its_alternatives() -> None:
    schema = field_schema(Auto | int, "auto")
    assert [value for value in ("auto", 7, "seven", None) if validator(schema).is_valid(value)] == ["auto", 7]


def test_a_nullable_union_loses_null_and_keeps_its_alternatives() -> None:
    schema = field_schema(list[int] | int | None, None)
    assert "default" not in schema
    assert [value for value in ([1], 7, "seven", None) if validator(schema).is_valid(value)] == [[1], 7]


def test_a_nested_union_is_merged_too() -> None:
    schema = field_schema(list[Size | Auto])
    assert schema["items"] == {"enum": ["small", "large", "auto"], "type": "string"}


def test_a_nullable_result_stays_nullable() -> None:
    class NullableResult(Result):
        value: Size | Auto | None = Field(description="A value.")

    schema = output_schema(NullableResult)["properties"]["value"]
    assert [value for value in ("small", "auto", None, "c") if validator(schema).is_valid(value)] == [
        "small",
        "auto",
        None,
    ]


def structured_content(agent: Agent, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool and return its structuredContent, which its output schema must accept."""
    result = agent.call(tool, **arguments)
    assert not result["isError"], result
    content: dict[str, Any] = result["structuredContent"]
    validator(TOOLS[tool].declaration()["outputSchema"]).validate(content)
    return content


def queued_with(agent: Agent, **arguments: Any) -> Image:
    content = structured_content(
        agent, "getimages_generate_image", **{"prompt": "a lake", "waitSeconds": 0, **arguments}
    )
    return Image.objects.get(pk=content["id"])


def image_in(state: str, user: User) -> Image:
    """Return an image of the user's in this state."""
    if state == "succeeded":
        return finished_image(user)
    image = queued_image(user)
    transitions: dict[str, Callable[[], Any]] = {
        "running": lambda: attempts.claim(image.id),
        "failed": lambda: attempts.end_unleased(image.id, ProviderFailed("The provider is down.")),
        "timed out": lambda: attempts.end_unleased(image.id, TimedOut()),
        "rejected": lambda: attempts.end_unleased(image.id, ModerationRejected.with_advice("No real people")),
        "cancelled": lambda: generation.cancel(caller_of(user), image.id),
    }
    transitions.get(state, lambda: None)()
    image.refresh_from_db()
    return image


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", STATES)
def test_an_image_in_every_state_fits_the_output_schemas(agent: Agent, alice: User, state: str) -> None:
    image = image_in(state, alice)
    assert image.status == ("failed" if state == "timed out" else state)
    content = structured_content(agent, "getimages_get_image", id=str(image.id))
    assert (content["image"]["status"], content["imageUrl"] is None) == (image.status, state != "succeeded")
    listed = structured_content(agent, "getimages_list_images", status=image.status)
    assert [entry["id"] for entry in listed["images"]] == [str(image.id)]
    structured_content(agent, "getimages_list_images", status="all")
    structured_content(agent, "getimages_list_usage")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", ["queued", "running", "succeeded"])
def test_a_replay_in_every_state_fits_the_output_schema(agent: Agent, alice: User, state: str) -> None:
    Image.objects.filter(pk=image_in(state, alice).pk).update(idempotency_key="once", prompt="a lake")
    replayed = queued_with(agent, modelId=MODEL, idempotencyKey="once")
    assert (replayed.status, Image.objects.count()) == (state, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("level", [None, "default", "deep"])
@pytest.mark.parametrize("style", [None, "ink"])
def test_optional_fields_fit_the_output_schemas(agent: Agent, level: str | None, style: str | None) -> None:
    image = queued_with(agent, modelId=THINKING_MODEL, thinkingLevel=level, style=style)
    content = structured_content(agent, "getimages_get_image", id=str(image.id))["image"]
    assert (content["thinkingLevel"], content["style"]) == (level or "default", style)


@pytest.mark.django_db(transaction=True)
def test_null_fields_fit_the_output_schemas(agent: Agent) -> None:
    image = queued_with(agent, modelId=MODEL)
    content = structured_content(agent, "getimages_get_image", id=str(image.id))
    assert [content["image"][name] for name in ("style", "thinkingLevel", "mediaType", "error")] == [None] * 4
    assert structured_content(agent, "getimages_get_account")["apiKey"]["monthlyCreditCap"] is None
    models = structured_content(agent, "getimages_list_models")["models"]
    assert None in [model["deepCredits"] for model in models]


@pytest.mark.django_db(transaction=True)
def test_a_key_with_a_cap_and_an_empty_page_fit_the_output_schemas(agent: Agent, alice: User) -> None:
    agent.key = api_keys.create(alice, name="capped", monthly_credit_cap=50)[1]
    assert structured_content(agent, "getimages_get_account")["apiKey"]["monthlyCreditCap"] == 50
    assert structured_content(agent, "getimages_list_images")["images"] == []
    assert structured_content(agent, "getimages_list_usage", offset=99)["transactions"] == []


@pytest.mark.django_db(transaction=True)
def test_every_type_of_ledger_entry_fits_the_output_schema(agent: Agent, alice: User) -> None:
    attempts.end_unleased(queued_image(alice).id, TimedOut())
    ledger.grant(alice.id, amount=1, reason="a gift")
    types = {entry["type"] for entry in structured_content(agent, "getimages_list_usage")["transactions"]}
    assert {"generation", "refund", "grant"} <= types
