"""Creating a key in the dashboard: its limits, and a secret that is shown once."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, User
from tests.website.dashboard.keys.form_data import asked, secret_in
from website.docs import clients
from website.templatetags import code_blocks

pytestmark = pytest.mark.django_db

PATH = "/dashboard/keys/new/"


def refused(client: Client, **fields: Any) -> str:
    """Return the page of a refusal, after which there is no key."""
    response = client.post(PATH, asked(**fields))
    assert response.status_code == 422
    assert not ApiKey.objects.exists()
    return response.content.decode()


def test_a_new_key_has_what_was_typed(alices_client: Client, alice: User) -> None:
    last_day = timezone.now().date() + timedelta(days=7)
    models = ["openai:gpt-image-2", "openai:gpt-image-1.5"]
    alices_client.post(PATH, asked(name=" CI ", monthly_credit_cap="40", expires_at=last_day, allowed_models=models))
    key = ApiKey.objects.get(user=alice)
    assert (key.name, key.monthly_credit_cap, key.allowed_models) == ("CI", 40, sorted(models))
    assert key.expires_at is not None
    assert key.expires_at.date() == last_day


def test_a_key_for_every_model_may_also_use_later_ones(alices_client: Client) -> None:
    alices_client.post(PATH, asked())
    assert ApiKey.objects.get().allowed_models is None


def test_the_answer_shows_the_secret_and_is_stored_nowhere(alices_client: Client) -> None:
    response = alices_client.post(PATH, asked())
    secret = secret_in(response.content.decode())
    assert ApiKey.objects.get(digest=api_keys.digest(secret)).name == "Build server"
    assert "no-store" in response["Cache-Control"]
    assert secret not in str(dict(alices_client.session))
    assert secret not in str(response.headers) + str(response.cookies)


def test_the_secret_is_in_no_log(alices_client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = secret_in(alices_client.post(PATH, asked()).content.decode())
    alices_client.get("/dashboard/keys/")
    assert caplog.records
    assert secret[:20] not in caplog.text


def test_a_reload_creates_nothing_and_says_so(alices_client: Client) -> None:
    form = asked()
    secret = secret_in(alices_client.post(PATH, form).content.decode())
    again = alices_client.post(PATH, form, follow=True)
    assert ApiKey.objects.count() == 1
    assert "was created before" in again.content.decode()
    assert secret not in again.content.decode()


def test_the_same_request_of_somebody_else_is_another_one(alices_client: Client, bob: User) -> None:
    form = asked()
    alices_client.post(PATH, form)
    alices_client.force_login(bob)
    assert secret_in(alices_client.post(PATH, form).content.decode())
    assert ApiKey.objects.filter(user=bob).count() == 1


def test_every_form_is_a_request_of_its_own(alices_client: Client) -> None:
    ids = {alices_client.get(PATH).context["form"]["request_id"].value() for _ in range(2)}
    assert len(ids) == 2


def test_two_keys_may_have_the_same_name(alices_client: Client) -> None:
    for _ in range(2):
        alices_client.post(PATH, asked())
    assert ApiKey.objects.filter(name="Build server").count() == 2


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_has_1_to_80_characters(alices_client: Client, name: str) -> None:
    assert "1 to 80 characters" in refused(alices_client, name=name)


@pytest.mark.parametrize("cap", ["0", "-5", str(2**31)])
def test_a_cap_is_at_least_one_credit(alices_client: Client, cap: str) -> None:
    assert "at least 1 credit" in refused(alices_client, monthly_credit_cap=cap)


def test_a_cap_is_a_number(alices_client: Client) -> None:
    assert "whole number" in refused(alices_client, monthly_credit_cap="many")


def test_a_key_does_not_expire_before_it_begins(alices_client: Client) -> None:
    yesterday = timezone.now().date() - timedelta(days=1)
    assert "a day to come" in refused(alices_client, expires_at=yesterday)


def test_an_expiry_is_a_day(alices_client: Client) -> None:
    assert "Enter a date" in refused(alices_client, expires_at="soon")


def test_an_unknown_model_is_refused(alices_client: Client) -> None:
    assert "Unknown model: openai:dall-e" in refused(alices_client, allowed_models=["openai:dall-e"])


def test_a_key_without_models_is_refused(alices_client: Client) -> None:
    assert "at least one model" in refused(alices_client, allowed_models=[])


def test_what_was_typed_stays_after_a_refusal(alices_client: Client) -> None:
    page = refused(alices_client, name="Lab", monthly_credit_cap="0", allowed_models=["openai:gpt-image-2"])
    assert 'value="Lab"' in page
    assert page.count(" checked") == 1


def test_the_51st_live_key_is_refused(alices_client: Client, alice: User) -> None:
    for number in range(50):
        api_keys.create(alice, name=f"Key {number}")
    response = alices_client.post(PATH, asked())
    assert response.status_code == 409
    assert "at most 50 live API keys" in response.content.decode()
    assert ApiKey.objects.count() == 50


def test_every_client_that_takes_a_key_gets_it_in_what_is_pasted(alices_client: Client) -> None:
    context = alices_client.post(PATH, asked()).context
    assert [panel.name for panel in context["panels"]] == ["Claude Code", "Cursor", "Codex CLI", "REST", "More"]
    setups = [setup for panel in context["panels"] for setup in panel.setups]
    assert {setup.name for setup in setups} == {each.name for each in clients.CLIENTS if each.connects} | {"REST"}
    assert all(context["secret"] in setup.snippets[-1].text for setup in setups)


def test_no_text_with_the_secret_is_kept_in_memory(alices_client: Client) -> None:
    alices_client.get(PATH)
    before = code_blocks.highlighted.cache_info().currsize
    alices_client.post(PATH, asked())
    assert code_blocks.highlighted.cache_info().currsize == before
