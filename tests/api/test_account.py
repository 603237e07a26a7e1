"""The account, credit usage and models over REST."""

import uuid

import pytest

from accounts import api_keys
from accounts.models import ApiKey, User
from billing import ledger
from billing.models import CreditAccount
from images.models import CatalogueModel
from tests.api.program import Program, problem, status_and_code
from tests.factories import queued_image

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_account_has_the_cap_and_spending_of_the_key(program: Program, alice: User) -> None:
    key, program.key = api_keys.create(alice, name="Build server", monthly_credit_cap=20, confirm_above=4)
    program.queue()
    assert program.get("account").json() == {
        "userId": str(alice.id),
        "email": "alice@example.com",
        "creditBalance": 95,
        "apiKey": {
            "name": "Build server",
            "lastFour": key.last_four,
            "monthlyCreditCap": 20,
            "confirmAbove": 4,
            "creditsSpentThisMonth": 5,
        },
    }


def test_clawed_back_and_reinstated_credits_are_in_the_usage(program: Program, alice: User) -> None:
    account_id, purchase_id = CreditAccount.objects.get(user=alice).pk, uuid.uuid4()
    ledger.claw_back(account_id, credits=30, purchase_id=purchase_id)
    ledger.reinstate(account_id, credits=30, purchase_id=purchase_id)
    reinstated, clawed_back, *_ = program.get("usage").json()["transactions"]
    assert [(entry["type"], entry["amount"]) for entry in (clawed_back, reinstated)] == [
        ("chargeback", -30),
        ("adjustment", 30),
    ]
    assert reinstated["referenceId"] == clawed_back["referenceId"] == str(purchase_id)


def test_the_usage_is_the_ledger_newest_first(program: Program, alice: User) -> None:
    image = queued_image(alice)
    body = program.get("usage").json()
    assert {name: body[name] for name in ("total", "limit", "offset")} == {"total": 2, "limit": 20, "offset": 0}
    charge, grant = body["transactions"]
    assert (charge["amount"], charge["type"], charge["referenceId"]) == (-5, "generation", str(image.id))
    assert (grant["amount"], grant["type"], grant["balanceAfter"]) == (100, "grant", 100)


def test_the_usage_is_paginated(program: Program, alice: User) -> None:
    queued_image(alice)
    pages = [program.get("usage", params={"limit": 1, "offset": offset}).json() for offset in range(3)]
    assert [[entry["type"] for entry in page["transactions"]] for page in pages] == [["generation"], ["grant"], []]


def test_the_usage_has_no_entries_of_other_users(bobs_program: Program, alice: User) -> None:
    queued_image(alice)
    assert bobs_program.get("usage").json()["total"] == 1


def test_the_models_have_prices_and_the_balance(program: Program) -> None:
    body = program.get("models").json()
    models = {model["modelId"]: model for model in body["models"]}
    assert body["creditBalance"] == 100
    assert set(models) == set(CatalogueModel.objects.values_list("model_id", flat=True))
    assert models["google:gemini-3-pro-image-preview"] == {
        "modelId": "google:gemini-3-pro-image-preview",
        "providerId": "google",
        "name": CatalogueModel.objects.get(model_id="google:gemini-3-pro-image-preview").name,
        "credits": 12,
        "deepCredits": 18,
        "aspectRatios": ["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4", "21:9"],
        "thinkingLevels": ["default", "deep"],
        "resolutions": ["1K", "2K", "4K"],
        "qualities": [],
        "backgrounds": ["opaque"],
        "outputFormats": ["png", "jpeg", "webp"],
        "maxSources": 14,
        "takesMask": False,
        "prices": [
            {"quality": None, "resolution": resolution, "thinkingLevel": level, "credits": credits}
            for resolution, *prices in (("1K", 12, 18), ("2K", 12, 18), ("4K", 22, 33))
            for level, credits in zip(("default", "deep"), prices, strict=True)
        ],
        "available": True,
        "speed": "standard",
    }


def test_a_disabled_model_is_listed_as_unavailable(program: Program) -> None:
    CatalogueModel.objects.update(enabled=False)
    assert {model["available"] for model in program.get("models").json()["models"]} == {False}


@pytest.mark.parametrize(
    ("path", "field"),
    [("account?verbose=1", "verbose"), ("models?x=1", "x"), ("usage?limit=0", "limit"), ("usage?status=all", "status")],
)
def test_an_invalid_parameter_is_named(program: Program, path: str, field: str) -> None:
    response = program.get(path)
    assert status_and_code(response) == (422, "invalid_arguments")
    assert [error["field"] for error in problem(response)["errors"]] == [field]


def test_head_has_no_body(program: Program) -> None:
    response = program.request("HEAD", "account")
    assert (response.status_code, response.content) == (200, b"")


def test_the_last_use_of_a_key_is_recorded(program: Program) -> None:
    program.get("account", headers={"User-Agent": "corgi/1.0"})
    key = ApiKey.objects.get()
    assert (key.last_used_address, key.last_used_client) == ("127.0.0.1", "corgi/1.0")
