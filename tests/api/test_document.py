"""The OpenAPI document is complete and valid, and its examples fit its schemas."""

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.openapi.document import openapi
from api.urls import urlpatterns as api
from images.schemas import EditArguments
from tests.api.program import PATH
from tests.web_server import Server

OPERATIONS = [
    (f"{method} {path}", operation)
    for path, item in openapi()["paths"].items()
    for method, operation in item.items()
    if method != "parameters"
]
each_operation = pytest.mark.parametrize(
    "operation", [operation for _, operation in OPERATIONS], ids=[name for name, _ in OPERATIONS]
)


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for status, response in operation["responses"].items():
        for media_type, content in response.get("content", {}).items():
            yield f"{status} {media_type}", content
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"body {media_type}", content


def is_json(media_type: str) -> bool:
    return media_type.endswith("json")


def test_it_is_openapi_31_and_valid() -> None:
    assert openapi()["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(openapi()).validate()


@pytest.mark.django_db(transaction=True)
def test_it_is_served_without_a_key(server: Server) -> None:
    response = httpx2.get(f"{server.url}{PATH}openapi.json")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.json() == openapi()


def test_it_has_every_operation() -> None:
    paths = {re.sub(r"<str:(\w+)>", r"{\1}", str(pattern.pattern)) for pattern in api}
    assert {path.removeprefix(PATH) for path in openapi()["paths"]} == paths - {""}
    assert len({operation["operationId"] for _, operation in OPERATIONS}) == len(OPERATIONS) == 36


@each_operation
def test_every_operation_is_described(operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert set(operation["tags"]) <= {tag["name"] for tag in openapi()["tags"]}
    assert all(parameter["description"] for parameter in operation.get("parameters", []))
    for response in operation["responses"].values():
        assert response["description"]
        assert all(header["description"] for header in response.get("headers", {}).values())


@each_operation
def test_every_response_has_a_schema_and_examples_that_fit_it(operation: dict[str, Any]) -> None:
    for label, content in contents(operation):
        assert content["schema"], label
        if is_json(label):
            assert content["examples"], label
        for example in content.get("examples", {}).values():
            schema = {"components": openapi()["components"], **content["schema"]}
            Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(example["value"])


def test_an_optional_field_of_a_body_may_be_null() -> None:
    schema = openapi()["components"]["schemas"]["ImageBody"]
    optional = {name: None for name in schema["properties"] if name not in schema["required"]}
    assert {"aspectRatio", "style", "thinkingLevel"} <= set(optional)
    Draft202012Validator(schema).validate({"prompt": "a lake", "modelId": "openai:gpt-image-2", **optional})


# An upload or a ticket: its fields are those of the two.
@pytest.mark.parametrize("name", sorted(openapi()["components"]["schemas"].keys() - {"UploadOrTicket"}))
def test_every_field_is_described(name: str) -> None:
    schema = openapi()["components"]["schemas"][name]
    assert schema["description"]
    assert all(field["description"] for field in schema["properties"].values())


def test_every_operation_but_the_document_requires_a_key() -> None:
    scheme = openapi()["components"]["securitySchemes"]["apiKey"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    without = [name for name, operation in OPERATIONS if operation.get("security") != [{"apiKey": []}]]
    assert without == [f"get {PATH}openapi.json"]


def test_the_body_of_a_request_has_every_argument() -> None:
    operation = dict(OPERATIONS)["post /api/v1/images"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    if "$ref" in schema:
        schema = openapi()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    arguments = {field.alias for field in EditArguments.model_fields.values()}
    assert set(schema["properties"]) == arguments - {"idempotencyKey"}
