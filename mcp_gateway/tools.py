"""The tools, declared once each: what a client is told of them, and the function that answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from accounts.schemas import AccountAnswer, Answer, Arguments, NoArguments, Page
from billing.schemas import UsageAnswer
from images.schemas import ImageListAnswer, ListArguments, ModelListAnswer
from mcp_gateway import generate, reading
from mcp_gateway.calls import Call, ToolAnswer
from mcp_gateway.schemas import (
    GenerateArguments,
    GeneratedAnswer,
    GetImageArguments,
    ImageWithLinkAnswer,
    input_schema,
    output_schema,
)

READS: Final = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
SPENDS: Final = {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": False, "openWorldHint": True}


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    answer: type[Answer]
    annotations: dict[str, bool]
    function: Callable[[Call], Awaitable[ToolAnswer]]

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
        answer=GeneratedAnswer,
        annotations=SPENDS,
        function=generate.generate_image,
    ),
    Tool(
        name="getimages_list_images",
        title="List images",
        description="List the account's images, newest first, without their bytes. Costs nothing.",
        arguments=ListArguments,
        answer=ImageListAnswer,
        annotations=READS,
        function=reading.list_images,
    ),
    Tool(
        name="getimages_get_image",
        title="Get an image",
        description=(
            "Fetch one image by its id: its state, a fresh imageUrl to save it from, and with includeBytes the "
            "picture itself. With waitSeconds it waits for an image that is still being made. Costs nothing."
        ),
        arguments=GetImageArguments,
        answer=ImageWithLinkAnswer,
        annotations=READS,
        function=generate.get_image,
    ),
    Tool(
        name="getimages_get_account",
        title="Get the account",
        description=(
            "Tell whose API key this is, how many credits are left to spend, and what the key may spend and has "
            "spent this month. Call it before generating. Costs nothing."
        ),
        arguments=NoArguments,
        answer=AccountAnswer,
        annotations=READS,
        function=reading.get_account,
    ),
    Tool(
        name="getimages_list_usage",
        title="List credit usage",
        description="List all changes of the credit balance, newest first: charges, refunds, purchases. Costs nothing.",
        arguments=Page,
        answer=UsageAnswer,
        annotations=READS,
        function=reading.list_usage,
    ),
    Tool(
        name="getimages_list_models",
        title="List models",
        description=(
            "List the models with their prices in credits, aspect ratios and thinking levels, whether each can be "
            "used now, and the credit balance. Costs nothing."
        ),
        arguments=NoArguments,
        answer=ModelListAnswer,
        annotations=READS,
        function=reading.list_models,
    ),
)

TOOLS: Final = {tool.name: tool for tool in _ALL}
DECLARATIONS: Final = [tool.declaration() for tool in _ALL]
