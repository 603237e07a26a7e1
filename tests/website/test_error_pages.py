"""What people see when there is nothing to see."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client

from accounts.models import User
from tests.rendered import words
from tests.website.sign_in.people import settled


@pytest.mark.django_db
def test_an_address_that_leads_nowhere_has_a_page(client: Client) -> None:
    answer = client.get("/nothing/here")
    assert answer.status_code == 404
    assert "Page not found." in words(answer)


@pytest.mark.django_db
def test_in_development_people_see_the_same_page(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "website.error_pages.OwnNotFound"]
    assert "Page not found." in words(client.get("/nothing/here"))
    assert client.get("/api/v1/nothing").headers["Content-Type"] == "application/problem+json"


def test_a_host_that_is_not_ours_gets_the_page_of_a_bad_request(client: Client) -> None:
    answer = client.get("/pricing", headers={"host": "elsewhere.example"})
    assert answer.status_code == 400
    assert "We couldn't read this request." in words(answer)


def test_a_host_that_is_not_ours_gets_a_problem_below_the_api(client: Client) -> None:
    answer = client.get("/api/v1/models", headers={"host": "elsewhere.example"})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "bad_request"


@pytest.mark.django_db
def test_a_form_from_elsewhere_is_refused_in_words(alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice, backend="accounts.backends.ModelBackend")
    answer = strict.post("/accounts/logout/")
    assert answer.status_code == 403
    assert "This form has expired." in words(answer)


@pytest.mark.django_db
def test_staff_without_the_permission_are_told_so(settings: Any, client: Client) -> None:
    settings.STAFF_REQUIRE_MFA = False
    client.force_login(User.objects.create_user("carol@example.com", is_staff=True))
    answer = client.get("/admin/accounts/apikey/")
    assert answer.status_code == 403
    assert "You don't have access to this page." in words(answer)


@pytest.mark.django_db
def test_who_tries_too_often_is_told_to_wait(client: Client, alice: User) -> None:
    client.force_login(settled(alice))
    form = {"oldpassword": "wrong", "password1": "a new quiet lake", "password2": "a new quiet lake"}
    *allowed, refused = [client.post("/accounts/password/change/", form) for _ in range(6)]
    assert {answer.status_code for answer in allowed} == {200}
    assert refused.status_code == 429
    assert "Too many tries." in words(refused)


def test_our_own_mistake_has_a_page_that_needs_nothing(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.ROOT_URLCONF = "tests.website.broken"
    answer = Client(raise_request_exception=False).get("/broken")
    assert answer.status_code == 500
    assert "Something went wrong on our end." in words(answer)
    assert "a secret prompt" not in answer.content.decode()


@pytest.mark.parametrize("status", [400, 403, 404, 429])
def test_every_error_has_its_page_without_a_request(status: int) -> None:
    assert f">{status}<" in render_to_string(f"{status}.html")
