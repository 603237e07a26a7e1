"""The client and the name of the API key belong to the image: later calls and renames do not change them."""

from typing import Any

import pytest
from django.test import Client

from accounts import api_keys, deletion
from accounts.authentication import CLIENT_MAX_CHARACTERS
from accounts.models import ApiKey, User
from images import generation
from images.models import Image
from tests.api.program import Program
from tests.database import migrate
from tests.factories import caller_of, finished_image, queued_image
from tests.mcp_gateway.agent import Agent
from tests.rendered import words
from tests.website.dashboard.test_gallery import request_image

pytestmark = pytest.mark.django_db

BEFORE = ("images", "0011_plain_model_names")
PAGES = ("/dashboard/images/", "/dashboard/images/{image}/", "/dashboard/usage/")


@pytest.fixture
def laptop(alice: User) -> ApiKey:
    return api_keys.create(alice, name="Laptop")[0]


@pytest.mark.parametrize("page", PAGES)
def test_another_client_and_a_rename_do_not_change_earlier_images(
    client: Client, alice: User, laptop: ApiKey, page: str
) -> None:
    image = request_image(alice, key=laptop, client="claude-code/2.1.4")
    request_image(alice, key=laptop, client="cursor/1.0")
    ApiKey.objects.filter(pk=laptop.pk).update(name="Renamed", last_used_client="cursor/1.0")
    client.force_login(alice)
    text = words(client.get(page.format(image=image.pk)))
    assert "Laptop, Claude Code" in text
    assert "Renamed, Claude Code" not in text


def test_the_account_deletion_erases_it_even_of_deleted_images(alice: User, laptop: ApiKey) -> None:
    request_image(alice, key=laptop, client="claude-code/2.1.4")
    deleted = finished_image(alice)
    Image.objects.filter(pk=deleted.pk).update(api_key_name="Laptop", client="claude-code/2.1.4")
    generation.delete(caller_of(alice), deleted.pk)
    deletion.delete(alice)
    assert set(Image.objects.values_list("api_key_name", "client")) == {("", "")}


@pytest.mark.django_db(transaction=True)
def test_rest_and_mcp_record_the_user_agent(server: Any, alice: User, alices_key: str) -> None:
    program, agent = Program(server.url, alices_key), Agent(server.url, alices_key)
    with program.http:
        program.queue(headers={"User-Agent": "corgi/1.0"})
    agent.headers["User-Agent"] = "claude-code/2.1\t" + "z" * 200
    agent.generate(waitSeconds=0)
    first, second = Image.objects.order_by("created_at")
    assert (first.api_key_name, first.client) == ("Laptop", "corgi/1.0")
    assert (second.api_key_name, second.client[:16]) == ("Laptop", "claude-code/2.1z")
    assert len(second.client) == CLIENT_MAX_CHARACTERS


@pytest.mark.django_db(transaction=True)
def test_the_migration_fills_existing_images_from_their_key(alice: User, laptop: ApiKey) -> None:
    ApiKey.objects.filter(pk=laptop.pk).update(last_used_client="cursor/1.0")
    image, other = queued_image(alice), queued_image(alice)
    Image.objects.filter(pk=image.pk).update(api_key=laptop)
    migrate(BEFORE)
    migrate()
    image.refresh_from_db()
    other.refresh_from_db()
    assert (image.api_key_name, image.client) == ("Laptop", "cursor/1.0")
    assert (other.api_key_name, other.client) == ("", "")
