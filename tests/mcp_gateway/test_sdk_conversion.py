"""Agent SDKs list the tools over HTTP and convert them for their models; the results accept all documented values."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from llguidance import LLMatcher, LLTokenizer
from pydantic_ai import Agent as PydanticAgent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.profiles.anthropic import anthropic_model_profile
from pydantic_ai.profiles.google import google_model_profile
from pydantic_ai.profiles.openai import openai_model_profile
from pydantic_ai.tools import ToolDefinition

from infrastructure.local_state import LOCAL_DIR
from mcp_gateway.tools.declarations import DECLARATIONS, TOOLS
from tests.clients.service import run
from tests.mcp_gateway.agent import Agent
from tests.mcp_gateway.documented_values import accepted_values, documented_values, required_arguments

SDK_PYTHON = LOCAL_DIR / "sdks/bin/python"
SDK_PROGRAM = Path(__file__).with_name("sdk_tools.py")
SDKS = ["openai-agents", "openai-agents strict", "langchain", "langchain strict"]
BYTE_TOKENS = LLTokenizer("byte")


def check(name: str, description: str | None, parameters: dict[str, Any]) -> None:
    """Check that a converted tool has all arguments, and accepts all documented values that the tool accepts."""
    declaration = TOOLS[name].declaration()
    assert description == declaration["description"]
    assert list(parameters["properties"]) == list(declaration["inputSchema"]["properties"])
    assert set(declaration["inputSchema"].get("required", ())) <= set(parameters.get("required", ()))
    for argument, values in accepted_values(name).items():
        validator = Draft202012Validator(parameters["properties"][argument])
        for value in values:
            validator.validate(value)


@pytest.mark.django_db(transaction=True)
def test_openai_agents_and_langchain_convert_every_tool(agent: Agent, tmp_path: Path) -> None:
    assert SDK_PYTHON.exists(), "`make sdks` installs the SDKs"
    # The OpenAI Agents SDK calls a function that version 1 of the MCP SDK has deprecated.
    warnings = ["-W", "error", "-W", "ignore:Use `streamable_http_client` instead"]
    command: list[str | Path] = [SDK_PYTHON, *warnings, SDK_PROGRAM, f"{agent.url}/api/mcp"]
    converted = json.loads(run(*command, folder=tmp_path, KEY=agent.key, OPENAI_AGENTS_DISABLE_TRACING="1"))
    assert list(converted) == SDKS
    for sdk, tools in converted.items():
        assert [tool["name"] for tool in tools] == list(TOOLS), sdk
        for tool in tools:
            # OpenAI Agents leaves a schema without properties as it is: for a tool without arguments that is enough.
            can_be_strict = bool(tool["parameters"]["properties"]) or sdk.startswith("langchain")
            assert tool["strict"] is (sdk.endswith("strict") and can_be_strict), (sdk, tool["name"])
            check(tool["name"], tool["description"], tool["parameters"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(openai_model_profile("gpt-5"), id="OpenAI"),
        pytest.param(google_model_profile("gemini-2.5-pro"), id="Google"),
        pytest.param(anthropic_model_profile("claude-sonnet-4-5"), id="Anthropic"),
    ],
)
async def test_pydantic_ai_converts_every_tool(agent: Agent, profile: ModelProfile) -> None:
    converted: list[ToolDefinition] = []

    def respond(_messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        converted.extend(info.function_tools)
        return ModelResponse(parts=[TextPart("done")])

    toolset = MCPToolset[None](f"{agent.url}/api/mcp", headers={"Authorization": f"Bearer {agent.key}"})
    await PydanticAgent(FunctionModel(respond, profile=profile), toolsets=[toolset]).run("List the tools.")
    assert [tool.name for tool in converted] == list(TOOLS)
    for tool in converted:
        check(tool.name, tool.description, tool.parameters_json_schema)


def is_generated(grammar: str, arguments: dict[str, Any]) -> bool:
    """Return whether a model that is bound to this grammar can generate these arguments."""
    tokens = BYTE_TOKENS.tokenize_str(json.dumps(arguments, ensure_ascii=False))
    matcher = LLMatcher(BYTE_TOKENS, grammar, log_level=0)
    return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()


@pytest.mark.parametrize("declaration", DECLARATIONS, ids=lambda tool: tool["name"])
def test_the_grammar_of_a_tool_accepts_what_its_schema_accepts(declaration: dict[str, Any]) -> None:
    schema = declaration["inputSchema"]
    grammar = LLMatcher.grammar_from_json_schema(schema)
    assert LLMatcher.validate_grammar_with_warnings(grammar, BYTE_TOKENS) == (False, [])
    required = required_arguments(declaration["name"])
    assert is_generated(grammar, required)
    for name, field in schema["properties"].items():
        for value in documented_values(field):
            values = {**required, name: value}
            # The grammar accepts the arguments in the order of the schema only.
            arguments = {key: values[key] for key in schema["properties"] if key in values}
            assert is_generated(grammar, arguments) is Draft202012Validator(schema).is_valid(arguments), arguments
