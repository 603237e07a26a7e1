"""Completions for the arguments of prompts and of resource templates: model ids, ratios and the caller's images."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, get_args

from mcp_types import CompleteRequestParams, PromptReference

from accounts.authentication import Caller
from images.library import listing
from images.schemas import AspectRatio
from infrastructure import database
from mcp_gateway import rpc_errors
from mcp_gateway.prompts.declarations import PROMPTS, VARIATIONS
from mcp_gateway.prompts.prompt import usable_models
from mcp_gateway.resources import TEMPLATES
from mcp_gateway.rpc_errors import Context, caller_of

# The protocol allows 100 values.
VALUES_MAX: Final = 100
RECENT_IMAGES: Final = 100

# Returns the values for a caller, given the text that was typed and the arguments that are already filled in.
Completion = Callable[[Caller, str, Mapping[str, str]], Iterable[str]]


def _models(caller: Caller, typed: str, _filled: Mapping[str, str]) -> list[str]:
    ids = [model.model_id for model in usable_models(caller, listing.list_models(caller))]
    return [model_id for model_id in ids if typed in model_id.lower()]


def _ratios(caller: Caller, typed: str, filled: Mapping[str, str]) -> list[str]:
    models = listing.list_models(caller).models if filled.get("modelId") else []
    supported = [model.aspect_ratios for model in models if model.model_id == filled["modelId"]]
    return [ratio for ratio in (supported[0] if supported else get_args(AspectRatio)) if ratio.startswith(typed)]


def _images(caller: Caller, typed: str, _filled: Mapping[str, str]) -> list[str]:
    """Return the ids of recent images that begin with the text, or whose prompt contains it."""
    images = listing.succeeded_after(caller, None, limit=RECENT_IMAGES)
    return [str(image.id) for image in images if str(image.id).startswith(typed) or typed in image.prompt.lower()]


def _counts(_caller: Caller, typed: str, _filled: Mapping[str, str]) -> list[str]:
    return [count for count in VARIATIONS if count.startswith(typed)]


BY_ARGUMENT: Final[dict[str, Completion]] = {
    "modelId": _models,
    "aspectRatio": _ratios,
    "imageId": _images,
    "count": _counts,
}


@rpc_errors.reported
async def complete(context: Context, parameters: CompleteRequestParams) -> dict[str, Any]:
    """Return the values that an argument can have, at most VALUES_MAX."""
    completion = _completion(parameters)
    filled = (parameters.context and parameters.context.arguments) or {}
    typed = parameters.argument.value.strip().lower()
    values = list(await database.run_blocking(completion, caller_of(context), typed, filled)) if completion else []
    shown = {"values": values[:VALUES_MAX], "total": len(values), "hasMore": len(values) > VALUES_MAX}
    return {"completion": shown, "resultType": "complete"}


def _completion(parameters: CompleteRequestParams) -> Completion | None:
    """Return the function for an argument, or None if its text is free.

    Raises:
        MCPError: There is no such prompt, template or argument.
    """
    reference, argument = parameters.ref, parameters.argument.name
    if not isinstance(reference, PromptReference):
        if reference.uri not in {template["uriTemplate"] for template in TEMPLATES} or argument != "id":
            uris = " and ".join(template["uriTemplate"] for template in TEMPLATES)
            raise rpc_errors.invalid(f"Nothing to complete here. The resource templates are {uris}, with id.")
        return _images
    prompt = PROMPTS.get(reference.name)
    if prompt is None:
        raise rpc_errors.invalid(f"Unknown prompt. The prompts are {', '.join(PROMPTS)}.")
    names = [declared.name for declared in prompt.arguments]
    if argument not in names:
        raise rpc_errors.invalid(f"Unknown argument. {prompt.name} has {', '.join(names)}.")
    return BY_ARGUMENT.get(argument)
