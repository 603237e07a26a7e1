"""Errors of the REST API as problem documents."""

from typing import Any

import httpx2
import pytest

from accounts import api_keys
from accounts.models import ApiKey, User
from images.models import Image
from tests.api.program import PATH, Program, problem, status_and_code
from tests.database import run_sql
from tests.factories import MODEL

pytestmark = pytest.mark.django_db(transaction=True)

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("authorization", "code"),
    [(None, "missing_key"), ("Basic YTpi", "missing_key"), ("Bearer sk_x", "invalid_key")],
)
def test_a_request_without_a_valid_key_is_401_with_a_challenge(
    program: Program, authorization: str | None, code: str
) -> None:
    response = program.get("account", headers={"Authorization": authorization})
    assert status_and_code(response) == (401, code)
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("field", "code"), [("revoked_at", "revoked_key"), ("expires_at", "expired_key")])
def test_a_revoked_or_expired_key_has_its_own_code(program: Program, field: str, code: str) -> None:
    ApiKey.objects.update(**{field: "2026-01-01T00:00Z"})
    assert status_and_code(program.get("account")) == (401, code)


def test_a_suspended_account_is_rejected_everywhere(program: Program) -> None:
    User.objects.update(suspended_at="2026-01-01T00:00Z")
    for response in (program.get("account"), program.get("images"), program.create(), program.delete("images/x")):
        assert status_and_code(response) == (403, "account_suspended")


def test_every_invalid_field_is_named(program: Program) -> None:
    document = problem(program.create("", aspectRatio="2:1", seed=1, headers={"Idempotency-Key": "two words"}))
    assert (document["status"], document["code"]) == (422, "invalid_arguments")
    assert [error["field"] for error in document["errors"]] == ["prompt", "aspectRatio", "Idempotency-Key", "seed"]
    assert all(error["detail"] in document["detail"] for error in document["errors"])


def test_at_most_ten_unknown_fields_are_named(program: Program) -> None:
    unknown: dict[str, Any] = {f"x{number}": 1 for number in range(5000)}
    assert len(problem(program.create(**unknown))["errors"]) == 10


@pytest.mark.parametrize("body", ["", "{", "[", "[" * 100_000, '{"prompt": NaN}', "{'prompt': 1}", "\ufeff{}", '"\xff'])
def test_a_body_that_is_not_json_is_rejected(program: Program, body: str) -> None:
    response = program.post("images", content=body.encode("latin-1", "replace"), headers=JSON)
    assert status_and_code(response) == (400, "malformed_json")


@pytest.mark.parametrize("body", ["[]", "null", "7", '"text"'])
def test_json_that_is_not_an_object_is_rejected(program: Program, body: str) -> None:
    document = problem(program.post("images", content=body, headers=JSON))
    assert (document["status"], [error["field"] for error in document["errors"]]) == (422, ["body"])


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", None])
def test_another_media_type_is_rejected(program: Program, media_type: str | None) -> None:
    body = f'{{"prompt": "a lake", "modelId": "{MODEL}"}}'
    assert status_and_code(program.post("images", content=body, headers={"Content-Type": media_type})) == (
        415,
        "unsupported_media_type",
    )


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_rejected(program: Program, chunked: bool) -> None:
    body = b'{"prompt": "' + b"x" * 1024 * 1024 + b'"}'
    content = iter([body[:1000], body[1000:]]) if chunked else body
    assert status_and_code(program.post("images", content=content, headers=JSON)) == (413, "too_large")


def test_a_chunked_body_is_read(program: Program) -> None:
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
def test_an_unsupported_method_is_405_with_allow(program: Program, method: str, path: str, allowed: str) -> None:
    response = program.request(method, path)
    assert status_and_code(response) == (405, "method_not_allowed")
    assert response.headers["Allow"] == allowed


@pytest.mark.parametrize("path", ["", "nothing", "images/", "images/a/b/c", "%00", "x%0A"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_an_unknown_path_is_not_found(program: Program, method: str, path: str) -> None:
    assert status_and_code(program.request(method, path)) == (404, "not_found")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/png", "nonsense"])
def test_the_response_is_json_regardless_of_accept(program: Program, accept: str) -> None:
    response = program.get("account", headers={"Accept": accept})
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")


def test_responses_are_not_cached(program: Program) -> None:
    for response in (program.get("account"), program.get("images/x")):
        assert response.headers["Cache-Control"] == "no-store"


def test_an_unexpected_error_is_500_without_details(program: Program, caplog: pytest.LogCaptureFixture) -> None:
    run_sql("ALTER TABLE billing_creditaccount RENAME COLUMN balance TO elsewhere")
    try:
        response = program.create("a secret prompt")
    finally:
        run_sql("ALTER TABLE billing_creditaccount RENAME COLUMN elsewhere TO balance")
    assert status_and_code(response) == (500, "internal_error")
    assert "ProgrammingError" in caplog.text
    for text in (response.text, caplog.text):
        assert "a secret prompt" not in text
        assert program.key not in text


def test_prompts_keys_and_addresses_stay_out_of_the_log(program: Program, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="api")
    program.create("a secret prompt", headers={"Prefer": "respond-async"})
    httpx2.get(f"{program.url}{PATH}images?prompt=whispered", headers={"Authorization": f"Bearer {program.key}"})
    log = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("api"))
    assert "POST api-images: 202" in log
    assert any(getattr(record, "image", None) == str(Image.objects.get().id) for record in caplog.records)
    for secret in ("a secret prompt", "whispered", program.key):
        assert secret not in log


def test_model_not_allowed_names_the_allowed_models(program: Program, alice: User) -> None:
    program.key = api_keys.create(alice, name="One", allowed_models=["openai:gpt-image-1.5"])[1]
    document = problem(program.create())
    assert (document["status"], document["code"]) == (403, "model_not_allowed")
    assert "openai:gpt-image-1.5" in document["detail"]


@pytest.mark.parametrize("limit", [1])
def test_too_many_unfinished_images_is_429_with_retry_after(program: Program, settings: Any, limit: int) -> None:
    settings.MAX_RUNNING_PER_USER = limit
    program.queue()
    response = program.queue()
    assert status_and_code(response) == (429, "too_many_running")
    assert response.headers["Retry-After"] == "10"


@pytest.mark.parametrize("code", ["not_found", "method_not_allowed", "internal_error", "insufficient_credits"])
def test_the_type_of_a_problem_links_to_a_row_of_the_page(program: Program, code: str) -> None:
    page = httpx2.get(f"{program.url}/docs/api").text
    assert page.count(f'id="{code}"') == 1
