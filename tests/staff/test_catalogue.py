"""Models and prices that staff enter: adding a server's model, the errors of the form, deletion and history."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import ADDITION, LogEntry
from django.test import Client

from accounts.models import User
from images.models import CatalogueModel, Image
from tests.factories import finished_image
from tests.rendered import words
from tests.staff.test_actions import REASON, model_form

pytestmark = pytest.mark.django_db
Staff = Callable[[str], Client]

ADD, LIST = "/admin/images/cataloguemodel/add/", "/admin/images/cataloguemodel/"
FLUX = "/admin/images/cataloguemodel/compatible_3Aflux/"
PRICES = {"prices-TOTAL_FORMS": 1, "prices-INITIAL_FORMS": 0, "prices-0-credits": 2}
VALUES = {
    **REASON,
    **PRICES,
    "model_id": "compatible:flux",
    "name": "Flux",
    "speed": "fast",
    "upstream_id": "flux.1-schnell",
    "base_url": "http://localhost:8080/v1",
    "key_variable": "COMPATIBLE_LOCAL_API_KEY",
    "parameters": "size,response_format",
    "options": "{}",
    "aspect_ratios": "1:1,3:2",
    "backgrounds": "opaque",
    "max_sources": 0,
    "enabled": "on",
    "position": 100,
}


def test_a_superuser_adds_a_model_of_a_server(staff: Staff) -> None:
    client = staff("superuser")
    assert "compatible:" in client.get(ADD).content.decode()
    response = client.post(ADD, VALUES)
    assert response.status_code == 302, words(response)
    row = CatalogueModel.objects.get(pk="compatible:flux")
    assert (row.api, row.provider_id, row.credits, row.key_variable) == (
        "compatible",
        "compatible",
        2,
        "COMPATIBLE_LOCAL_API_KEY",
    )
    (entry,) = LogEntry.objects.filter(object_id="compatible:flux", action_flag=ADDITION)
    assert entry.get_change_message() == "Added. Reason: ticket 4711"


def test_a_model_is_not_added_without_a_reason(staff: Staff) -> None:
    response = staff("superuser").post(ADD, {**VALUES, "reason": ""})
    assert "This field is required." in words(response)
    assert not CatalogueModel.objects.filter(pk="compatible:flux").exists()


def test_a_model_of_a_server_edits_if_staff_say_so(staff: Staff) -> None:
    client = staff("superuser")
    assert client.post(ADD, {**VALUES, "max_sources": 3, "takes_mask": "on"}).status_code == 302
    row = CatalogueModel.objects.get(pk="compatible:flux")
    assert (row.max_sources, row.takes_mask) == (3, True)
    page = words(client.get(f"{FLUX}change/"))
    assert "Pictures an edit may use" in page
    assert (
        client.post(f"{FLUX}change/", {**model_form(client, f"{FLUX}change/"), **REASON, "max_sources": 1}).status_code
        == 302
    )
    assert CatalogueModel.objects.get(pk="compatible:flux").max_sources == 1


def test_a_model_of_google_has_no_masks(staff: Staff) -> None:
    client, path = staff("superuser"), f"{LIST}google_3Agemini-nano-banana-2.1/change/"
    response = client.post(path, {**model_form(client, path), **REASON, "takes_mask": "on"})
    assert "Google's API has no masks." in words(response)
    assert not CatalogueModel.objects.get(pk="google:gemini-nano-banana-2.1").takes_mask


@pytest.mark.parametrize("role", ["auditor", "support"])
def test_only_superusers_add_and_delete_models(staff: Staff, role: str) -> None:
    client = staff(role)
    assert [client.get(ADD).status_code, client.post(ADD, VALUES).status_code] == [403, 403]
    page = words(client.get(f"{LIST}openai_3Agpt-image-2/change/"))
    assert "Cost in US cents" in page


TWO_PRICES = {"prices-TOTAL_FORMS": 2, "prices-1-credits": 5}
WITH_QUALITY = {"prices-0-quality": "low", "parameters": "size,quality"}
ERRORS: list[tuple[dict[str, Any], str]] = [
    ({"model_id": "openai:flux"}, "Start with compatible:"),
    ({"model_id": "compatible:"}, "Start with compatible:"),
    ({"model_id": "compatible:A b"}, "Start with compatible:"),
    *(
        ({"base_url": url}, "Enter an http or https URL")
        for url in ("", "ftp://host/v1", "localhost:8080", "http://", "https://user:pw@host/v1", "https://host/?key=1")
    ),
    *(
        ({"key_variable": name}, "Use a name that starts with COMPATIBLE_")
        for name in ("SECRET_KEY", "OPENAI_API_KEY", "compatible_api_key", "COMPATIBLE_KEY", "XCOMPATIBLE_API_KEY")
    ),
    ({"parameters": "size,prompt"}, "Remove prompt: it is always sent."),
    ({"parameters": "size,steps"}, "There is no value for steps."),
    ({"options": '{"steps": "8"}'}, "Add steps to the parameters"),
    ({"options": "[]"}, "Enter a JSON object"),
    ({"options": "[1]"}, "Enter a JSON object"),
    ({"aspect_ratios": "1:1,7:1"}, "Unknown: 7:1. Use some of 1:1"),
    ({"aspect_ratios": "1:1,1:1"}, "A value is listed twice"),
    ({"backgrounds": "opaque,blue"}, "Unknown: blue. Use some of opaque, transparent."),
    ({"backgrounds": "transparent"}, "Add opaque"),
    ({"backgrounds": "opaque,transparent"}, "Add background to the parameters"),
    ({"max_sources": 15}, "Enter 0 for a model without edits, or 1 to 14."),
    ({"takes_mask": "on"}, "Only edits can use a mask."),
    ({"position": 1}, "Another model has this position. Enter an unused number."),
    ({"default_quality": "high"}, "No price has the default quality high."),
    ({**WITH_QUALITY}, "Enter the default quality of the model: low."),
    ({**WITH_QUALITY, "default_quality": "medium"}, "No price has the default quality medium."),
    ({**WITH_QUALITY, "default_quality": "low", "parameters": "size"}, "Add quality to the parameters"),
    ({**WITH_QUALITY, **TWO_PRICES, "default_quality": "low"}, "Choose a quality in every price"),
    ({**TWO_PRICES}, "Two prices have the same combination."),
    ({"prices-0-resolution": "2K"}, "Add the price of an image without options: 1K."),
    ({"prices-0-thinking_level": "default"}, "Leave the thinking level empty"),
    ({"prices-0-credits": 0}, "Enter 1 or more credits."),
    ({"prices-0-upstream_cost_cents": "-1"}, "Enter the cost in US cents, 0 or more"),
    ({"prices-TOTAL_FORMS": 0}, "Add the price of an image without options."),
]


@pytest.mark.parametrize(("change", "message"), ERRORS)
def test_each_error_says_what_to_do(staff: Staff, change: dict[str, Any], message: str) -> None:
    response = staff("superuser").post(ADD, {**VALUES, **change})
    assert response.status_code == 200
    assert message in words(response)
    assert not CatalogueModel.objects.filter(name="Flux").exists()


def test_a_model_of_this_service_has_no_server_and_is_not_deleted(staff: Staff) -> None:
    client = staff("superuser")
    values = {**model_form(client, f"{LIST}openai_3Agpt-image-2/change/"), "base_url": "http://localhost/v1", **REASON}
    assert client.post(f"{LIST}openai_3Agpt-image-2/change/", values).status_code == 302
    assert CatalogueModel.objects.get(pk="openai:gpt-image-2").base_url == ""
    assert client.post(f"{LIST}openai_3Agpt-image-2/delete/", {"post": "yes"}).status_code == 403


def test_a_model_is_deleted_only_while_no_image_uses_it(staff: Staff, alice: User) -> None:
    client, image = staff("superuser"), finished_image(alice)
    client.post(ADD, VALUES)
    Image.objects.filter(pk=image.pk).update(model_id="compatible:flux")
    assert client.post(f"{FLUX}delete/", {"post": "yes"}).status_code == 403
    Image.objects.filter(pk=image.pk).update(model_id="openai:gpt-image-2")
    assert client.post(f"{FLUX}delete/", {"post": "yes"}).status_code == 302
    assert not CatalogueModel.objects.filter(pk="compatible:flux").exists()


def test_added_and_deleted_prices_are_recorded(staff: Staff) -> None:
    client = staff("superuser")
    client.post(ADD, VALUES)
    values = model_form(client, f"{FLUX}change/")
    values |= {
        **REASON,
        "prices-TOTAL_FORMS": 2,
        "prices-0-DELETE": "on",
        "prices-1-resolution": "1K",
        "prices-1-credits": 9,
    }
    response = client.post(f"{FLUX}change/", values)
    assert response.status_code == 302, words(response)
    message = LogEntry.objects.filter(object_id="compatible:flux").latest("pk").get_change_message()
    assert "Price of every image deleted: Price in credits 2" in message
    assert "Price of 1K added: Resolution 1K, Price in credits 9" in message
