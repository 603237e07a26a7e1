"""Errors have OpenAI's shape and become the exceptions of its SDK."""

from typing import Any

import httpx2
import openai
import pytest

from accounts import api_keys
from accounts.models import User
from billing import ledger
from images.catalogue import availability
from images.models import Image
from tests.factories import MODEL, balance
from tests.images.providers.responses import status
from tests.images.providers.stand_in import ProviderStandIn
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)


def generate(client: openai.OpenAI, **parameters: Any) -> openai.APIStatusError:
    """Send a request that fails, and return the exception of the SDK."""
    with pytest.raises(openai.APIStatusError) as raised:
        client.images.generate(**{"model": MODEL, "prompt": "a quiet lake", **parameters})
    return raised.value


def described(error: openai.APIStatusError) -> tuple[type, int, str | None, str | None, str | None]:
    return type(error), error.status_code, error.type, error.code, error.param


@pytest.mark.parametrize(
    ("parameters", "param", "message"),
    [
        ({"prompt": " "}, "prompt", "Must contain visible text"),
        ({"n": 5}, "n", "Must be at most 4"),
        ({"quality": "max"}, "quality", "low"),
        ({"size": "large"}, "size", "1536x1024"),
        ({"background": "blue"}, "background", "transparent"),
        ({"output_format": "gif"}, "output_format", "Must be"),
        ({"output_compression": 50}, "output_compression", "omit"),
        ({"background": "transparent", "output_format": "jpeg"}, "output_format", "JPEG can't be transparent"),
        ({"stream": True}, "stream", "Streaming isn't supported"),
        ({"partial_images": 1}, "partial_images", "Streaming isn't supported"),
        ({"extra_body": {"seed": 1}}, "seed", "Unknown argument. Accepted arguments: model, prompt"),
        ({"extra_headers": {"Idempotency-Key": "a" * 251}}, "Idempotency-Key", "at most 250 characters"),
    ],
)
def test_an_invalid_parameter_is_a_bad_request_that_names_it(
    sdk: openai.OpenAI, parameters: dict[str, Any], param: str, message: str
) -> None:
    error = generate(sdk, **parameters)
    expected = (openai.BadRequestError, 400, "invalid_request_error", "invalid_arguments", param)
    assert described(error) == expected
    assert message in error.message
    assert not Image.objects.exists()


def test_an_option_that_the_model_lacks_is_a_bad_request(sdk: openai.OpenAI) -> None:
    error = generate(sdk, background="transparent")
    expected = (openai.BadRequestError, 400, "invalid_request_error", "unsupported_option", "background")
    assert described(error) == expected
    assert "openai:gpt-image-2.5-flare" in error.message


def test_an_unknown_model_is_not_found(sdk: openai.OpenAI) -> None:
    error = generate(sdk, model="dall-e-3")
    assert described(error) == (openai.NotFoundError, 404, "invalid_request_error", "model_not_found", "model")


def test_a_model_that_the_key_may_not_use_is_denied(base_url: str, alice: User) -> None:
    secret = api_keys.create(alice, name="One model", allowed_models=["google:gemini-2.5-flash-image"])[1]
    error = generate(openai.OpenAI(base_url=base_url, api_key=secret))
    assert described(error) == (openai.PermissionDeniedError, 403, "permission_error", "model_not_allowed", None)


def test_an_invalid_key_is_an_authentication_error(base_url: str, db: None) -> None:
    error = generate(openai.OpenAI(base_url=base_url, api_key="sk_mistyped"))
    assert described(error) == (openai.AuthenticationError, 401, "authentication_error", "invalid_key", None)


def test_a_missing_key_is_an_authentication_error(base_url: str, db: None) -> None:
    # The SDK sends no request without a key.
    response = httpx2.get(f"{base_url}/models")
    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (401, "authentication_error", "missing_key")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_low_balance_is_insufficient_quota_and_not_repeated(sdk: openai.OpenAI, alice: User) -> None:
    ledger.adjust(alice.pk, amount=-98, reason="spent")
    error = generate(sdk)
    expected = (openai.RateLimitError, 429, "insufficient_quota", "insufficient_credits", None)
    assert described(error) == expected
    assert error.response.headers["X-Should-Retry"] == "false"
    assert error.response.request.headers["x-stainless-retry-count"] == "0"


def test_the_monthly_cap_of_a_key_is_insufficient_quota(base_url: str, alice: User) -> None:
    secret = api_keys.create(alice, name="Small", monthly_credit_cap=4)[1]
    error = generate(openai.OpenAI(base_url=base_url, api_key=secret))
    assert described(error) == (openai.RateLimitError, 429, "insufficient_quota", "key_cap_exceeded", None)


def test_the_rate_limit_is_a_rate_limit_error_with_retry_after(sdk: openai.OpenAI, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 1
    sdk.models.list()
    with pytest.raises(openai.RateLimitError) as raised:
        sdk.with_options(max_retries=0).models.list()
    assert described(raised.value) == (openai.RateLimitError, 429, "rate_limit_error", "rate_limited", None)
    headers = raised.value.response.headers
    assert 1 <= int(headers["Retry-After"]) <= 60
    assert "X-Should-Retry" not in headers
    assert headers["RateLimit"].startswith('"default";r=0;')


def test_an_unavailable_model_is_a_server_error(sdk: openai.OpenAI) -> None:
    availability.set_enabled(MODEL, enabled=False)
    error = generate(sdk.with_options(max_retries=0))
    assert described(error) == (openai.InternalServerError, 503, "server_error", "model_unavailable", None)


def test_a_rejected_prompt_is_a_bad_request_and_refunded(sdk: openai.OpenAI, alice: User, worker: WorkerThread) -> None:
    error = generate(sdk, prompt="[sandbox:moderation]")
    expected = (openai.BadRequestError, 400, "invalid_request_error", "moderation_rejected", None)
    assert described(error) == expected
    headers = error.response.headers
    assert (headers["X-Credits-Charged"], headers["X-Credits-Remaining"], balance(alice)) == ("0", "100", 100)


def test_a_failure_of_the_provider_is_a_server_error(sdk: openai.OpenAI, alice: User, worker: WorkerThread) -> None:
    error = generate(sdk, prompt="[sandbox:fail]")
    assert described(error) == (openai.InternalServerError, 502, "server_error", "provider_error", None)
    assert (Image.objects.count(), balance(alice)) == (1, 100)


def test_the_images_that_were_made_are_listed(
    sdk: openai.OpenAI, alice: User, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    provider.respond_with(status(400))
    error = generate(sdk, n=2)
    made = Image.objects.get(status="succeeded")
    assert f"These images were generated and charged: {made.id}." in error.message
    headers = error.response.headers
    assert (headers["X-Credits-Charged"], headers["X-Credits-Remaining"]) == ("5", "95")
    assert len(headers["X-Image-Ids"].split(", ")) == 2
    assert headers["X-Should-Retry"] == "false"


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "images/variations", (404, "not_found")),
        ("GET", "images/edits", (405, "method_not_allowed")),
        ("POST", "chat/completions", (404, "not_found")),
        ("GET", "images/generations", (405, "method_not_allowed")),
    ],
)
def test_other_endpoints_do_not_exist(
    base_url: str, alices_key: str, method: str, path: str, expected: tuple[int, str]
) -> None:
    headers = {"Authorization": f"Bearer {alices_key}"}
    response = httpx2.request(method, f"{base_url}/{path}", headers=headers)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == expected
    assert error.keys() == {"message", "type", "param", "code"}


def test_a_variation_is_not_found(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="POST images/edits"):
        sdk.post("/images/variations", cast_to=object, body={})


@pytest.mark.parametrize(
    ("body", "media_type", "expected"),
    [
        (b"{", "application/json", (400, "malformed_json")),
        (b"{}", "text/plain", (415, "unsupported_media_type")),
        (b" " * 1_048_577, "application/json", (413, "too_large")),
    ],
)
def test_a_body_that_is_not_json_is_refused(
    base_url: str, alices_key: str, body: bytes, media_type: str, expected: tuple[int, str]
) -> None:
    headers = {"Authorization": f"Bearer {alices_key}", "Content-Type": media_type}
    response = httpx2.post(f"{base_url}/images/generations", content=body, headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == expected


def test_a_request_to_an_unknown_host_has_an_error_of_this_shape(base_url: str, db: None) -> None:
    response = httpx2.get(f"{base_url}/models", headers={"Host": "unknown.example"})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "bad_request")
