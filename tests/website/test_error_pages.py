"""Error pages."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client

from accounts.models import User
from images import generation
from tests.factories import caller_of, finished_image
from tests.rendered import words
from tests.website.development import use_development_middleware
from tests.website.sign_in.steps import verified_user


@pytest.mark.django_db
def test_an_unknown_url_shows_the_404_page(client: Client) -> None:
    response = client.get("/nothing/here")
    assert response.status_code == 404
    assert "Page not found." in words(response)


@pytest.mark.django_db
def test_development_shows_the_same_404_page(client: Client, settings: Any) -> None:
    use_development_middleware(settings)
    assert "Page not found." in words(client.get("/nothing/here"))
    assert client.get("/api/v1/nothing").headers["Content-Type"] == "application/problem+json"


def test_an_unknown_host_shows_the_400_page(client: Client) -> None:
    response = client.get("/pricing", headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    assert "We couldn't read this request." in words(response)


@pytest.mark.django_db
def test_development_sends_the_policy_of_the_site_with_the_404_page(client: Client, settings: Any) -> None:
    expected = client.get("/nothing/here").headers["Content-Security-Policy"]
    assert "style-src 'self'" in expected
    use_development_middleware(settings)
    # A client loads the middleware once.
    assert Client().get("/nothing/here").headers["Content-Security-Policy"] == expected


def test_development_shows_the_same_400_responses(client: Client, settings: Any) -> None:
    use_development_middleware(settings)
    host = {"host": "elsewhere.example"}
    page = client.get("/pricing", headers=host)
    assert (page.status_code, "style-src 'self'" in page.headers["Content-Security-Policy"]) == (400, True)
    assert "We couldn't read this request." in words(page)
    assert client.get("/api/v1/models", headers=host)["Content-Type"] == "application/problem+json"


def test_the_traceback_of_development_has_its_inline_styles(settings: Any) -> None:
    use_development_middleware(settings)
    settings.ROOT_URLCONF = "tests.website.broken"
    response = Client(raise_request_exception=False).get("/broken")
    assert response.status_code == 500
    policy = response.headers["Content-Security-Policy"]
    assert "style-src 'unsafe-inline'" in policy
    assert "default-src 'none'" in policy


def test_an_unknown_host_gets_a_problem_document_below_the_api(client: Client) -> None:
    response = client.get("/api/v1/models", headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "bad_request"


@pytest.mark.django_db
def test_a_form_without_a_csrf_token_shows_the_expired_form_page(alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice, backend="accounts.backends.ModelBackend")
    response = strict.post("/accounts/logout/")
    assert response.status_code == 403
    assert "This form has expired." in words(response)


@pytest.mark.django_db
def test_staff_without_the_permission_see_the_403_page(settings: Any, client: Client) -> None:
    settings.STAFF_REQUIRE_MFA = False
    client.force_login(User.objects.create_user("carol@example.com", is_staff=True))
    response = client.get("/admin/accounts/apikey/")
    assert response.status_code == 403
    assert "You don't have access to this page." in words(response)


@pytest.mark.django_db
def test_too_many_attempts_show_the_429_page(client: Client, alice: User) -> None:
    client.force_login(verified_user(alice))
    form = {"oldpassword": "wrong", "password1": "a new quiet lake", "password2": "a new quiet lake"}
    *allowed, limited = [client.post("/accounts/password/change/", form) for _ in range(6)]
    assert {response.status_code for response in allowed} == {200}
    assert limited.status_code == 429
    assert "Too many attempts." in words(limited)


def test_a_server_error_shows_a_page_without_details(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.ROOT_URLCONF = "tests.website.broken"
    response = Client(raise_request_exception=False).get("/broken")
    assert response.status_code == 500
    assert "Something went wrong on our end." in words(response)
    assert "a secret prompt" not in response.content.decode()


@pytest.mark.parametrize("status", [400, 403, 404, 429])
def test_every_error_page_renders_without_a_request(status: int) -> None:
    assert f">{status}<" in render_to_string(f"{status}.html")


def test_a_deleted_image_is_not_found_within_the_dashboard(client: Client, alice: User) -> None:
    image = finished_image(alice)
    generation.delete(caller_of(alice), image.pk)
    client.force_login(alice)
    page = client.get(f"/dashboard/images/{image.pk}/")
    assert page.status_code == 404
    assert 'aria-label="Dashboard"' in page.content.decode()
    assert '<a class="button button-quiet" href="/dashboard/">Open overview</a>' in page.content.decode()
    assert 'aria-label="Dashboard"' not in client.get("/nothing/here").content.decode()
    assert 'aria-label="Dashboard"' not in Client().get("/dashboard/nothing").content.decode()
