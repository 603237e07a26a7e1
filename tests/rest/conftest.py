"""Somebody who talks to the REST API over HTTP."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from accounts import api_keys
from accounts.models import User
from accounts.rest import problems
from images import attempts, generation, pictures, storage
from images.models import Image
from images.schemas import GenerationArguments
from tests.conftest import caller_of
from tests.images.test_pictures import encoded
from tests.mcp_gateway.conftest import NO_CERTIFICATES
from tests.web_server import Server

MODEL = "openai:gpt-image-2"
ANSWER_TIMEOUT_SECONDS = 60
PATH = "/api/v1/"
AT_ONCE = {"Prefer": "respond-async"}


@pytest.fixture(autouse=True)
def _sandbox(settings: Any) -> None:
    settings.SANDBOX_PROVIDERS = "on"


@dataclass
class Program:
    """Something with a key that calls the API by hand, over one connection."""

    url: str
    key: str
    http: httpx2.Client = field(
        default_factory=lambda: httpx2.Client(timeout=ANSWER_TIMEOUT_SECONDS, verify=NO_CERTIFICATES)
    )

    def ask(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        present = {name: value for name, value in headers.items() if value is not None}
        return self.http.request(method, self.url + PATH + path, headers=present, **options)

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.ask("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx2.Response:
        return self.ask("POST", path, **options)

    def delete(self, path: str, **options: Any) -> httpx2.Response:
        return self.ask("DELETE", path, **options)

    def create(self, prompt: str = "a quiet lake", *, headers: Any = None, **fields: Any) -> httpx2.Response:
        """Ask for an image, and wait for it as long as the API does by itself."""
        return self.post("images", json={"prompt": prompt, "modelId": MODEL, **fields}, headers=headers or {})

    def queue(self, prompt: str = "a quiet lake", *, headers: Any = None, **fields: Any) -> httpx2.Response:
        """Ask for an image without waiting for it."""
        return self.create(prompt, headers={**AT_ONCE, **(headers or {})}, **fields)


def problem(response: httpx2.Response) -> dict[str, Any]:
    """Return the problem document of an answer, which must be a proper one."""
    assert response.headers["content-type"] == problems.MEDIA_TYPE
    facts: dict[str, Any] = response.json()
    assert facts["status"] == response.status_code
    assert facts["title"]
    assert facts["detail"]
    assert facts["type"].endswith(f"/docs/api#{facts['code']}")
    return facts


def refusal(response: httpx2.Response) -> tuple[int, str]:
    """Return the status and code of a problem."""
    return response.status_code, problem(response)["code"]


def queued_image(user: User, prompt: str = "A quiet lake, at dawn!") -> Image:
    """Return an image of the user's that nobody has begun to make."""
    arguments = GenerationArguments.model_validate({"prompt": prompt, "modelId": MODEL})
    return generation.request(caller_of(user), arguments).image


def finished_image(user: User, prompt: str = "A quiet lake, at dawn!") -> Image:
    """Return an image of the user's that was made without a worker."""
    image = queued_image(user, prompt)
    attempt = attempts.begin(image.id)
    assert attempt is not None
    picture = pictures.prepare(encoded(900, 900), "1:1")
    names = storage.picture_name(image.id, 1, picture.media_type), storage.thumbnail_name(image.id, 1)
    storage.write(names[0], picture.content)
    storage.write(names[1], picture.thumbnail)
    assert attempts.succeed(attempt, picture, picture_name=names[0], thumbnail_name=names[1])
    image.refresh_from_db()
    return image


@pytest.fixture
def program(transactional_db: None, server: Server, alices_key: str) -> Iterator[Program]:
    """A program with a key of Alice's."""
    one = Program(server.url, alices_key)
    with one.http:
        yield one


@pytest.fixture
def bobs_program(transactional_db: None, server: Server, bob: User) -> Iterator[Program]:
    """A program with a key of Bob's."""
    one = Program(server.url, api_keys.create(bob, name="Bob's")[1])
    with one.http:
        yield one


@pytest.fixture(autouse=True, scope="session")
def _no_delay(server: Server) -> None:
    """Let small answers leave at once on a connection that is kept, as they do from a server with a port of its own."""
    server._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
