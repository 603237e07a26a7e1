from typing import Any

import httpx2
import pytest

from api.asgi import ApiApplication

pytestmark = pytest.mark.django_db

PATH = "/api/v1/models"


async def get(host: str = "testserver") -> httpx2.Response:
    """Send a request to a new application, which reads the settings."""
    transport = httpx2.ASGITransport(ApiApplication())
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        return await client.get(PATH)


async def test_http_leads_to_https(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = await get()
    assert (response.status_code, response.headers["Location"]) == (301, f"https://testserver{PATH}")


async def test_an_unknown_host_is_rejected() -> None:
    response = await get("other.example")
    assert (response.status_code, response.headers["Content-Type"]) == (400, "application/problem+json")


async def test_a_response_has_its_length() -> None:
    response = await get()
    assert (response.status_code, int(response.headers["Content-Length"])) == (401, len(response.content))
