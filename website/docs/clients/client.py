"""What is known of a client, and the shapes that several of them share."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from images.schemas import WAIT_MAX_SECONDS

SERVER_NAME: Final = "get-images"
ENVIRONMENT_VARIABLE: Final = "GET_IMAGES_API_KEY"
# Stands where a client reads no variable, for a person to replace.
PLACE: Final = "YOUR_API_KEY"
# What clients are told to wait for one call: as long as the server waits, so that it is the server that answers.
CALL_TIMEOUT_SECONDS: Final = WAIT_MAX_SECONDS


class Snippet(NamedTuple):
    """A text to paste: where it goes, its language as Pygments names it, and itself."""

    title: str
    language: str
    text: str


# What makes something of the endpoint and a key, or of the endpoint and None where no key is at hand.
Snippets = Callable[[str, str | None], tuple[Snippet, ...]]
Link = Callable[[str, str | None], str]


@dataclass(frozen=True, slots=True)
class Client:
    """One client.

    `steps` say where the setting goes; `check` says how to see that it works, `remarks` what else there is to know.
    `connects` is False where the client takes no key, so that no snippet could work.
    """

    slug: str
    name: str
    mark: str
    steps: tuple[str, ...]
    make_snippets: Snippets
    check: str
    check_snippet: Snippet | None = None
    remarks: tuple[str, ...] = ()
    make_link: Link | None = None
    connects: bool = True
    # Where there is little room.
    label: str = ""

    @property
    def short_name(self) -> str:
        return self.label or self.name

    def snippets(self, endpoint: str, key: str | None = None) -> tuple[Snippet, ...]:
        """Return what to paste; without a key it names a variable or a place for one instead."""
        return self.make_snippets(endpoint, key)

    def link(self, endpoint: str, key: str | None = None) -> str | None:
        """Return the link that installs at a click what the snippet says, for clients that have one."""
        return self.make_link(endpoint, key) if self.make_link else None


def bearer(key: str | None, *, instead: str = PLACE) -> str:
    """Return the Authorization header's value, with something in place of a key that is not at hand."""
    return f"Bearer {key or instead}"


def as_json(value: Mapping[str, Any]) -> str:
    """Return a setting as people write it."""
    return json.dumps(value, indent=2)


def json_setting(
    title: str, *, under: str | None = "mcpServers", address: str = "url", instead: str = PLACE, **more: Any
) -> Snippets:
    """Return what makes the most common setting: an entry of a JSON file with an address and a header.

    Args:
        title: The file.
        under: The field that holds the servers; None where the file is the list itself.
        address: The name of the field for the address.
        instead: What stands for a key that is not at hand; many clients read an environment variable there.
        more: Further fields of the entry, before the address.
    """

    def make(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
        entry = {**more, address: endpoint, "headers": {"Authorization": bearer(key, instead=instead)}}
        servers = {SERVER_NAME: entry}
        return (Snippet(title, "json", as_json({under: servers} if under else servers)),)

    return make


def encoded_config(endpoint: str, key: str | None, *, instead: str = PLACE) -> str:
    """Return address and header as the base64 of JSON that one-click links carry, fit for a query."""
    config = {"url": endpoint, "headers": {"Authorization": bearer(key, instead=instead)}}
    return quote(base64.b64encode(json.dumps(config).encode()).decode(), safe="")
