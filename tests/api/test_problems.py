"""Errors of the REST API as problem documents."""

from typing import Any

import httpx2
import pytest

from accounts import api_keys
from accounts.models import ApiKey, User
from images.models import Image
from tests.api.program import PATH, Program, problem, refusal
from tests.database import run_sql
from tests.factories import MODEL

pytestmark = pytest.mark.django_db(transaction=True)

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("authorization", "code"),
    [(None, "missing_key"), ("Basic YTpi", "missing_key"), ("Bearer sk_x", "invalid_key")],
)
def test_a_request_without_a_good_key_is_told_how_to_send_one(
    program: Program, authorization: str | None, code: str
) -> None:
    answer = program.get("account", headers={"Authorization": authorization})
    assert refusal(answer) == (401, code)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("field", "code"), [("revoked_at", "revoked_key"), ("expires_at", "expired_key")])
def test_a_key_that_was_good_once_is_told_apart(program: Program, field: str, code: str) -> None:
    ApiKey.objects.update(**{field: "2026-01-01T00:00Z"})
    assert refusal(program.get("account")) == (401, code)


def test_a_suspended_account_may_do_nothing(program: Program) -> None:
    User.objects.update(suspended_at="2026-01-01T00:00Z")
    for answer in (program.get("account"), program.get("images"), program.create(), program.delete("images/x")):
        assert refusal(answer) == (403, "account_suspended")


def test_every_wrong_field_is_named(program: Program) -> None:
    facts = problem(program.create("", aspectRatio="2:1", seed=1, headers={"Idempotency-Key": "two words"}))
    assert (facts["status"], facts["code"]) == (422, "invalid_arguments")
    assert [error["field"] for error in facts["errors"]] == ["prompt", "aspectRatio", "Idempotency-Key", "seed"]
    assert all(error["detail"] in facts["detail"] for error in facts["errors"])


def test_thousands_of_unknown_fields_are_not_all_repeated(program: Program) -> None:
    unknown: dict[str, Any] = {f"x{number}": 1 for number in range(5000)}
    assert len(problem(program.create(**unknown))["errors"]) == 10


@pytest.mark.parametrize("body", ["", "{", "[", "[" * 100_000, '{"prompt": NaN}', "{'prompt': 1}", "\ufeff{}", '"\xff'])
def test_a_body_that_is_no_json_is_refused(program: Program, body: str) -> None:
    answer = program.post("images", content=body.encode("latin-1", "replace"), headers=JSON)
    assert refusal(answer) == (400, "malformed_json")


@pytest.mark.parametrize("body", ["[]", "null", "7", '"text"'])
def test_json_that_is_no_object_is_refused(program: Program, body: str) -> None:
    facts = problem(program.post("images", content=body, headers=JSON))
    assert (facts["status"], [error["field"] for error in facts["errors"]]) == (422, ["body"])


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", None])
def test_another_kind_of_body_is_refused(program: Program, media_type: str | None) -> None:
    body = f'{{"prompt": "a lake", "modelId": "{MODEL}"}}'
    assert refusal(program.post("images", content=body, headers={"Content-Type": media_type})) == (
        415,
        "unsupported_media_type",
    )


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_long_is_refused(program: Program, chunked: bool) -> None:
    body = b'{"prompt": "' + b"x" * 1024 * 1024 + b'"}'
    content = iter([body[:1000], body[1000:]]) if chunked else body
    assert refusal(program.post("images", content=content, headers=JSON)) == (413, "too_large")


def test_a_body_in_chunks_is_read(program: Program) -> None:
    body = f'{{"prompt": "a lake", "modelId": "{MODEL}"}}'.encode()
    headers = {**JSON, "Prefer": "respond-async"}
    assert program.post("images", content=iter([body[:10], body[10:]]), headers=headers).status_code == 202


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "images", "GET, POST, HEAD"),
        ("OPTIONS", "account", "GET, HEAD"),
        ("TRACE", "usage", "GET, HEAD"),
        ("POST", "images/x", "GET, DELETE, HEAD"),
        ("GET", "images/x/cancel", "POST"),
    ],
)
def test_another_method_is_told_what_there_is(program: Program, method: str, path: str, allowed: str) -> None:
    answer = program.request(method, path)
    assert refusal(answer) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize("path", ["", "nothing", "images/", "images/a/b/c", "%00", "x%0A"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_an_address_that_is_none_is_not_found(program: Program, method: str, path: str) -> None:
    assert refusal(program.request(method, path)) == (404, "not_found")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/png", "nonsense"])
def test_whatever_is_accepted_the_answer_is_json(program: Program, accept: str) -> None:
    answer = program.get("account", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


def test_no_cache_keeps_an_answer(program: Program) -> None:
    for answer in (program.get("account"), program.get("images/x")):
        assert answer.headers["Cache-Control"] == "no-store"


def test_what_nobody_expected_tells_nothing(program: Program, caplog: pytest.LogCaptureFixture) -> None:
    run_sql("ALTER TABLE billing_creditaccount RENAME COLUMN balance TO elsewhere")
    try:
        answer = program.create("a secret wish")
    finally:
        run_sql("ALTER TABLE billing_creditaccount RENAME COLUMN elsewhere TO balance")
    assert refusal(answer) == (500, "internal_error")
    assert "ProgrammingError" in caplog.text
    for told in (answer.text, caplog.text):
        assert "a secret wish" not in told
        assert program.key not in told


def test_prompts_keys_and_addresses_stay_out_of_the_log(program: Program, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="api")
    program.create("a secret wish", headers={"Prefer": "respond-async"})
    httpx2.get(f"{program.url}{PATH}images?prompt=whispered", headers={"Authorization": f"Bearer {program.key}"})
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("api"))
    assert "POST api-images: 202" in ours
    assert any(getattr(record, "image", None) == str(Image.objects.get().id) for record in caplog.records)
    for secret in ("a secret wish", "whispered", program.key):
        assert secret not in ours


def test_a_key_that_may_use_some_models_names_them(program: Program, alice: User) -> None:
    program.key = api_keys.create(alice, name="One", allowed_models=["openai:gpt-image-1.5"])[1]
    facts = problem(program.create())
    assert (facts["status"], facts["code"]) == (403, "model_not_allowed")
    assert "openai:gpt-image-1.5" in facts["detail"]


@pytest.mark.parametrize("limit", [1])
def test_too_many_unfinished_images_are_told_when_to_come_back(program: Program, settings: Any, limit: int) -> None:
    settings.MAX_RUNNING_PER_USER = limit
    program.queue()
    answer = program.queue()
    assert refusal(answer) == (429, "too_many_running")
    assert answer.headers["Retry-After"] == "10"


@pytest.mark.parametrize("code", ["not_found", "method_not_allowed", "internal_error", "insufficient_credits"])
def test_the_link_of_a_problem_leads_to_a_row_of_the_page(program: Program, code: str) -> None:
    page = httpx2.get(f"{program.url}/docs/api").text
    assert page.count(f'id="{code}"') == 1
