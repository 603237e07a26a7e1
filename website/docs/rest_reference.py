"""The page `/docs/api`: a guide, and a reference made from the OpenAPI document."""

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

from api.openapi_document import openapi
from api.problems import BadRequest, EndpointNotFound, InternalError, UnsupportedMethod
from infrastructure.exceptions import ServiceError
from website.docs import schema_fields
from website.docs.schema_fields import Field

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
# In the order in which the page shows them: asking for an image comes before listing those there are.
METHODS: Final = ("post", "get", "put", "patch", "delete")
PLACES: Final = ("path", "query", "header")
# The guide tells of these once; in the reference they would be repeated for every answer.
HEADERS_OF_EVERY_ANSWER: Final = {"RateLimit", "RateLimit-Policy"}


@dataclass(frozen=True, slots=True)
class Example:
    """JSON that a call is sent, or answers."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Content:
    """A body: what kind it is, its fields, and examples of it."""

    media_types: tuple[str, ...]
    schema: str
    fields: tuple[Field, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class ResponseReference:
    """What one status of a call means; an error has codes instead of a content."""

    status: int
    name: str
    description: str
    content: Content | None
    headers: tuple[Field, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One call."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Field, ...]
    body: Content | None
    answers: tuple[ResponseReference, ...]
    errors: tuple[ResponseReference, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The calls about one thing."""

    name: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A row of the table of errors."""

    code: str
    status: int
    retryable: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Reference:
    """All that the page says of the document."""

    groups: tuple[Group, ...]
    errors: tuple[ErrorCode, ...]
    problem: tuple[Field, ...]


@require_safe
@vary_on_cookie
def api_docs(request: HttpRequest) -> HttpResponse:
    """Show how the REST API is used."""
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
    # These are no call's own, so that the document tells of them nowhere.
    return describe(
        openapi(), more_errors=(BadRequest(), EndpointNotFound(), UnsupportedMethod(["GET", "HEAD"]), InternalError())
    )


def describe(document: Mapping[str, Any], *, more_errors: Sequence[ServiceError] = ()) -> Reference:
    """Return what an OpenAPI 3.1 document says, in the shape in which the page shows it."""
    more = (ErrorCode(error.code, error.status, error.retryable, error.message) for error in more_errors)
    groups: dict[str, list[Operation]] = {tag["name"]: [] for tag in document["tags"]}
    for path, method, node in _operations(document):
        groups[node["tags"][0]].append(_operation(document, path, method, node))
    return Reference(
        groups=tuple(Group(name, tuple(calls)) for name, calls in groups.items()),
        errors=tuple(sorted([*_error_codes(document), *more], key=lambda error: error.status)),
        problem=tuple(_problem_fields(document)),
    )


def _operations(document: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
    tags = [tag["name"] for tag in document["tags"]]
    found = [
        (path, method, item[method]) for path, item in document["paths"].items() for method in METHODS if method in item
    ]
    return sorted(found, key=lambda each: tags.index(each[2]["tags"][0]))


def _operation(document: Mapping[str, Any], path: str, method: str, node: Mapping[str, Any]) -> Operation:
    answers = [_answer(document, status, each) for status, each in node["responses"].items()]
    parameters = [schema_fields.of_parameter(document, each) for each in node.get("parameters", ())]
    return Operation(
        id=node["operationId"],
        method=method.upper(),
        path=path,
        summary=node.get("summary", ""),
        description=node.get("description", ""),
        parameters=tuple(sorted(parameters, key=lambda each: PLACES.index(each.place))),
        body=_content(document, schema_fields.resolve(document, node.get("requestBody", {}))),
        answers=tuple(answer for answer in answers if not answer.codes),
        errors=tuple(answer for answer in answers if answer.codes),
    )


def _answer(document: Mapping[str, Any], status: str, node: Mapping[str, Any]) -> ResponseReference:
    whole = schema_fields.resolve(document, node)
    problems = whole.get("content", {}).get(PROBLEM, {}).get("examples", {})
    return ResponseReference(
        status=int(status),
        name=HTTPStatus(int(status)).phrase,
        description=whole.get("description", ""),
        content=None if problems else _content(document, whole),
        headers=tuple(_headers(document, whole)),
        codes=tuple(dict.fromkeys(example["value"]["code"] for example in problems.values())),
    )


def _headers(document: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[Field]:
    for name, header in answer.get("headers", {}).items():
        if name not in HEADERS_OF_EVERY_ANSWER:
            whole = schema_fields.resolve(document, header)
            value = {**whole.get("schema", {}), "description": whole.get("description", "")}
            yield schema_fields.of_value(document, name, value, required=False)


def _content(document: Mapping[str, Any], node: Mapping[str, Any]) -> Content | None:
    content: Mapping[str, Any] = node.get("content", {})
    if not content:
        return None
    shown = content.get(JSON, {})
    schema = shown.get("schema", {})
    return Content(
        media_types=tuple(content),
        schema=schema_fields.schema_name(schema),
        fields=tuple(schema_fields.of_schema(document, schema)),
        examples=tuple(
            Example(example.get("summary") or name, json.dumps(example["value"], indent=2, ensure_ascii=False))
            for name, example in shown.get("examples", {}).items()
        ),
    )


def _problem_contents(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for _, _, node in _operations(document):
        for answer in node["responses"].values():
            content = schema_fields.resolve(document, answer).get("content", {})
            if PROBLEM in content:
                yield content[PROBLEM]


def _error_codes(document: Mapping[str, Any]) -> Iterator[ErrorCode]:
    found: dict[str, Mapping[str, Any]] = {}
    for content in _problem_contents(document):
        for example in content.get("examples", {}).values():
            found.setdefault(example["value"]["code"], example["value"])
    for code, example in found.items():
        yield ErrorCode(code, example["status"], example["retryable"], example["detail"])


def _problem_fields(document: Mapping[str, Any]) -> Iterator[Field]:
    content = next(_problem_contents(document), {})
    return schema_fields.of_schema(document, content.get("schema", {}))
