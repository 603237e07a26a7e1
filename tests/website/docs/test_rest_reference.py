"""The page `/docs/api` contains the whole OpenAPI document and loads nothing from other origins."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from api.openapi.document import openapi
from website.docs.rest_reference import describe
from website.docs.schema_fields import Field

VOID = {"meta", "link", "input", "img", "br", "hr"}
PROBLEM = {"code": "not_here", "status": 404, "retryable": False, "detail": "It is not here."}
SMALL_DOCUMENT: dict[str, Any] = {
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
                    "state": {"anyOf": [{"enum": ["afloat", "docked"], "type": "string"}, {"const": "sunk"}]},
                },
            },
            "Sail": {"type": "object", "properties": {"colour": {"type": "string", "enum": ["red", "white"]}}},
        }
    },
}


class Page(HTMLParser):
    """The ids, links and tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.resources: list[str] = []
        self.link_targets: set[str] = set()
        self.inline: list[str] = []
        self.open_tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.inline += [name for name in attributes if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in attributes) else []
        url = attributes.get("src") or attributes.get("href") or ""
        if tag == "a":
            self.link_targets.add(url)
        elif url:
            self.resources.append(url)
        if tag not in VOID:
            self.open_tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags.pop() == tag


@pytest.fixture
def page(client: Client) -> Page:
    response = client.get("/docs/api")
    assert response.status_code == 200
    return Page(response.text)


def test_every_operation_and_error_code_has_an_anchor(page: Page) -> None:
    operations = [operation for item in openapi()["paths"].values() for operation in item.values()]
    assert len(operations) >= 10
    assert {operation["operationId"] for operation in operations} <= set(page.ids)
    codes = {error.code for error in describe(openapi()).errors}
    assert {"rate_limited", "moderation_rejected", "not_ready"} <= codes <= set(page.ids)


def test_the_type_of_every_error_links_to_its_row(page: Page) -> None:
    problems = [
        example["value"]
        for item in openapi()["paths"].values()
        for operation in item.values()
        for response in operation["responses"].values()
        for example in response.get("content", {}).get("application/problem+json", {}).get("examples", {}).values()
    ]
    assert problems
    for problem in problems:
        _, _, anchor = problem["type"].partition("/docs/api#")
        assert anchor in page.ids


def test_ids_are_unique_and_every_anchor_exists(page: Page) -> None:
    assert len(set(page.ids)) == len(page.ids)
    assert {target.removeprefix("#") for target in page.link_targets if target.startswith("#")} <= set(page.ids)
    assert page.open_tags == []


def test_the_page_has_no_inline_code_and_only_static_resources(page: Page) -> None:
    assert page.inline == []
    assert page.resources
    assert all(url.startswith("/static/") for url in page.resources)


@pytest.mark.django_db
def test_every_resource_of_the_page_exists(page: Page, client: Client) -> None:
    for url in {url.partition("#")[0] for url in page.resources}:
        response = client.get(url)
        assert response.status_code == 200, url
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


def test_the_page_shows_the_configured_limits(client: Client, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE, settings.MAX_RUNNING_PER_USER = 37, 19
    text = client.get("/docs/api").text
    assert "37 per minute" in text
    assert "q=37;w=60" in text
    assert "19 at a time" in text


def test_disabled_limits_are_not_documented(client: Client) -> None:
    text = client.get("/docs/api").text
    assert text.count("No limit.") == 2
    assert "RateLimit-Policy" not in text


def test_nested_fields_are_named_by_their_path() -> None:
    (operation,) = describe(SMALL_DOCUMENT).groups[0].operations
    (response,) = operation.responses
    assert response.content
    assert response.content.fields == (
        Field("name", "string", "What it is called.", required=True, default="Ærø"),
        Field("sail", "object or null", "Its."),
        Field("sail.colour", "string", "", choices=("red", "white")),
        Field("crew", "list of objects", ""),
        Field("crew[].colour", "string", "", choices=("red", "white")),
        Field("length", "integer or null", ""),
        Field("state", "string", "", choices=("afloat", "docked", "sunk")),
    )
    assert response.content.examples[0].text == '{\n  "name": "Ærø"\n}'
    assert [header.name for header in response.headers] == ["ETag"]


def test_path_parameters_come_first() -> None:
    (operation,) = describe(SMALL_DOCUMENT).groups[0].operations
    assert operation.parameters == (
        Field("id", "UUID", "", required=True, location="path"),
        Field("Prefer", "string", "How.", location="header"),
    )


def test_an_error_response_has_its_codes() -> None:
    reference = describe(SMALL_DOCUMENT)
    (error,) = reference.groups[0].operations[0].errors
    assert (error.status, error.name, error.codes) == (404, "Not Found", ("not_here",))
    assert [(row.code, row.status, row.retryable, row.detail) for row in reference.errors] == [
        ("not_here", 404, False, "It is not here.")
    ]
