"""The tools: what tools/list declares of each one, and the function that runs it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from accounts.oauth import scopes
from accounts.schemas import AccountResult
from billing.schemas import UsageResult
from images.schemas import ImageListResult, ListArguments, ModelListResult
from infrastructure.schemas import Arguments, NoArguments, PageArguments, Result
from mcp_gateway.tools import image_tools, read_tools
from mcp_gateway.tools.call import ToolCall, ToolResult
from mcp_gateway.tools.json_schema import input_schema, output_schema
from mcp_gateway.tools.schemas import GenerateArguments, GeneratedResult, GetImageArguments, ImageWithLinkResult

READ_ONLY: Final = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
SPENDS_CREDITS: Final = {
    "readOnlyHint": False,
    "destructiveHint": False,
    "idempotentHint": False,
    "openWorldHint": True,
}


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    result: type[Result]
    annotations: dict[str, bool]
    scope: str
    function: Callable[[ToolCall], Awaitable[ToolResult]]

    def declaration(self) -> dict[str, Any]:
        """Return the tool's entry in the result of tools/list."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": input_schema(self.arguments),
            "outputSchema": output_schema(self.result),
            "annotations": {"title": self.title, **self.annotations},
            # Where ChatGPT looks for the scopes of a tool.
            "_meta": {"securitySchemes": [{"type": "oauth2", "scopes": [self.scope]}]},
        }


_TOOLS: Final = (
    Tool(
        name="getimages_generate_image",
        title="Generate an image",
        description=(
            "Generate one image from a prompt. Spends credits: check prices with getimages_list_models and the balance "
            "with getimages_get_account, and confirm with the user first. Quality, resolution and other options change "
            "the price; maxCredits limits it. Returns the image, its cost, and imageUrl, a download link that is valid "
            "for 15 minutes. If your call timeout is short, set waitSeconds and fetch the image later with "
            "getimages_get_image; it is generated either way. Rejected and failed images are refunded."
        ),
        arguments=GenerateArguments,
        result=GeneratedResult,
        annotations=SPENDS_CREDITS,
        scope=scopes.GENERATE,
        function=image_tools.generate_image,
    ),
    Tool(
        name="getimages_list_images",
        title="List images",
        description="List the account's images, newest first, without the image files. Free.",
        arguments=ListArguments,
        result=ImageListResult,
        annotations=READ_ONLY,
        scope=scopes.READ,
        function=read_tools.list_images,
    ),
    Tool(
        name="getimages_get_image",
        title="Get an image",
        description=(
            "Get one image by its ID: its status, a new imageUrl to download it from, and with includeBytes the file "
            "itself. Set waitSeconds to wait for an image that is still queued or running. Free."
        ),
        arguments=GetImageArguments,
        result=ImageWithLinkResult,
        annotations=READ_ONLY,
        scope=scopes.READ,
        function=image_tools.get_image,
    ),
    Tool(
        name="getimages_get_account",
        title="Get the account",
        description=(
            "Get the account: its email address and credit balance, and the monthly credit cap and this month's "
            "spending of the API key or connected app. Call this before generating. Free."
        ),
        arguments=NoArguments,
        result=AccountResult,
        annotations=READ_ONLY,
        scope=scopes.READ,
        function=read_tools.get_account,
    ),
    Tool(
        name="getimages_list_usage",
        title="List credit usage",
        description="List every change to the credit balance, newest first: charges, refunds and purchases. Free.",
        arguments=PageArguments,
        result=UsageResult,
        annotations=READ_ONLY,
        scope=scopes.READ,
        function=read_tools.list_usage,
    ),
    Tool(
        name="getimages_list_models",
        title="List models",
        description=(
            "List the models with their aspect ratios, options, availability, and the price in credits of every "
            "combination of quality, resolution and thinking level, and the credit balance. Free."
        ),
        arguments=NoArguments,
        result=ModelListResult,
        annotations=READ_ONLY,
        scope=scopes.READ,
        function=read_tools.list_models,
    ),
)

TOOLS: Final = {tool.name: tool for tool in _TOOLS}
DECLARATIONS: Final = [tool.declaration() for tool in _TOOLS]
