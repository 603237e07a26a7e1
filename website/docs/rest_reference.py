"""The page `/docs/api`: a guide, and a reference generated from the OpenAPI document."""

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from api.openapi.document import openapi
from api.problems import BadRequest, EndpointNotFound, InternalError, UnsupportedMethod
from infrastructure.exceptions import ServiceError
from website.docs import schema_fields
from website.docs.schema_fields import Field

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
# In the order of the page: creating an image comes before listing images.
METHODS: Final = ("post", "get", "put", "patch", "delete")
PARAMETER_LOCATIONS: Final = ("path", "query", "header")
# The guide explains these once; the reference omits them from each response.
COMMON_HEADERS: Final = {"RateLimit", "RateLimit-Policy"}


@dataclass(frozen=True, slots=True)
class Example:
    """Example JSON of a request or response."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Content:
    """A request or response body, with its fields and examples."""

    media_types: tuple[str, ...]
    schema: str
    fields: tuple[Field, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class ResponseReference:
    """A response by status. An error response has error codes instead of content."""

    status: int
    name: str
    description: str
    content: Content | None
    headers: tuple[Field, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Field, ...]
    body: Content | None
    responses: tuple[ResponseReference, ...]
    errors: tuple[ResponseReference, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The operations with the same tag."""

    name: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A row of the table of error codes."""

    code: str
    status: int
    retryable: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Reference:
    """The content of the page that comes from the OpenAPI document."""

    groups: tuple[Group, ...]
    errors: tuple[ErrorCode, ...]
    problem: tuple[Field, ...]


@require_safe
@vary_on_cookie
def api_docs(request: HttpRequest) -> HttpResponse:
    """Show the guide and the reference."""
    return render(
        request,
        "website/docs/api/page.html",
        {
            "reference": _reference(),
            "site_url": settings.SITE_URL,
            "requests_per_minute": settings.RATE_LIMIT_PER_MINUTE,
            "unfinished_images_max": settings.MAX_RUNNING_PER_USER,
        },
    )


@functools.cache
def _reference() -> Reference:
    # Errors that belong to no operation, so that the document does not list them.
    extra_errors = (BadRequest(), EndpointNotFound(), UnsupportedMethod(["GET", "HEAD"]), InternalError())
    return describe(openapi(), extra_errors=extra_errors)


def describe(document: Mapping[str, Any], *, extra_errors: Sequence[ServiceError] = ()) -> Reference:
    """Return the reference for an OpenAPI 3.1 document."""
    extra_codes = (ErrorCode(error.code, error.status, error.retryable, error.message) for error in extra_errors)
    groups: dict[str, list[Operation]] = {tag["name"]: [] for tag in document["tags"]}
    for path, method, node in _operations(document):
        groups[node["tags"][0]].append(_operation(document, path, method, node))
    return Reference(
        groups=tuple(Group(name, tuple(operations)) for name, operations in groups.items()),
        errors=tuple(sorted([*_error_codes(document), *extra_codes], key=lambda error: error.status)),
        problem=tuple(_problem_fields(document)),
    )


def _operations(document: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
    tags = [tag["name"] for tag in document["tags"]]
    operations = [
        (path, method, item[method]) for path, item in document["paths"].items() for method in METHODS if method in item
    ]
    return sorted(operations, key=lambda operation: tags.index(operation[2]["tags"][0]))


def _operation(document: Mapping[str, Any], path: str, method: str, node: Mapping[str, Any]) -> Operation:
    responses = [_response(document, status, response) for status, response in node["responses"].items()]
    parameters = [schema_fields.from_parameter(document, parameter) for parameter in node.get("parameters", ())]
    return Operation(
        id=node["operationId"],
        method=method.upper(),
        path=path,
        summary=node.get("summary", ""),
        description=node.get("description", ""),
        parameters=tuple(sorted(parameters, key=lambda field: PARAMETER_LOCATIONS.index(field.location))),
        body=_content(document, schema_fields.resolve(document, node.get("requestBody", {}))),
        responses=tuple(response for response in responses if not response.codes),
        errors=tuple(response for response in responses if response.codes),
    )


def _response(document: Mapping[str, Any], status: str, node: Mapping[str, Any]) -> ResponseReference:
    response = schema_fields.resolve(document, node)
    problems = response.get("content", {}).get(PROBLEM, {}).get("examples", {})
    return ResponseReference(
        status=int(status),
        name=HTTPStatus(int(status)).phrase,
        description=response.get("description", ""),
        content=None if problems else _content(document, response),
        headers=tuple(_headers(document, response)),
        codes=tuple(dict.fromkeys(example["value"]["code"] for example in problems.values())),
    )


def _headers(document: Mapping[str, Any], response: Mapping[str, Any]) -> Iterator[Field]:
    for name, node in response.get("headers", {}).items():
        if name not in COMMON_HEADERS:
            header = schema_fields.resolve(document, node)
            schema = {**header.get("schema", {}), "description": header.get("description", "")}
            yield schema_fields.from_value(document, name, schema, required=False)


def _content(document: Mapping[str, Any], node: Mapping[str, Any]) -> Content | None:
    content: Mapping[str, Any] = node.get("content", {})
    if not content:
        return None
    json_content = content.get(JSON, {})
    schema = json_content.get("schema", {})
    return Content(
        media_types=tuple(content),
        schema=schema_fields.schema_name(schema),
        fields=tuple(schema_fields.from_schema(document, schema)),
        examples=tuple(
            Example(example.get("summary") or name, json.dumps(example["value"], indent=2, ensure_ascii=False))
            for name, example in json_content.get("examples", {}).items()
        ),
    )


def _problem_contents(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for _, _, node in _operations(document):
        for response in node["responses"].values():
            content = schema_fields.resolve(document, response).get("content", {})
            if PROBLEM in content:
                yield content[PROBLEM]


def _error_codes(document: Mapping[str, Any]) -> Iterator[ErrorCode]:
    examples: dict[str, Mapping[str, Any]] = {}
    for content in _problem_contents(document):
        for example in content.get("examples", {}).values():
            examples.setdefault(example["value"]["code"], example["value"])
    for code, example in examples.items():
        yield ErrorCode(code, example["status"], example["retryable"], example["detail"])


def _problem_fields(document: Mapping[str, Any]) -> Iterator[Field]:
    content = next(_problem_contents(document), {})
    return schema_fields.from_schema(document, content.get("schema", {}))
