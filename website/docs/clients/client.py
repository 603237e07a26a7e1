"""The `Client` class, and snippet builders that several clients share."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from images.schemas import WAIT_MAX_SECONDS

SERVER_NAME: Final = "get-images"
ENVIRONMENT_VARIABLE: Final = "GET_IMAGES_API_KEY"
# For clients that cannot read an environment variable; the user replaces it.
KEY_PLACEHOLDER: Final = "YOUR_API_KEY"
# The timeout in snippets, as long as the server's own wait, so that calls end with a response of the server.
CALL_TIMEOUT_SECONDS: Final = WAIT_MAX_SECONDS


class Snippet(NamedTuple):
    """A text to paste: a title that names its destination, its Pygments language, and the text."""

    title: str
    language: str
    text: str


# Both take the endpoint URL, and an API key or None.
SnippetBuilder = Callable[[str, str | None], tuple[Snippet, ...]]
LinkBuilder = Callable[[str, str | None], str]


@dataclass(frozen=True, slots=True)
class SignIn:
    """How a client with sign-in connects: what to do, what to paste, and a one-click link without a secret.

    Both builders take the endpoint URL.
    """

    steps: tuple[str, ...]
    build_snippets: Callable[[str], tuple[Snippet, ...]]
    build_link: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """One MCP client.

    `sign_in` is None for a client that is not known to support sign-in. With an API key, `steps` explain where the
    configuration goes, `check` how to verify the connection, and `remarks` are notes. `connects` is False for a client
    that cannot send an API key, so that no snippet would work. `label` is a shorter name for small spaces, and `mark`
    is two letters in place of a logo.
    """

    slug: str
    name: str
    mark: str
    steps: tuple[str, ...]
    build_snippets: SnippetBuilder
    check: str
    check_snippet: Snippet | None = None
    remarks: tuple[str, ...] = ()
    build_link: LinkBuilder | None = None
    sign_in: SignIn | None = None
    connects: bool = True
    label: str = ""

    @property
    def short_name(self) -> str:
        return self.label or self.name

    def snippets(self, endpoint: str, key: str | None = None) -> tuple[Snippet, ...]:
        """Return the snippets; without a key they contain an environment variable or KEY_PLACEHOLDER."""
        return self.build_snippets(endpoint, key)

    def link(self, endpoint: str, key: str | None = None) -> str | None:
        """Return the link that installs the server with one click, or None if the client has no such link."""
        return self.build_link(endpoint, key) if self.build_link else None


def bearer(key: str | None, *, placeholder: str = KEY_PLACEHOLDER) -> str:
    """Return the value of the Authorization header, with a placeholder if there is no key."""
    return f"Bearer {key or placeholder}"


def as_json(value: Mapping[str, Any]) -> str:
    """Return indented JSON."""
    return json.dumps(value, indent=2)


def json_config(
    title: str,
    *,
    servers_field: str | None = "mcpServers",
    url_field: str = "url",
    placeholder: str = KEY_PLACEHOLDER,
    **entry_fields: Any,
) -> SnippetBuilder:
    """Return a builder for the most common configuration: a JSON file whose entry has a URL and a header.

    Args:
        title: The title of the snippet, usually the name of the file.
        servers_field: The field that contains the servers; None if they are at the top level.
        url_field: The name of the URL field in the entry.
        placeholder: The text in place of a key; for many clients, a reference to an environment variable.
        entry_fields: Further fields of the entry, before the URL.
    """

    def build(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
        headers = {"Authorization": bearer(key, placeholder=placeholder)}
        servers = {SERVER_NAME: {**entry_fields, url_field: endpoint, "headers": headers}}
        return (Snippet(title, "json", as_json({servers_field: servers} if servers_field else servers)),)

    return build


def url_to_paste(endpoint: str) -> tuple[Snippet, ...]:
    """Return the snippet of a client that requires only the URL."""
    return (Snippet("URL to paste", "text", endpoint),)


def url_config(
    title: str, *, servers_field: str = "mcpServers", **entry_fields: Any
) -> Callable[[str], tuple[Snippet, ...]]:
    """Return a builder for a JSON file whose entry has a URL and no key; the other arguments are as in json_config."""

    def build(endpoint: str) -> tuple[Snippet, ...]:
        entry = {**entry_fields, "url": endpoint}
        return (Snippet(title, "json", as_json({servers_field: {SERVER_NAME: entry}})),)

    return build


def encoded_config(endpoint: str, key: str | None, *, placeholder: str = KEY_PLACEHOLDER) -> str:
    """Return URL and header as base64-encoded JSON, percent-encoded for the query of a one-click link."""
    return encode({"url": endpoint, "headers": {"Authorization": bearer(key, placeholder=placeholder)}})


def encode(config: Mapping[str, Any]) -> str:
    """Return base64-encoded JSON, percent-encoded for the query of a one-click link."""
    return quote(base64.b64encode(json.dumps(config).encode()).decode(), safe="")
