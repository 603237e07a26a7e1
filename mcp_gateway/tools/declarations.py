"""The tools: what tools/list declares of each one, and the function that runs it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from accounts.oauth import scopes
from accounts.schemas import AccountResult
from billing.schemas import UsageResult
from images.schemas import ImageListResult, ListArguments, ModelListResult
from infrastructure.schemas import Arguments, NoArguments, PageArguments, Result
from mcp_gateway import icons, viewer
from mcp_gateway.tools import image_tools, read_tools, upload_tools
from mcp_gateway.tools.call import TaskHandle, ToolCall, ToolResult
from mcp_gateway.tools.json_schema import input_schema, output_schema
from mcp_gateway.tools.schemas import (
    EditImageArguments,
    GenerateArguments,
    GeneratedResult,
    GetImageArguments,
    ImageWithLinkResult,
    UploadedResult,
    UploadImageArguments,
)

READ_ONLY: Final = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
CALLS_OTHERS: Final = {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": False, "openWorldHint": True}


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
    # The name of its file in static/tool-icons.
    icon: str
    function: Callable[[ToolCall], Awaitable[ToolResult | TaskHandle]]
    spends_credits: bool = False
    # Whether the viewer shows its results.
    is_viewed: bool = False
    # The arguments that ChatGPT fills with a file of the chat (openai/fileParams of the Apps SDK).
    file_arguments: tuple[str, ...] = ()

    def declaration(self, *, has_icons: bool = True, has_viewer: bool = True) -> dict[str, Any]:
        """Return the tool's entry in the result of tools/list."""
        tool_icons = {"icons": icons.of_tool(self.icon)} if has_icons else {}
        files = {"openai/fileParams": list(self.file_arguments)} if self.file_arguments else {}
        view = viewer.TOOL_META if has_viewer and self.is_viewed else {}
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            **tool_icons,
            "inputSchema": input_schema(self.arguments),
            "outputSchema": output_schema(self.result),
            "annotations": {"title": self.title, **self.annotations},
            # Where ChatGPT looks for the scopes of a tool.
            "_meta": {"securitySchemes": [{"type": "oauth2", "scopes": [self.scope]}], **files, **view},
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
        annotations=CALLS_OTHERS,
        scope=scopes.GENERATE,
        icon="generate",
        function=image_tools.generate_image,
        spends_credits=True,
        is_viewed=True,
    ),
    Tool(
        name="getimages_edit_image",
        title="Edit an image",
        description=(
            "Change an existing picture, or make one from reference pictures: sources contains the ids of images of "
            "this account or of uploads. To change an image that getimages_generate_image or this tool made, pass its "
            "id: never upload it again. For any other picture, call getimages_upload_image first. Put what to change "
            "in prompt, and name what must stay the same. A mask limits the change to a part. maxSources and "
            "takesMask in getimages_list_models show which models can. Spends credits: the price of a generation, "
            "plus 1 credit for each additional group of up to 4 sources after the first 4; confirm with the user "
            "first. If your call timeout is "
            "short, set waitSeconds and fetch the image later with getimages_get_image; it is generated either way. "
            "The sources are not changed; the result is a new image."
        ),
        arguments=EditImageArguments,
        result=GeneratedResult,
        annotations=CALLS_OTHERS,
        scope=scopes.GENERATE,
        icon="edit",
        function=image_tools.edit_image,
        spends_credits=True,
        is_viewed=True,
    ),
    Tool(
        name="getimages_upload_image",
        title="Upload a picture",
        description=(
            "Upload a picture to use in sources or mask of getimages_edit_image. Free. Not needed for images of this "
            "account: use their ids. Cheapest way first: for a picture on the web, pass url. For a file from this "
            "chat, the host sets file. For a file on your machine, call this without arguments and run the returned "
            "curl command with the path of the file; without a shell, give the user pageUrl to choose the file in a "
            "browser, and repeat the edit while it returns not_ready. Use data only in a program, never by writing "
            "base64 yourself. PNG, JPEG or WebP, at most 20 MiB. An upload expires after 24 hours unless an image uses "
            "it."
        ),
        arguments=UploadImageArguments,
        result=UploadedResult,
        annotations=CALLS_OTHERS,
        scope=scopes.GENERATE,
        icon="upload",
        function=upload_tools.upload_image,
        file_arguments=("file",),
    ),
    Tool(
        name="getimages_list_images",
        title="List images",
        description="List the account's images, newest first, without the image files. Free.",
        arguments=ListArguments,
        result=ImageListResult,
        annotations=READ_ONLY,
        scope=scopes.READ,
        icon="list",
        function=read_tools.list_images,
        is_viewed=True,
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
        icon="image",
        function=image_tools.get_image,
        is_viewed=True,
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
        icon="account",
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
        icon="usage",
        function=read_tools.list_usage,
    ),
    Tool(
        name="getimages_list_models",
        title="List models",
        description=(
            "List the models with their aspect ratios, options, availability, how many sources an edit may have "
            "(maxSources) and whether it takes a mask, the price in credits of every combination of quality, resolution"
            " and thinking level, and the credit balance. Free."
        ),
        arguments=NoArguments,
        result=ModelListResult,
        annotations=READ_ONLY,
        scope=scopes.READ,
        icon="models",
        function=read_tools.list_models,
    ),
)

TOOLS: Final = {tool.name: tool for tool in _TOOLS}
# The result of tools/list by whether the client's version has icons, and whether the client may show the viewer.
VARIANTS: Final = {
    (has_icons, has_viewer): [tool.declaration(has_icons=has_icons, has_viewer=has_viewer) for tool in _TOOLS]
    for has_icons in (True, False)
    for has_viewer in (True, False)
}
DECLARATIONS: Final = VARIANTS[True, True]
