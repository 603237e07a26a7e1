"""One prompt: its arguments, and the function that writes its text."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from accounts.authentication import Caller
from images import generation
from images.library import listing
from images.models import Image
from images.schemas import ImageArguments, ModelListResult, ModelResult
from infrastructure.exceptions import FieldError, InvalidArguments
from infrastructure.schemas import parse

VALUE_MAX_CHARACTERS: Final = 2000


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a prompt. Every value is text."""

    name: str
    title: str
    description: str
    required: bool = False
    # The accepted values; empty if any text is accepted.
    choices: tuple[str, ...] = ()

    def declaration(self) -> dict[str, Any]:
        """Return the argument's entry in the result of prompts/list."""
        return {"name": self.name, "title": self.title, "description": self.description, "required": self.required}

    def problem(self, value: str) -> str:
        """Return what is wrong with a value; empty if nothing is. An omitted argument is an empty text."""
        value = value.strip()
        if not value:
            return "Required." if self.required else ""
        if len(value) > VALUE_MAX_CHARACTERS:
            return f"Must have at most {VALUE_MAX_CHARACTERS:,} characters."
        return f"Must be {', '.join(self.choices)}." if self.choices and value not in self.choices else ""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the text of a prompt refers to: the arguments, and the models that the caller can use for it.

    Attributes:
        values: The arguments by name; an omitted one is empty.
        models: The available models that can do it and that the key allows, the cheapest first.
        balance: The caller's balance in credits.
    """

    values: Mapping[str, str]
    models: tuple[ModelResult, ...]
    balance: int

    @property
    def model(self) -> ModelResult | None:
        """The requested model if it can be used, and otherwise the cheapest one."""
        wanted = self.values.get("modelId")
        chosen = (model for model in self.models if model.model_id == wanted)
        return next(chosen, self.models[0] if self.models else None)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt.

    Attributes:
        name: Its name in prompts/get.
        title: Its name for people.
        description: What it is for.
        arguments: Its arguments.
        text: Writes the text for the agent.
        is_suitable: Returns whether a model can make the picture.
    """

    name: str
    title: str
    description: str
    arguments: tuple[Argument, ...]
    text: Callable[[Choices], str]
    is_suitable: Callable[[ModelResult], bool]

    def declaration(self) -> dict[str, Any]:
        """Return the prompt's entry in the result of prompts/list."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "arguments": [argument.declaration() for argument in self.arguments],
        }

    def write(self, caller: Caller, values: Mapping[str, str]) -> str:
        """Return the text for the agent, with the current prices and balance.

        Raises:
            InvalidArguments: An argument is missing, unknown or too long, or no model has this `modelId`.
            ImageNotFound: The caller has no image with the `imageId`.
        """
        self._check(values)
        values = {name: value.strip() for name, value in values.items()}
        if "imageId" in values:
            values["imageId"] = str(_image(caller, values["imageId"]).id)
        catalogue = listing.list_models(caller)
        _check_model(catalogue, values.get("modelId", ""))
        return self.text(Choices(values, self._models(caller, catalogue), catalogue.credit_balance))

    def _check(self, values: Mapping[str, str]) -> None:
        names = [argument.name for argument in self.arguments]
        if not values.keys() <= set(names):
            raise InvalidArguments([FieldError("arguments", f"Accepted arguments: {', '.join(names)}.")])
        problems = ((argument, argument.problem(values.get(argument.name, ""))) for argument in self.arguments)
        errors = [FieldError(argument.name, f"{text} {argument.description}") for argument, text in problems if text]
        if errors:
            raise InvalidArguments(errors)

    def _models(self, caller: Caller, catalogue: ModelListResult) -> tuple[ModelResult, ...]:
        usable = usable_models(caller, catalogue)
        return tuple(sorted(filter(self.is_suitable, usable), key=lambda model: (model.credits, model.model_id)))


def usable_models(caller: Caller, catalogue: ModelListResult) -> list[ModelResult]:
    """Return the models that are available and that the caller's key allows."""
    allowed = caller.key.allowed_models if caller.key else None
    return [model for model in catalogue.models if model.available and (allowed is None or model.model_id in allowed)]


def _check_model(catalogue: ModelListResult, model_id: str) -> None:
    known = [model.model_id for model in catalogue.models]
    if model_id and model_id not in known:
        raise InvalidArguments([FieldError("modelId", f"Unknown model. Use one of {', '.join(known)}.")])


def _image(caller: Caller, image_id: str) -> Image:
    try:
        arguments = parse(ImageArguments, {"id": image_id})
    except InvalidArguments as error:
        raise InvalidArguments([FieldError("imageId", error.fields[0].message)]) from None
    return generation.find(caller, uuid.UUID(arguments.id))
