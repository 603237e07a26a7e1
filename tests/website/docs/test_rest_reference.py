"""The page `/docs/api`: all of the OpenAPI document is on it, and nothing from elsewhere."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from api.openapi_document import openapi
from website.docs.rest_reference import describe
from website.docs.schema_fields import Field

VOID = {"meta", "link", "input", "img", "br", "hr"}
PROBLEM = {"code": "not_here", "status": 404, "retryable": False, "detail": "It is not here."}
SMALL: dict[str, Any] = {
    "tags": [{"name": "boats"}],
    "paths": {
        "/boats/{id}": {
            "get": {
                "operationId": "getBoat",
                "tags": ["boats"],
                "summary": "Get a boat",
                "parameters": [
                    {"name": "Prefer", "in": "header", "schema": {"type": "string"}, "description": "How."},
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
                ],
                "responses": {
                    "200": {
                        "description": "The boat.",
                        "headers": {"ETag": {"schema": {"type": "string"}}, "RateLimit": {"schema": {}}},
                        "content": {
                            "application/json": {
                                "schema": {"$ref": "#/components/schemas/Boat"},
                                "examples": {"small": {"value": {"name": "Ærø"}}},
                            }
                        },
                    },
                    "404": {
                        "description": "Not here.",
                        "content": {"application/problem+json": {"schema": {}, "examples": {"x": {"value": PROBLEM}}}},
                    },
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Boat": {
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "description": "What it is called.", "default": "Ærø"},
                    "sail": {"anyOf": [{"$ref": "#/components/schemas/Sail"}, {"type": "null"}], "description": "Its."},
                    "crew": {"type": "array", "items": {"$ref": "#/components/schemas/Sail"}},
                    "length": {"type": ["integer", "null"]},
                },
            },
            "Sail": {"type": "object", "properties": {"colour": {"type": "string", "enum": ["red", "white"]}}},
        }
    },
}


class Page(HTMLParser):
    """What a page consists of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.targets: set[str] = set()
        self.inline: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids += [given["id"]] if "id" in given else []
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in given) else []
        address = given.get("src") or given.get("href") or ""
        if tag == "a":
            self.targets.add(address)
        elif address:
            self.addresses.append(address)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def page(client: Client) -> Page:
    response = client.get("/docs/api")
    assert response.status_code == 200
    return Page(response.text)


def test_every_call_and_every_error_code_has_its_place(page: Page) -> None:
    calls = [call for item in openapi()["paths"].values() for call in item.values()]
    assert len(calls) >= 10
    assert {call["operationId"] for call in calls} <= set(page.ids)
    codes = {error.code for error in describe(openapi()).errors}
    assert {"rate_limited", "moderation_rejected", "not_ready"} <= codes <= set(page.ids)


def test_the_link_of_an_error_leads_to_its_row(page: Page) -> None:
    problems = [
        example["value"]
        for item in openapi()["paths"].values()
        for call in item.values()
        for answer in call["responses"].values()
        for example in answer.get("content", {}).get("application/problem+json", {}).get("examples", {}).values()
    ]
    assert problems
    for problem in problems:
        _, _, anchor = problem["type"].partition("/docs/api#")
        assert anchor in page.ids


def test_ids_are_unique_and_links_within_the_page_lead_somewhere(page: Page) -> None:
    assert len(set(page.ids)) == len(page.ids)
    assert {target.removeprefix("#") for target in page.targets if target.startswith("#")} <= set(page.ids)
    assert page.open == []


def test_nothing_is_inline_or_from_another_origin(page: Page) -> None:
    assert page.inline == []
    assert page.addresses
    assert all(address.startswith("/static/") for address in page.addresses)


@pytest.mark.django_db
def test_what_the_page_loads_is_there(page: Page, client: Client) -> None:
    for address in {address.partition("#")[0] for address in page.addresses}:
        response = client.get(address)
        assert response.status_code == 200, address
        response.close()


@pytest.mark.parametrize(
    ("cookie", "attribute"),
    [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ("", ""), ('"><script>', "")],
)
def test_the_server_renders_the_chosen_theme(client: Client, cookie: str, attribute: str) -> None:
    client.cookies["theme"] = cookie
    response = client.get("/docs/api")
    assert f'<html lang="en"{attribute}>' in response.text
    assert "Cookie" in response.headers["Vary"]


def test_the_limits_are_the_configured_ones(client: Client, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE, settings.MAX_RUNNING_PER_USER = 37, 19
    text = client.get("/docs/api").text
    assert "37 in a minute" in text
    assert "q=37;w=60" in text
    assert "19 at a time" in text


def test_limits_that_are_off_are_not_promised(client: Client) -> None:
    text = client.get("/docs/api").text
    assert text.count("No limit.") == 2
    assert "RateLimit-Policy" not in text


def test_fields_within_fields_are_named_by_their_path() -> None:
    (operation,) = describe(SMALL).groups[0].operations
    (answer,) = operation.answers
    assert answer.content
    assert answer.content.fields == (
        Field("name", "string", "What it is called.", required=True, default="Ærø"),
        Field("sail", "object or null", "Its."),
        Field("sail.colour", "string", "", choices=("red", "white")),
        Field("crew", "list of objects", ""),
        Field("crew[].colour", "string", "", choices=("red", "white")),
        Field("length", "integer or null", ""),
    )
    assert answer.content.examples[0].text == '{\n  "name": "Ærø"\n}'
    assert [header.name for header in answer.headers] == ["ETag"]


def test_parameters_begin_with_those_of_the_path() -> None:
    (operation,) = describe(SMALL).groups[0].operations
    assert operation.parameters == (
        Field("id", "UUID", "", required=True, place="path"),
        Field("Prefer", "string", "How.", place="header"),
    )


def test_an_error_is_told_by_its_code() -> None:
    reference = describe(SMALL)
    (error,) = reference.groups[0].operations[0].errors
    assert (error.status, error.name, error.codes) == (404, "Not Found", ("not_here",))
    assert [(row.code, row.status, row.retryable, row.detail) for row in reference.errors] == [
        ("not_here", 404, False, "It is not here.")
    ]
