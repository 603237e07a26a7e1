"""The tools, declared once each: what a client is told of them, and the function that answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from accounts.schemas import AccountResult
from billing.schemas import UsageResult
from images.schemas import ImageListResult, ListArguments, ModelListResult
from infrastructure.schemas import Arguments, NoArguments, PageArguments, Result
from mcp_gateway.tools import image_tools, read_tools
from mcp_gateway.tools.call import ToolCall, ToolResult
from mcp_gateway.tools.json_schema import input_schema, output_schema
from mcp_gateway.tools.schemas import GenerateArguments, GeneratedResult, GetImageArguments, ImageWithLinkResult

READS: Final = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
SPENDS: Final = {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": False, "openWorldHint": True}


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    answer: type[Result]
    annotations: dict[str, bool]
    function: Callable[[ToolCall], Awaitable[ToolResult]]

    def declaration(self) -> dict[str, Any]:
        """Return what tools/list says of it."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": input_schema(self.arguments),
            "outputSchema": output_schema(self.answer),
            "annotations": {"title": self.title, **self.annotations},
        }


_ALL: Final = (
    Tool(
        name="getimages_generate_image",
        title="Generate an image",
        description=(
            "Make one picture from a prompt. This spends credits: look up prices with getimages_list_models and the "
            "balance with getimages_get_account, and confirm with the user before calling. Returns the picture, "
            "what it cost, and imageUrl, a link to save it from within 15 minutes. If your time to wait is short, pass "
            "waitSeconds and fetch the picture later with getimages_get_image: it is made in any case. A failed or "
            "rejected picture costs nothing."
        ),
        arguments=GenerateArguments,
        answer=GeneratedResult,
        annotations=SPENDS,
        function=image_tools.generate_image,
    ),
    Tool(
        name="getimages_list_images",
        title="List images",
        description="List the account's images, newest first, without their bytes. Costs nothing.",
        arguments=ListArguments,
        answer=ImageListResult,
        annotations=READS,
        function=read_tools.list_images,
    ),
    Tool(
        name="getimages_get_image",
        title="Get an image",
        description=(
            "Fetch one image by its id: its state, a fresh imageUrl to save it from, and with includeBytes the "
            "picture itself. With waitSeconds it waits for an image that is still being made. Costs nothing."
        ),
        arguments=GetImageArguments,
        answer=ImageWithLinkResult,
        annotations=READS,
        function=image_tools.get_image,
    ),
    Tool(
        name="getimages_get_account",
        title="Get the account",
        description=(
            "Tell whose API key this is, how many credits are left to spend, and what the key may spend and has "
            "spent this month. Call it before generating. Costs nothing."
        ),
        arguments=NoArguments,
        answer=AccountResult,
        annotations=READS,
        function=read_tools.get_account,
    ),
    Tool(
        name="getimages_list_usage",
        title="List credit usage",
        description="List all changes of the credit balance, newest first: charges, refunds, purchases. Costs nothing.",
        arguments=PageArguments,
        answer=UsageResult,
        annotations=READS,
        function=read_tools.list_usage,
    ),
    Tool(
        name="getimages_list_models",
        title="List models",
        description=(
            "List the models with their prices in credits, aspect ratios and thinking levels, whether each can be "
            "used now, and the credit balance. Costs nothing."
        ),
        arguments=NoArguments,
        answer=ModelListResult,
        annotations=READS,
        function=read_tools.list_models,
    ),
)

TOOLS: Final = {tool.name: tool for tool in _ALL}
DECLARATIONS: Final = [tool.declaration() for tool in _ALL]
