"""Requests of pages whose session has ended or whose CSRF token is stale: the whole page leads to sign-in and back."""

import html
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts.models import User
from tests import site
from tests.factories import queued_image
from tests.rendered import words
from tests.site import Site
from tests.website.sign_in.steps import SIGN_IN, sign_in, verified_user

pytestmark = pytest.mark.django_db

HTMX_REQUEST: Final = re.compile(r'\s(?:hx-(get|post)|data-(?:tile|results-url|newer-url))="([^"]+)"')
PUBLIC_FRAGMENT: Final = "/docs/mcp/"
GENERATE: Final = "/dashboard/generate/"


def page_paths(pages: Site) -> Iterator[str]:
    """Yield the path of every page of the owner, with the pages that follow an unfinished image."""
    yield from (pages.path(name) for name in (*site.OWNER_PAGES, "mcp-docs", "mcp-client"))
    image = queued_image(pages.owner)
    yield from (f"/dashboard/images/{image.pk}/", f"{GENERATE}?image={image.pk}")


def htmx_requests(pages: Site) -> Iterator[tuple[str, str, str]]:
    """Yield the page, the method and the URL of every request that an open page sends for a part of itself."""
    for page in page_paths(pages):
        text = pages.owner_client.get(page).content.decode()
        for method, url in HTMX_REQUEST.findall(text):
            yield page, method or "get", html.unescape(url)
    yield from (("/dashboard/settings/", "get", pages.path(name)) for name in site.FRAGMENTS)


def send(client: Client, page: str, method: str, url: str) -> Any:
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}
    return getattr(client, method)(url, headers=headers)


def return_page(location: str) -> str:
    """Return the page to which sign-in returns."""
    address = urlsplit(location)
    assert address.path == SIGN_IN
    return parse_qs(address.query)["next"][0]


def test_every_htmx_request_without_a_session_leads_the_page_to_sign_in_and_back() -> None:
    requests = {request for request in htmx_requests(Site()) if not request[2].startswith(PUBLIC_FRAGMENT)}
    assert len(requests) > 40
    for page, method, url in requests:
        response = send(Client(), page, method, url)
        assert (response.status_code, response.content) == (401, b""), url
        assert return_page(response.headers["HX-Redirect"]) == page


def test_every_htmx_request_with_a_stale_token_is_refused_without_a_page() -> None:
    pages = Site()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(pages.owner, backend="accounts.backends.ModelBackend")
    posts = {request for request in htmx_requests(pages) if request[1] == "post"}
    assert posts
    for page, method, url in posts:
        response = send(strict, page, method, url)
        assert (response.status_code, response.content) == (403, b""), url
        assert response.headers["X-Stale-Form"] == "true"


def test_a_form_without_a_session_and_without_a_token_leads_to_sign_in() -> None:
    strict = Client(enforce_csrf_checks=True)
    response = send(strict, GENERATE, "post", GENERATE)
    assert return_page(response.headers["HX-Redirect"]) == GENERATE
    response = strict.post(GENERATE, headers={"referer": f"http://testserver{GENERATE}?like=1"})
    assert return_page(response.headers["Location"]) == f"{GENERATE}?like=1"


def test_another_redirect_leads_the_whole_page(client: Client, alice: User) -> None:
    client.force_login(alice)
    response = send(client, "/dashboard/settings/", "post", "/dashboard/settings/export")
    assert (response.status_code, response.headers["HX-Redirect"]) == (204, "/dashboard/settings/export")


def test_an_action_without_a_session_returns_to_the_page_with_its_button(client: Client, alice: User) -> None:
    image = queued_image(alice)
    page = f"/dashboard/images/{image.pk}/"
    cancel = f"{page}cancel"
    response = client.post(cancel, headers={"referer": f"http://testserver{page}?q=lake"})
    assert return_page(response.headers["Location"]) == f"{page}?q=lake"
    response = client.post(GENERATE, headers={"referer": "http://elsewhere.example/page"})
    assert return_page(response.headers["Location"]) == GENERATE


def test_a_page_of_another_site_is_not_the_page_to_return_to(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://elsewhere.example/page"}
    response = client.get("/dashboard/balance", headers=headers)
    assert return_page(response.headers["HX-Redirect"]) == "/dashboard/"


def test_a_sign_in_form_submitted_twice_leads_to_the_requested_page(alice: User) -> None:
    verified_user(alice)
    strict = Client(enforce_csrf_checks=True)
    strict.get(SIGN_IN)
    token = strict.cookies["csrftoken"].value
    form = {"csrfmiddlewaretoken": token, "next": "/dashboard/keys/"}
    for _ in range(2):
        response = sign_in(strict, "alice@example.com", **form)
        assert (response.status_code, response.headers["Location"]) == (302, "/dashboard/keys/")
    response = sign_in(strict, "alice@example.com", csrfmiddlewaretoken=token, next="//elsewhere.example/")
    assert response.headers["Location"] == "/dashboard/"
    response = strict.post("/accounts/login/code/confirm/", {"csrfmiddlewaretoken": token, "code": "123456"})
    assert response.headers["Location"] == "/dashboard/"


def test_a_stale_form_offers_to_open_its_page_again(alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice, backend="accounts.backends.ModelBackend")
    response = strict.post("/dashboard/keys/new/", headers={"referer": "http://testserver/dashboard/keys/new/"})
    assert response.status_code == 403
    assert "Nothing was submitted." in words(response)
    assert 'href="/dashboard/keys/new/"' in response.content.decode()
    response = strict.post("/dashboard/keys/new/", headers={"referer": "http://elsewhere.example/"})
    assert "elsewhere.example" not in response.content.decode()
