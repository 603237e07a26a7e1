"""The prompts. Their texts lead an agent to the cheapest sensible calls, with the price first."""

from typing import Final, get_args

from billing.money import credits_text
from images.schemas import AspectRatio, ModelResult
from mcp_gateway.prompts.prompt import Argument, Choices, Prompt

VARIATIONS: Final = ("1", "2", "3", "4")
VARIATIONS_DEFAULT: Final = "2"

MODEL: Final = Argument("modelId", "Model", "The model to use. Without it, the cheapest one that can do this.")
RATIO: Final = Argument(
    "aspectRatio", "Aspect ratio", "Width to height, such as 1:1 or 3:2.", choices=get_args(AspectRatio)
)
IMAGE: Final = Argument("imageId", "Image", "The ID of one of your images.", required=True)


def _price(choices: Choices, images: int = 1) -> str:
    """Return the first step: the price and the balance, and the user's consent."""
    model = choices.model
    if model is None:
        return (
            "1. No model can do this at the moment. Call getimages_list_models to see which are unavailable, tell the "
            "user, and stop."
        )
    total = model.credits * images
    wanted = choices.values.get("modelId")
    instead = "" if wanted in {None, "", model.model_id} else f"{wanted} cannot do this now; the cheapest that can is: "
    each = "" if images == 1 else f" ({images} images of {credits_text(model.credits)} each)"
    price = (
        f"1. Price first: {instead}{model.model_id} costs {credits_text(total)}{each}, and the balance is "
        f"{credits_text(choices.balance)}. "
    )
    if total > choices.balance:
        return f"{price}That is not enough: tell the user to buy credits, and stop."
    return f"{price}Tell the user the model and the price, and continue only if they agree."


def _call(choices: Choices, tool: str, *arguments: str) -> str:
    """Return the call, with the price as its limit."""
    model = choices.model
    if model is None:
        return ""
    ratio = choices.values.get("aspectRatio")
    limited = [f"modelId {model.model_id}", f"maxCredits {model.credits}"]
    return f"{tool} with " + ", ".join([*limited, *([f"aspectRatio {ratio}"] if ratio else []), *arguments])


def _quoted(text: str) -> str:
    """Return the user's words as a block that cannot be mistaken for a step."""
    return "\n".join(f"> {line}" for line in text.splitlines())


SHOW: Final = (
    "Show the result with its imageUrl and say what it cost. Use the default quality: a higher quality or resolution "
    "costs more, so offer it only afterwards."
)
RECEIVED: Final = "If a call times out, repeat it with the same idempotencyKey: it is not charged twice."


def _product_photo(choices: Choices) -> str:
    setting = choices.values.get("setting") or "a plain light background with soft daylight"
    call = _call(choices, "getimages_generate_image", "an idempotencyKey of your choice")
    return f"""\
Make one product photo with Get Images.

The product:
{_quoted(choices.values["product"])}
The setting:
{_quoted(setting)}

{_price(choices)}
2. Write a prompt of two or three sentences: the product with its material and colour, the setting, the camera angle, \
the light. Add no text, logo or people that the user did not ask for.
3. Call {call}. One image is enough: do not generate alternatives unless asked.
4. {SHOW} For a correction, call getimages_edit_image with the id of the image: it keeps the product the same.
{RECEIVED}"""


def _edit_image(choices: Choices) -> str:
    image_id = choices.values["imageId"]
    call = _call(choices, "getimages_edit_image", f"sources [{image_id}]", "an idempotencyKey of your choice")
    return f"""\
Edit the image {image_id} with Get Images.

What to change:
{_quoted(choices.values["instruction"])}

{_price(choices)}
2. Write a prompt that names the change, and then what must stay the same.
3. Call {call}. Do not upload the image again: its id is enough. All changes go into one call, which costs the same as \
one change.
4. {SHOW} The original stays as it is.
{RECEIVED}"""


def _logo(choices: Choices) -> str:
    style = choices.values.get("style") or "flat, two colours, simple shapes that are clear at 32 pixels"
    call = _call(
        choices, "getimages_generate_image", "background transparent", "outputFormat png",
        "an idempotencyKey of your choice",
    )  # fmt: skip
    return f"""\
Make one logo on a transparent background with Get Images.

The name, and what it stands for:
{_quoted(choices.values["brand"])}
The style:
{_quoted(style)}

{_price(choices)}
2. Write a prompt: a single centred mark, its shapes and colours, the style, and the exact letters in quotation marks \
only if the user wants letters. Ask for no shadow, no frame and no background.
3. Call {call}. Do not make it on white and remove the background in a second call.
4. {SHOW}
{RECEIVED}"""


def _variations(choices: Choices) -> str:
    image_id = choices.values["imageId"]
    count = int(choices.values.get("count") or VARIATIONS_DEFAULT)
    call = _call(choices, "getimages_edit_image", f"sources [{image_id}]", "a new idempotencyKey for each image")
    difference = choices.values.get("difference")
    direction = f"What should differ:\n{_quoted(difference)}\n\n" if difference else ""
    return f"""\
Make {count} variation{"s" if count > 1 else ""} of the image {image_id} with Get Images.

{direction}{_price(choices, count)}
2. Write one prompt for each variation. Each keeps the subject and changes one thing: composition, light, colours or \
background.
3. Call {call}. Make one call for each variation, and start them without waiting for each other.
4. {SHOW} Number the variations, so that the user can choose one.
{RECEIVED}"""


def _any(_model: ModelResult) -> bool:
    return True


def _edits(model: ModelResult) -> bool:
    return model.max_sources > 0


def _transparent(model: ModelResult) -> bool:
    return "transparent" in model.backgrounds


_PROMPTS: Final = (
    Prompt(
        name="product-photo",
        title="Product photo",
        description="Make a product photo for a shop or a web page. States the price first.",
        arguments=(
            Argument("product", "Product", "The product: what it is, its material and colour.", required=True),
            Argument("setting", "Setting", "The setting and the light. Default: a plain light background."),
            RATIO,
            MODEL,
        ),
        text=_product_photo,
        is_suitable=_any,
    ),
    Prompt(
        name="edit-image",
        title="Edit an image",
        description="Edit one of your images as instructed. States the price first.",
        arguments=(
            IMAGE,
            Argument("instruction", "Instruction", "What to change, and what must stay the same.", required=True),
            MODEL,
        ),
        text=_edit_image,
        is_suitable=_edits,
    ),
    Prompt(
        name="logo-on-transparent",
        title="Logo on a transparent background",
        description="Make a logo as a PNG with a transparent background. States the price first.",
        arguments=(
            Argument("brand", "Brand", "The name, and what it stands for.", required=True),
            Argument("style", "Style", "The style and the colours. Default: flat and simple, in two colours."),
            MODEL,
        ),
        text=_logo,
        is_suitable=_transparent,
    ),
    Prompt(
        name="image-variations",
        title="Variations of an image",
        description="Make one to four variations of one of your images. States the total price first.",
        arguments=(
            IMAGE,
            Argument("count", "Number", f"How many variations. Default: {VARIATIONS_DEFAULT}.", choices=VARIATIONS),
            Argument("difference", "Difference", "What should differ, such as the season or the colours."),
            MODEL,
        ),
        text=_variations,
        is_suitable=_edits,
    ),
)

PROMPTS: Final = {prompt.name: prompt for prompt in _PROMPTS}
DECLARATIONS: Final = [prompt.declaration() for prompt in _PROMPTS]
