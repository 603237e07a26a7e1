"""The parameters of POST images/generations and images/edits, and the image requests that result from them."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import ConfigDict, Field, field_validator

from images.catalogue.options import DEFAULT_RESOLUTION
from images.models import CatalogueModel
from images.providers import sizes
from images.schemas import EditArguments, GenerationArguments
from infrastructure.exceptions import FieldError, InvalidArguments
from infrastructure.schemas import Arguments, parse

IMAGES_MAX: Final = 4
# Leaves room for an image's number in its idempotency key of 255 characters.
KEY_MAX_CHARACTERS: Final = 250
END_USER_MAX_CHARACTERS: Final = 512
# The names of older clients: `standard` is each model's default quality.
QUALITIES: Final = {"auto": None, "standard": None, "hd": "high"}
# Our parameter names that differ from OpenAI's.
PARAMETERS: Final = {"outputFormat": "output_format"}

RequestType = TypeVar("RequestType", bound=GenerationArguments)


class GenerateArguments(Arguments):
    """The body of POST images/generations, with the idempotency key from its header.

    Parameters that cannot be honoured are refused, except where ignoring them does no harm.
    """

    model_config = ConfigDict(alias_generator=None)

    model: Annotated[str, Field(max_length=100, description="A model ID from GET models, such as openai:gpt-image-2.")]
    prompt: Annotated[str, Field(description="A description of the picture, 1 to 8,000 characters.")]
    n: Annotated[int, Field(ge=1, le=IMAGES_MAX, description="The number of images, 1 (default) to 4.")] = 1
    size: Annotated[
        str,
        Field(
            pattern=r"^(auto|[1-9][0-9]{0,4}x[1-9][0-9]{0,4})$",
            description="auto (default), or width and height in pixels, for example 1536x1024.",
        ),
    ] = "auto"
    quality: Annotated[
        Literal["auto", "low", "medium", "high", "standard", "hd"],
        Field(description="The default depends on the model; hd means high."),
    ] = "auto"
    background: Annotated[
        Literal["auto", "opaque", "transparent"],
        Field(description="opaque (default), or transparent on models that have it."),
    ] = "auto"
    output_format: Annotated[
        Literal["png", "jpeg", "webp"] | None,
        Field(description="The default is the format that the provider sends."),
    ] = None
    response_format: Annotated[
        Literal["b64_json", "url"],
        Field(description="b64_json (default), or url for a link that works for 15 minutes."),
    ] = "b64_json"
    style: Annotated[str, Field(description="A style to add to the prompt, up to 500 characters.")] = ""
    # Accepted and ignored: every image is moderated.
    moderation: Annotated[Literal["auto", "low"], Field(description="This parameter has no effect.")] = "auto"
    user: Annotated[
        str,
        Field(
            max_length=END_USER_MAX_CHARACTERS,
            description="Identifies one of your users, up to 512 characters. The provider receives a hash of it.",
        ),
    ] = ""
    safety_identifier: Annotated[
        str,
        Field(
            max_length=END_USER_MAX_CHARACTERS,
            description="The newer name of the parameter user, up to 512 characters; it takes precedence.",
        ),
    ] = ""
    output_compression: Annotated[
        Literal[100], Field(description="Pictures aren't compressed further: omit this parameter.")
    ] = 100
    stream: Annotated[bool, Field(description="Only false: streaming isn't supported.")] = False
    partial_images: Annotated[int, Field(description="Only 0: streaming isn't supported.")] = 0
    idempotency_key: Annotated[
        str | None,
        Field(
            alias="Idempotency-Key",
            min_length=1,
            max_length=KEY_MAX_CHARACTERS,
            pattern=r"^[\x21-\x7e]+$",
            description="A unique value of your choice: 1 to 250 visible ASCII characters, no spaces.",
        ),
    ] = None

    @field_validator("stream", "partial_images")
    @classmethod
    def _reject_streaming(cls, value: int) -> int:
        if value:
            raise ValueError("Streaming isn't supported: omit stream and partial_images")
        return value

    def image_request(self, model: CatalogueModel) -> GenerationArguments:
        """Return the request for each of the `n` images.

        Raises:
            InvalidArguments: A parameter is invalid, or the model has no size close to this one.
        """
        return self._parse(GenerationArguments, model, {})

    def _parse(self, schema: type[RequestType], model: CatalogueModel, sources: Mapping[str, Any]) -> RequestType:
        picture: dict[str, Any] = {
            "prompt": self.prompt,
            "modelId": model.model_id,
            "style": self.style,
            "quality": QUALITIES.get(self.quality, self.quality),
            "background": None if self.background == "auto" else self.background,
            "outputFormat": self.output_format,
            "idempotencyKey": self.idempotency_key,
            **_shape(model, self.size),
            **sources,
        }
        try:
            return parse(schema, picture)
        except InvalidArguments as error:
            fields = [FieldError(PARAMETERS.get(name, name), message) for name, message in error.fields]
            raise InvalidArguments(fields) from None


class EditFormArguments(GenerateArguments):
    """The text fields of POST images/edits; `auto` is the shape of the first picture."""

    input_fidelity: Annotated[Literal["high", "low"], Field(description="This parameter has no effect.")] = "high"

    def edit_request(self, model: CatalogueModel, source_ids: Sequence[str], mask_id: str | None) -> EditArguments:
        """Return the request for each of the `n` edits.

        Raises:
            InvalidArguments: A parameter is invalid, or the model has no picture of about this size.
        """
        return self._parse(EditArguments, model, {"sources": list(source_ids), "mask": mask_id})


def _shape(model: CatalogueModel, size: str) -> dict[str, str]:
    """Return the aspect ratio and resolution of a size; none for `auto`.

    Raises:
        InvalidArguments: The model has no size close to this one.
    """
    if size == "auto":
        return {}
    width, height = map(int, size.split("x"))
    shape = sizes.nearest(width, height, aspect_ratios=model.aspect_ratios, resolutions=model.resolutions)
    if shape is None:
        message = f"{model.model_id} has no size close to this one. Use auto or one of: {', '.join(_sizes(model))}."
        raise InvalidArguments([FieldError("size", message)])
    return {"aspectRatio": shape.aspect_ratio, "resolution": shape.resolution}


def _sizes(model: CatalogueModel) -> list[str]:
    shapes = itertools.product(model.resolutions or [DEFAULT_RESOLUTION], model.aspect_ratios)
    named = ("{}x{}".format(*sizes.pixels(aspect_ratio, resolution)) for resolution, aspect_ratio in shapes)
    return list(dict.fromkeys(named))
