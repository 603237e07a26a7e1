"""Tool errors: codes, messages and precedence."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from accounts import api_keys
from accounts.models import ApiKey, User
from billing import ledger
from billing.models import CreditAccount
from images.models import CatalogueModel, Image
from tests.concurrency import eventually
from tests.database import run_sql
from tests.mcp_gateway.agent import MODEL, Agent, code_of, request, text_of, tool_call

pytestmark = pytest.mark.django_db(transaction=True)

TERMINATE_WAITING_BACKENDS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.mark.parametrize(
    ("arguments", "field", "message"),
    [
        ({"prompt": ""}, "prompt", "8,000"),
        ({"prompt": " \n\t"}, "prompt", "8,000"),
        ({"prompt": "\u200b\u202e\x01\ufdd0"}, "prompt", "visible"),
        ({"prompt": "x" * 8001}, "prompt", "8,000"),
        ({"prompt": "a\0b"}, "prompt", "NUL"),
        ({"prompt": "half \ud83d"}, "prompt", "surrogate"),
        ({"style": "\udc00"}, "style", "surrogate"),
        ({"prompt": 7}, "prompt", "8,000"),
        ({"prompt": None}, "prompt", "Required"),
        ({"modelId": "openai:dall-e"}, "modelId", "google:gemini-3-pro-image-preview"),
        ({"modelId": "x" * 101}, "modelId", "the list of models"),
        ({"modelId": None}, "modelId", "Required"),
        ({"aspectRatio": "2:1"}, "aspectRatio", "16:9"),
        ({"style": "x" * 501}, "style", "500"),
        ({"style": "\0"}, "style", "NUL"),
        ({"thinkingLevel": "deepest"}, "thinkingLevel", "deep"),
        ({"idempotencyKey": ""}, "idempotencyKey", "255"),
        ({"idempotencyKey": "a b"}, "idempotencyKey", "255"),
        ({"idempotencyKey": "x" * 256}, "idempotencyKey", "255"),
        ({"imageOutput": "half"}, "imageOutput", "preview"),
        ({"waitSeconds": 781}, "waitSeconds", "780"),
        ({"waitSeconds": -1}, "waitSeconds", "780"),
        ({"waitSeconds": "5"}, "waitSeconds", "780"),
        ({"waitSeconds": True}, "waitSeconds", "780"),
        ({"seed": 1}, "seed", "modelId"),
        ({"model_id": MODEL}, "model_id", "modelId"),
    ],
)
def test_an_invalid_argument_is_named_with_its_description(
    agent: Agent, arguments: dict[str, Any], field: str, message: str
) -> None:
    result = agent.generate(**{"prompt": "a lake", **arguments})
    assert code_of(result) == "invalid_arguments"
    assert text_of(result).startswith(f"invalid_arguments: {field}: ")
    assert message in text_of(result)
    assert not Image.objects.exists()


@pytest.mark.parametrize(
    ("tool", "arguments", "field"),
    [
        ("getimages_list_images", {"limit": 0}, "limit"),
        ("getimages_list_images", {"limit": 101}, "limit"),
        ("getimages_list_images", {"offset": -1}, "offset"),
        ("getimages_list_images", {"offset": 10**30}, "offset"),
        ("getimages_list_images", {"status": "done"}, "status"),
        ("getimages_list_usage", {"limit": 1.5}, "limit"),
        ("getimages_list_usage", {"status": "all"}, "status"),
        ("getimages_get_image", {}, "id"),
        ("getimages_get_image", {"id": "../../etc/passwd"}, "id"),
        ("getimages_get_image", {"id": "{" + "0" * 34 + "}"}, "id"),
        ("getimages_get_account", {"verbose": True}, "verbose"),
        ("getimages_list_models", {"x": 1}, "x"),
    ],
)
def test_every_tool_checks_its_arguments(agent: Agent, tool: str, arguments: dict[str, Any], field: str) -> None:
    result = agent.call(tool, **arguments)
    assert code_of(result) == "invalid_arguments"
    assert text_of(result).startswith(f"invalid_arguments: {field}: ")


def test_null_is_the_same_as_an_omitted_argument(agent: Agent) -> None:
    result = agent.generate(style=None, thinkingLevel=None, idempotencyKey=None, waitSeconds=0, imageOutput=None)
    assert code_of(result) == ""


def test_arguments_may_be_omitted_for_a_tool_without_any(agent: Agent) -> None:
    for parameters in ({"name": "getimages_get_account"}, {"name": "getimages_get_account", "arguments": None}):
        assert not agent.send(request("tools/call", parameters)).json()["result"]["isError"]


def test_insufficient_credits_names_price_balance_and_billing_page(agent: Agent, settings: Any) -> None:
    settings.SITE_URL, settings.STRIPE_SECRET_KEY = "https://images.example", "sk_live_of_the_tests"
    for _ in range(20):
        agent.generate(waitSeconds=0)
    result = agent.generate(waitSeconds=0)
    assert code_of(result) == "insufficient_credits"
    for part in ("costs 5 credits", "balance is 0", "https://images.example/dashboard/billing/"):
        assert part in text_of(result)


def test_errors_have_a_fixed_precedence(agent: Agent, alice: User, settings: Any) -> None:
    """The request has every fault at once; they are fixed one by one."""
    google = "google:gemini-3-pro-image-preview"
    agent.generate("the earlier one", waitSeconds=0, idempotencyKey="used")
    settings.MAX_RUNNING_PER_USER = 1
    ledger.grant(alice.id, amount=1, reason="to exceed the cap before the balance")
    run_sql("UPDATE accounts_apikey SET monthly_credit_cap = 5, allowed_models = ARRAY['openai:gpt-image-1.5']")
    User.objects.update(suspended_at="2026-01-01T00:00Z")
    CatalogueModel.objects.filter(model_id=MODEL).update(enabled=False)
    arguments: dict[str, Any] = {
        "prompt": "",
        "aspectRatio": "21:9",
        "thinkingLevel": "deep",
        "idempotencyKey": "used",
        "waitSeconds": 0,
    }

    def code(**fixes: Any) -> str:
        arguments.update(fixes)
        return code_of(agent.generate(**arguments))

    assert code() == "account_suspended"
    User.objects.update(suspended_at=None)
    assert code() == "invalid_arguments"
    assert code(prompt="another one") == "idempotency_conflict"
    assert code(idempotencyKey=None) == "model_unavailable"
    CatalogueModel.objects.filter(model_id=MODEL).update(enabled=True)
    assert code() == "unsupported_aspect_ratio"
    assert code(aspectRatio="1:1") == "unsupported_thinking_level"
    assert code(thinkingLevel=None) == "model_not_allowed"
    ApiKey.objects.update(allowed_models=None)
    assert code() == "too_many_running"
    settings.MAX_RUNNING_PER_USER = 0
    assert code() == "key_cap_exceeded"
    ApiKey.objects.update(monthly_credit_cap=None)
    assert code() == ""
    while code(modelId=google) == "":
        continue
    assert code() == "insufficient_credits"


def test_a_replay_is_recognised_before_every_other_check(agent: Agent, settings: Any) -> None:
    agent.generate(waitSeconds=0, idempotencyKey="once")
    settings.MAX_RUNNING_PER_USER = 1
    ApiKey.objects.update(monthly_credit_cap=1, allowed_models=[])
    CatalogueModel.objects.update(enabled=False)
    result = agent.generate(waitSeconds=0, idempotencyKey="once")
    assert result["structuredContent"]["status"] == "queued"


def test_a_model_without_a_provider_is_unavailable(agent: Agent, settings: Any) -> None:
    settings.SANDBOX_PROVIDERS, settings.OPENAI_API_KEY = "off", ""
    assert code_of(agent.generate(waitSeconds=0)) == "model_unavailable"


def test_model_not_allowed_names_the_allowed_models(agent: Agent, alice: User) -> None:
    agent.key = api_keys.create(alice, name="one", allowed_models=["openai:gpt-image-1.5"])[1]
    result = agent.generate(waitSeconds=0)
    assert code_of(result) == "model_not_allowed"
    assert "openai:gpt-image-1.5" in text_of(result)


def test_an_unexpected_error_is_an_internal_error_without_details(
    agent: Agent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    run_sql("ALTER TABLE billing_creditaccount RENAME COLUMN balance TO elsewhere")
    try:
        response = agent.send(tool_call("getimages_list_models", {}))
        generated = agent.send(tool_call("getimages_generate_image", {"prompt": "a secret prompt", "modelId": MODEL}))
    finally:
        run_sql("ALTER TABLE billing_creditaccount RENAME COLUMN elsewhere TO balance")
    assert response.json() == {"jsonrpc": "2.0", "id": 1, "error": {"code": -32603, "message": "Internal error"}}
    assert generated.json()["error"]["code"] == -32603
    assert "tool getimages_list_models failed: ProgrammingError" in caplog.text
    assert "tool getimages_list_models: failed in" in caplog.text
    assert "a secret prompt" not in caplog.text
    assert agent.key not in caplog.text


def test_a_lost_database_connection_is_unavailable_and_charges_nothing(agent: Agent, alice: User) -> None:
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            run_sql("LOCK TABLE billing_creditaccount IN EXCLUSIVE MODE")
            call = pool.submit(agent.generate, waitSeconds=0)
            eventually(terminate_waiting_backends)
        result = call.result()
    assert code_of(result) == "unavailable"
    assert result["_meta"]["getimages/error"]["retryable"]
    assert (Image.objects.count(), CreditAccount.objects.get(user=alice).balance) == (0, 100)
    assert agent.generate(waitSeconds=0)["structuredContent"]["status"] == "queued"


def terminate_waiting_backends() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(TERMINATE_WAITING_BACKENDS)
        return bool(cursor.rowcount)


def test_each_call_is_one_log_line_with_ids_and_without_prompt(
    agent: Agent, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    agent.generate("a secret prompt", waitSeconds=0)
    agent.call("getimages_get_image", id="nonsense")
    first, second = (record for record in caplog.records if record.name == "mcp_gateway.server")
    assert first.getMessage().startswith("tool getimages_generate_image: ok in ")
    ids = {name: first.__dict__[name] for name in ("user", "key", "image")}
    assert ids == {"user": str(alice.id), "key": str(ApiKey.objects.get().id), "image": str(Image.objects.get().id)}
    assert second.getMessage().startswith("tool getimages_get_image: invalid_arguments in ")
    assert "a secret" not in caplog.text
    assert "nonsense" not in caplog.text
    assert agent.key not in caplog.text
