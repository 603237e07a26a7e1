"""A program that calls the REST API over HTTP."""

from dataclasses import dataclass, field
from typing import Any

import httpx2

from api import problems
from tests.factories import MODEL
from tests.mcp_gateway.agent import NO_TLS

RESPONSE_TIMEOUT_SECONDS = 60


PATH = "/api/v1/"


AT_ONCE = {"Prefer": "respond-async"}


@dataclass
class Program:
    """Something with a key that calls the API by hand, over one connection."""

    url: str
    key: str
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=RESPONSE_TIMEOUT_SECONDS, verify=NO_TLS))

    def request(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        present = {name: value for name, value in headers.items() if value is not None}
        return self.http.request(method, self.url + PATH + path, headers=present, **options)

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx2.Response:
        return self.request("POST", path, **options)

    def delete(self, path: str, **options: Any) -> httpx2.Response:
        return self.request("DELETE", path, **options)

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
