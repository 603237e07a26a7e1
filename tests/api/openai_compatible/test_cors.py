"""Pages of any origin may use the SDK in the browser, with the key of the person who uses the page."""

import httpx2
import pytest

pytestmark = pytest.mark.django_db(transaction=True)

ORIGIN = {"Origin": "https://elsewhere.example"}


def test_a_preflight_allows_the_headers_of_the_sdk(base_url: str) -> None:
    headers = {**ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    response = httpx2.options(f"{base_url}/images/generations", headers=headers)
    allowed = set(response.headers["Access-Control-Allow-Headers"].split(", "))
    assert {"authorization", "idempotency-key", "x-stainless-lang", "x-stainless-retry-count"} <= allowed


def test_a_page_may_read_an_error_and_its_headers(base_url: str) -> None:
    response = httpx2.get(f"{base_url}/models", headers=ORIGIN)
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (401, "*")
    exposed = set(response.headers["Access-Control-Expose-Headers"].split(", "))
    assert {"X-Credits-Charged", "X-Image-Ids", "X-Should-Retry"} <= exposed
