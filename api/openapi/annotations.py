"""Describe operations in the OpenAPI document: parameters, responses and errors, each with an example.

The schemas come from the pydantic classes that parse arguments and serialize results, and the error examples from the
exceptions, so that the document cannot differ from the API.
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

COMMON_ERRORS: Final[Sequence[ServiceError]] = (
    MissingKey(),
    InvalidKey(),
    RevokedKey(),
    ExpiredKey(),
    AccountSuspended(),
    RateLimited(60, 12),
    Unavailable(),
)

COMMON_HEADERS: Final = [
    OpenApiParameter(
        "RateLimit-Policy",
        {"type": "string"},
        OpenApiParameter.HEADER,
        response=True,
        description='The rate limit policy, such as "default";q=60;w=60: 60 requests per 60 seconds.',
    ),
    OpenApiParameter(
        "RateLimit",
        {"type": "string"},
        OpenApiParameter.HEADER,
        response=True,
        description='The remaining quota, such as "default";r=59;t=42: 59 more requests in the next 42 seconds.',
    ),
    OpenApiParameter(
        "Retry-After",
        {"type": "integer"},
        OpenApiParameter.HEADER,
        response=[429, 503],
        description="The number of seconds to wait before retrying.",
    ),
    OpenApiParameter(
        "WWW-Authenticate",
        {"type": "string"},
        OpenApiParameter.HEADER,
        response=[401],
        description="The authentication scheme: Bearer.",
    ),
]


class ArgumentsExtension(PydanticExtension):  # type: ignore[no-untyped-call]
    """Describes a request body. Optional fields may also be null, as in `infrastructure.schemas.parse`."""

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
    if "anyOf" in field:
        if {"type": "null"} not in field["anyOf"]:
            field["anyOf"] = [*field["anyOf"], {"type": "null"}]
        return
    if "enum" in field:
        field["enum"] = [*field["enum"], None]
    field["type"] = [field["type"], "null"]


def describe(  # noqa: PLR0913 - each parameter is one part of an operation
    *,
    id: str,
    tag: str,
    summary: str,
    description: str,
    responses: Mapping[Any, OpenApiResponse],
    errors: Sequence[ServiceError] = (),
    body: type[Arguments] | Mapping[str, Any] | None = None,
    body_examples: Mapping[str, Any] | None = None,
    parameters: Sequence[OpenApiParameter] = (),
    requires_key: bool = True,
) -> Callable[[Handler], Handler]:
    """Return a decorator that describes one operation; with `requires_key`, including the common errors and headers."""
    all_errors = [*(COMMON_ERRORS if requires_key else ()), *errors]
    examples = [OpenApiExample(name, value, request_only=True) for name, value in (body_examples or {}).items()]
    return extend_schema(
        operation_id=id,
        tags=[tag],
        summary=summary,
        description=description,
        parameters=[*parameters, *(COMMON_HEADERS if requires_key else ())],
        request=body if isinstance(body, Mapping) or body is None else {"application/json": body},
        responses={**responses, **_problem_responses(all_errors)},
        examples=examples,
        auth=None if requires_key else [],
    )


def response(description: str, schema: type[BaseModel], **examples: Mapping[str, Any]) -> OpenApiResponse:
    """Return a successful response with named examples."""
    named_examples = [OpenApiExample(name, value, response_only=True) for name, value in examples.items()]
    return OpenApiResponse(schema, description, named_examples)


def query_parameters(arguments: type[Arguments]) -> list[OpenApiParameter]:
    """Return the OpenAPI parameters of a query string with these arguments."""
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


def _problem_responses(errors: Sequence[ServiceError]) -> dict[Any, OpenApiResponse]:
    by_status = defaultdict(list)
    for error in errors:
        by_status[error.status].append(error)
    return {
        (status, problems.MEDIA_TYPE): OpenApiResponse(
            Problem,
            ", ".join(dict.fromkeys(error.code for error in status_errors)),
            [
                OpenApiExample(type(error).__name__, problems.document(error), summary=error.code, response_only=True)
                for error in status_errors
            ],
        )
        for status, status_errors in sorted(by_status.items())
    }
