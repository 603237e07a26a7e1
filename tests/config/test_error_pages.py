"""What people see when there is nothing to see."""

import pytest
from django.template.loader import render_to_string
from django.test import Client

from accounts.models import User
from tests.rendered import words


@pytest.mark.django_db
def test_an_address_that_leads_nowhere_has_a_page(client: Client) -> None:
    answer = client.get("/nothing/here")
    assert answer.status_code == 404
    assert "There is no such page." in words(answer)


def test_a_host_that_is_not_ours_gets_the_page_of_a_bad_request(client: Client) -> None:
    answer = client.get("/pricing", headers={"host": "elsewhere.example"})
    assert answer.status_code == 400
    assert "This request cannot be read." in words(answer)


def test_a_host_that_is_not_ours_gets_a_problem_below_the_api(client: Client) -> None:
    answer = client.get("/api/v1/models", headers={"host": "elsewhere.example"})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "bad_request"


@pytest.mark.django_db
def test_a_form_from_elsewhere_is_refused_in_words(alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    answer = strict.post("/accounts/logout/")
    assert answer.status_code == 403
    assert "This form was open too long." in words(answer)


def test_our_own_mistake_has_a_page_that_needs_nothing() -> None:
    page = render_to_string("500.html")
    assert "This is our mistake." in page
    assert "style=" not in page


@pytest.mark.parametrize("status", [400, 403, 404, 429])
def test_every_error_has_its_page_without_a_request(status: int) -> None:
    assert f">{status}<" in render_to_string(f"{status}.html")
