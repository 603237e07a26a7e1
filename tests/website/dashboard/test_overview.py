"""Overview: balance, spending, keys and recent images; the first steps of a new account."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, User
from accounts.sign_in import email_addresses
from billing import ledger
from images.models import Image
from tests.accounts.oauth.steps import connect, create_client
from tests.factories import create_user, finished_image, queued_image
from tests.rendered import words

pytestmark = pytest.mark.django_db

PATH = "/dashboard/"


@pytest.fixture
def newcomer(client: Client, db: None) -> User:
    """Sign in a user who has just signed up."""
    user = create_user("new@example.com")
    client.force_login(user)
    return user


def step_names(client: Client) -> list[str]:
    """Return the names of the completed steps and of the current one, which ends with an ellipsis."""
    steps = client.get(PATH).context["steps"]
    return [step.name + "…" * step.is_current for step in steps if step.is_done or step.is_current]


def used_key(user: User, **fields: Any) -> ApiKey:
    key, _ = api_keys.create(user, name="Laptop", **fields)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now(), last_used_client="claude-code/2.1.4")
    return key


def test_steps_complete_one_after_the_other(client: Client, newcomer: User) -> None:
    assert step_names(client) == ["address…"]
    email_addresses.mark_verified(newcomer)
    assert step_names(client) == ["address", "credits…"]
    ledger.grant(newcomer.pk, amount=10, reason="to begin with")
    assert step_names(client) == ["address", "credits", "client…"]
    assert f"{settings.SITE_URL}/api/mcp" in words(client.get(PATH))
    key, _ = api_keys.create(newcomer, name="Laptop")
    assert step_names(client) == ["address", "credits", "client", "call…"]
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())
    assert step_names(client) == ["address", "credits", "client", "call"]
    assert "First steps" not in words(client.get(PATH))


def test_a_connected_app_counts_as_a_client(client: Client, newcomer: User) -> None:
    email_addresses.mark_verified(newcomer)
    ledger.grant(newcomer.pk, amount=10, reason="to begin with")
    connect(newcomer, create_client())
    assert step_names(client) == ["address", "credits", "client", "call…"]
    ApiKey.objects.filter(user=newcomer).update(last_used_at=timezone.now())
    assert step_names(client) == ["address", "credits", "client", "call"]


def test_actions_of_other_users_complete_no_step(client: Client, newcomer: User, bob: User) -> None:
    email_addresses.mark_verified(bob)
    used_key(bob)
    assert step_names(client) == ["address…"]


def test_verifying_a_second_address_does_not_complete_the_step(client: Client, newcomer: User) -> None:
    EmailAddress.objects.create(user=newcomer, email="other@example.com", verified=True)
    assert step_names(client) == ["address…"]


def test_a_new_account_sees_prices_from_the_catalogue_and_examples(client: Client, newcomer: User) -> None:
    page = client.get(PATH)
    assert "gemini-3-pro 12, deep 18 credits" in words(page)
    assert '/dashboard/generate/?sample=dunes"' in page.content.decode()


def test_the_first_steps_stay_until_a_client_is_connected(client: Client, newcomer: User) -> None:
    ledger.grant(newcomer.pk, amount=10, reason="to begin with")
    queued_image(newcomer)
    text = words(client.get(PATH))
    assert "First steps 1 of 4 done" in text
    assert "5 charged for images in progress" in text
    email_addresses.mark_verified(newcomer)
    used_key(newcomer)
    assert "First steps" not in words(client.get(PATH))


def test_spending_is_summed_up(client: Client, alice: User) -> None:
    client.force_login(alice)
    for _ in range(3):
        finished_image(alice)
    text = words(client.get(PATH))
    assert "Available 85" in text
    assert "15 credits, 3 images" in text


def test_the_most_recently_used_live_keys_are_listed_with_their_caps(client: Client, alice: User) -> None:
    client.force_login(alice)
    finished_image(alice)
    for _ in range(4):
        key = used_key(alice, monthly_credit_cap=400)
    ApiKey.objects.filter(pk=key.pk).update(name="Long ago", last_used_at=timezone.now() - timedelta(days=40))
    api_keys.revoke(used_key(alice))
    page = client.get(PATH)
    assert [usage.key.name for usage in page.context["keys"]] == ["Laptop"] * 3
    assert "Laptop 0 of 400 credits Claude Code, just now" in words(page)


def test_recent_images_link_to_their_pages_and_are_the_users_own(client: Client, alice: User, bob: User) -> None:
    client.force_login(alice)
    own, others = finished_image(alice), finished_image(bob)
    links = re.findall(r"/dashboard/images/([0-9a-f-]{36})/", client.get(PATH).content.decode())
    assert str(own.id) in links
    assert str(others.id) not in links


def test_the_number_of_queries_does_not_grow_with_the_account(
    client: Client, alice: User, django_assert_num_queries: Any
) -> None:
    client.force_login(alice)
    finished_image(alice)
    used_key(alice)
    with django_assert_num_queries(12):
        client.get(PATH)
    for _ in range(15):
        finished_image(alice)
        used_key(alice)
    with django_assert_num_queries(12):
        client.get(PATH)


def test_htmx_gets_the_body_only(client: Client, newcomer: User) -> None:
    part = client.get(PATH, headers={"hx-request": "true"}).content.decode()
    assert "First steps" in part
    assert 'id="overview"' not in part


def test_the_caption_of_a_recent_image_begins_with_the_model(client: Client, alice: User) -> None:
    client.force_login(alice)
    Image.objects.filter(pk=finished_image(alice).pk).update(quality="high", resolution="4K")
    page = client.get(PATH).content.decode()
    assert '<span class="picture-model">gpt-image-2, high quality, 4K</span>' in page
