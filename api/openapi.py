"""How calls describe themselves in the OpenAPI document: arguments, answers and errors, each with an example.

The schemas come from the same pydantic classes that read arguments and write answers, the errors' examples from the
errors themselves, so that the document cannot say something else than the service does.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from drf_spectacular.contrib.pydantic import PydanticExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from pydantic import BaseModel

from accounts.exceptions import AccountSuspended, ExpiredKey, InvalidKey, MissingKey, RateLimited, RevokedKey
from api import problems
from api.problems import Problem
from infrastructure.exceptions import ServiceError, Unavailable
from infrastructure.schemas import Arguments

Handler = TypeVar("Handler", bound=Callable[..., Any])

EVERY_CALL: Final[Sequence[ServiceError]] = (
    MissingKey(),
    InvalidKey(),
    RevokedKey(),
    ExpiredKey(),
    AccountSuspended(),
    RateLimited(60, 12),
    Unavailable(),
)

ANSWER_HEADERS: Final = [
    OpenApiParameter(
        "RateLimit-Policy",
        {"type": "string"},
        OpenApiParameter.HEADER,
        response=True,
        description='The limit, such as "default";q=60;w=60: 60 requests in 60 seconds.',
    ),
    OpenApiParameter(
        "RateLimit",
        {"type": "string"},
        OpenApiParameter.HEADER,
        response=True,
        description='What is left, such as "default";r=59;t=42: 59 requests for the next 42 seconds.',
    ),
    OpenApiParameter(
        "Retry-After",
        {"type": "integer"},
        OpenApiParameter.HEADER,
        response=[429, 503],
        description="After how many seconds to try again.",
    ),
    OpenApiParameter(
        "WWW-Authenticate",
        {"type": "string"},
        OpenApiParameter.HEADER,
        response=[401],
        description="Bearer: how a key is sent.",
    ),
]


class ArgumentsExtension(PydanticExtension):  # type: ignore[no-untyped-call]
    """Describes a body: a field that may be left out may also be null."""

    target_class = "infrastructure.schemas.Arguments"
    match_subclasses = True
    priority = 1

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = super().map_serializer(auto_schema, direction)  # type: ignore[no-untyped-call]
        for name, field in schema["properties"].items():
            if name not in schema.get("required", ()):
                _allow_null(field)
        return schema


def _allow_null(field: dict[str, Any]) -> None:
    if "anyOf" not in field:
        if "enum" in field:
            field["enum"] = [*field["enum"], None]
        field["type"] = [field["type"], "null"]


def describe(  # noqa: PLR0913 - each is one part of an operation
    *,
    id: str,
    tag: str,
    summary: str,
    description: str,
    answers: Mapping[Any, OpenApiResponse],
    errors: Sequence[ServiceError] = (),
    body: type[Arguments] | None = None,
    body_examples: Mapping[str, Any] | None = None,
    parameters: Sequence[OpenApiParameter] = (),
    needs_key: bool = True,
) -> Callable[[Handler], Handler]:
    """Describe one call; every call that needs a key gets the errors and headers that all of those share."""
    all_errors = [*(EVERY_CALL if needs_key else ()), *errors]
    examples = [OpenApiExample(name, value, request_only=True) for name, value in (body_examples or {}).items()]
    return extend_schema(
        operation_id=id,
        tags=[tag],
        summary=summary,
        description=description,
        parameters=[*parameters, *(ANSWER_HEADERS if needs_key else ())],
        request={"application/json": body} if body else None,
        responses={**answers, **_problems(all_errors)},
        examples=examples,
        auth=None if needs_key else [],
    )


def response(description: str, schema: type[BaseModel], **examples: Mapping[str, Any]) -> OpenApiResponse:
    """Return a good answer with its examples, by name."""
    shown = [OpenApiExample(name, value, response_only=True) for name, value in examples.items()]
    return OpenApiResponse(schema, description, shown)


def query_parameters(arguments: type[Arguments]) -> list[OpenApiParameter]:
    """Return the fields of a call's query string."""
    schema = arguments.model_json_schema(by_alias=True)
    return [
        OpenApiParameter(
            name,
            {key: value for key, value in field.items() if key not in {"title", "description"}},
            OpenApiParameter.QUERY,
            required=name in schema.get("required", ()),
            description=field["description"],
        )
        for name, field in schema["properties"].items()
    ]


def _problems(errors: Sequence[ServiceError]) -> dict[Any, OpenApiResponse]:
    by_status = defaultdict(list)
    for error in errors:
        by_status[error.status].append(error)
    return {
        (status, problems.MEDIA_TYPE): OpenApiResponse(
            Problem,
            ", ".join(dict.fromkeys(error.code for error in same)),
            [
                OpenApiExample(type(error).__name__, problems.document(error), summary=error.code, response_only=True)
                for error in same
            ],
        )
        for status, same in sorted(by_status.items())
    }
