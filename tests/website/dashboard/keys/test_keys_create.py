"""Creating a key: limits, and a secret that is shown once."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, User
from tests.rendered import words
from tests.website.dashboard.keys.form_data import key_form, secret_in
from website.docs import clients
from website.templatetags import code_blocks

pytestmark = pytest.mark.django_db

PATH = "/dashboard/keys/new/"


def error_page(client: Client, **fields: Any) -> str:
    """Submit an invalid form, check that it creates no key, and return the page."""
    response = client.post(PATH, key_form(**fields))
    assert response.status_code == 422
    assert not ApiKey.objects.exists()
    return response.content.decode()


def test_a_new_key_has_the_submitted_values(alice_client: Client, alice: User) -> None:
    last_day = timezone.now().date() + timedelta(days=7)
    models = ["openai:gpt-image-2", "openai:gpt-image-1.5"]
    alice_client.post(PATH, key_form(name=" CI ", monthly_credit_cap="40", expires_at=last_day, allowed_models=models))
    key = ApiKey.objects.get(user=alice)
    assert (key.name, key.monthly_credit_cap, key.allowed_models) == ("CI", 40, sorted(models))
    assert key.expires_at is not None
    assert key.expires_at.date() == last_day


def test_a_key_with_all_models_may_also_use_later_models(alice_client: Client) -> None:
    alice_client.post(PATH, key_form())
    assert ApiKey.objects.get().allowed_models is None


def test_the_models_have_their_prices_with_options(alice_client: Client) -> None:
    page = words(alice_client.get(PATH))
    assert "gpt-image-1.5 3 credits gpt-image-2 5 credits 1 to 38 with options" in page


def test_the_response_shows_the_secret_which_is_stored_nowhere(alice_client: Client) -> None:
    response = alice_client.post(PATH, key_form())
    secret = secret_in(response.content.decode())
    assert ApiKey.objects.get(digest=api_keys.digest(secret)).name == "Build server"
    assert "no-store" in response["Cache-Control"]
    assert secret not in str(dict(alice_client.session))
    assert secret not in str(response.headers) + str(response.cookies)


def test_the_secret_is_in_no_log(alice_client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = secret_in(alice_client.post(PATH, key_form()).content.decode())
    alice_client.get("/dashboard/keys/")
    assert caplog.records
    assert secret[:20] not in caplog.text


def test_a_reload_creates_no_second_key(alice_client: Client) -> None:
    form = key_form()
    secret = secret_in(alice_client.post(PATH, form).content.decode())
    reloaded = alice_client.post(PATH, form, follow=True)
    assert ApiKey.objects.count() == 1
    assert "This key was already created" in reloaded.content.decode()
    assert secret not in reloaded.content.decode()


def test_the_same_request_id_of_another_user_is_another_request(alice_client: Client, bob: User) -> None:
    form = key_form()
    alice_client.post(PATH, form)
    alice_client.force_login(bob)
    assert secret_in(alice_client.post(PATH, form).content.decode())
    assert ApiKey.objects.filter(user=bob).count() == 1


def test_every_form_has_a_new_request_id(alice_client: Client) -> None:
    ids = {alice_client.get(PATH).context["form"]["request_id"].value() for _ in range(2)}
    assert len(ids) == 2


def test_two_keys_may_have_the_same_name(alice_client: Client) -> None:
    for _ in range(2):
        alice_client.post(PATH, key_form())
    assert ApiKey.objects.filter(name="Build server").count() == 2


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_has_1_to_80_characters(alice_client: Client, name: str) -> None:
    assert "1 to 80 characters" in error_page(alice_client, name=name)


@pytest.mark.parametrize("cap", ["0", "-5", str(2**31)])
def test_a_cap_is_at_least_one_credit(alice_client: Client, cap: str) -> None:
    assert "at least 1 credit" in error_page(alice_client, monthly_credit_cap=cap)


@pytest.mark.parametrize("limit", ["-1", str(2**31)])
def test_a_confirmation_limit_is_not_negative(alice_client: Client, limit: str) -> None:
    assert "Enter 0 or more credits" in error_page(alice_client, confirm_above=limit)


def test_a_cap_is_a_number(alice_client: Client) -> None:
    assert "whole number" in error_page(alice_client, monthly_credit_cap="many")
    assert "whole number" in error_page(alice_client, confirm_above="many")


def test_an_expiry_must_be_in_the_future(alice_client: Client) -> None:
    yesterday = timezone.now().date() - timedelta(days=1)
    assert "Choose a future date" in error_page(alice_client, expires_at=yesterday)


def test_an_expiry_is_a_date(alice_client: Client) -> None:
    assert "Enter a date" in error_page(alice_client, expires_at="soon")


def test_an_unknown_model_is_error_page(alice_client: Client) -> None:
    assert "Unknown model: openai:dall-e" in error_page(alice_client, allowed_models=["openai:dall-e"])


def test_a_key_without_models_is_error_page(alice_client: Client) -> None:
    assert "at least one model" in error_page(alice_client, allowed_models=[])


def test_the_input_is_kept_after_an_error(alice_client: Client) -> None:
    page = error_page(alice_client, name="Lab", monthly_credit_cap="0", allowed_models=["openai:gpt-image-2"])
    assert 'value="Lab"' in page
    assert page.count(" checked") == 1


def test_the_51st_live_key_is_error_page(alice_client: Client, alice: User) -> None:
    for number in range(50):
        api_keys.create(alice, name=f"Key {number}")
    response = alice_client.post(PATH, key_form())
    assert response.status_code == 409
    assert "at most 50 active API keys" in response.content.decode()
    assert ApiKey.objects.count() == 50


def test_every_client_that_takes_a_key_has_a_snippet_with_it(alice_client: Client) -> None:
    context = alice_client.post(PATH, key_form()).context
    assert [panel.name for panel in context["panels"]] == ["Claude Code", "Cursor", "Codex CLI", "REST", "More"]
    setups = [setup for panel in context["panels"] for setup in panel.setups]
    assert {setup.name for setup in setups} == {client.name for client in clients.CLIENTS if client.connects} | {"REST"}
    assert all(context["secret"] in setup.snippets[-1].text for setup in setups)


def test_snippets_with_the_secret_are_not_cached(alice_client: Client) -> None:
    alice_client.get(PATH)
    before = code_blocks.highlighted.cache_info().currsize
    alice_client.post(PATH, key_form())
    assert code_blocks.highlighted.cache_info().currsize == before


def test_a_repeated_request_with_an_invalid_name_shows_the_error_of_the_name(alice_client: Client) -> None:
    form = key_form()
    alice_client.post(PATH, form)
    response = alice_client.post(PATH, {**form, "name": ""})
    assert response.status_code == 422
    assert "1 to 80 characters" in response.content.decode()


def test_the_buttons_for_all_models_and_none_wait_for_the_script(alice_client: Client) -> None:
    page = alice_client.get("/dashboard/keys/new/").content.decode()
    assert '<p class="check-buttons" data-check-buttons hidden>' in page
    assert page.count('type="button" data-check=') == 2
