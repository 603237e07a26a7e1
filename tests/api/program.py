"""A program that calls the REST API over HTTP."""

from dataclasses import dataclass, field
from typing import Any

import httpx2

from api import problems
from tests.factories import MODEL
from tests.mcp_gateway.agent import NO_TLS

RESPONSE_TIMEOUT_SECONDS = 60
PATH = "/api/v1/"

NO_WAIT = {"Prefer": "respond-async"}


@dataclass
class Program:
    """A REST client with an API key, over one connection."""

    url: str
    key: str
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=RESPONSE_TIMEOUT_SECONDS, verify=NO_TLS))

    def request(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        sent = {name: value for name, value in headers.items() if value is not None}
        return self.http.request(method, self.url + PATH + path, headers=sent, **options)

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx2.Response:
        return self.request("POST", path, **options)

    def patch(self, path: str, **options: Any) -> httpx2.Response:
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> httpx2.Response:
        return self.request("DELETE", path, **options)

    def create(self, prompt: str = "a quiet lake", *, headers: Any = None, **fields: Any) -> httpx2.Response:
        """Create an image and wait for it with the default wait of the API."""
        return self.post("images", json={"prompt": prompt, "modelId": MODEL, **fields}, headers=headers or {})

    def queue(self, prompt: str = "a quiet lake", *, headers: Any = None, **fields: Any) -> httpx2.Response:
        """Create an image without waiting for it."""
        return self.create(prompt, headers={**NO_WAIT, **(headers or {})}, **fields)


def problem(response: httpx2.Response) -> dict[str, Any]:
    """Return the problem document of a response, which must be valid."""
    assert response.headers["content-type"] == problems.MEDIA_TYPE
    document: dict[str, Any] = response.json()
    assert document["status"] == response.status_code
    assert document["title"]
    assert document["detail"]
    assert document["type"].endswith(f"/docs/api#{document['code']}")
    return document


def status_and_code(response: httpx2.Response) -> tuple[int, str]:
    """Return the status and code of a problem."""
    return response.status_code, problem(response)["code"]
