"""Assertions, which a client may sign instead of sending nothing."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from django.conf import settings as configured
from django.utils import timezone

from accounts.models import OAuthClient
from accounts.oauth import clients
from accounts.oauth.errors import OAuthError

pytestmark = pytest.mark.django_db

CLIENT_ID = "https://app.example/client.json"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
JWKS = {
    "keys": [
        {**jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True), "kid": "ec"},
        {**jwt.algorithms.RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True), "kid": "rsa"},
    ]
}


@pytest.fixture
def client() -> OAuthClient:
    far = timezone.now() + timedelta(days=1)
    return OAuthClient.objects.create(id=CLIENT_ID, name="App", redirect_uris=["x:y"], keys=JWKS, fresh_until=far)


def sign(key: PrivateKeyTypes | str, algorithm: str, kid: str | None, **changes: Any) -> str:
    claims = {
        "iss": CLIENT_ID,
        "sub": CLIENT_ID,
        "aud": configured.SITE_URL,
        "jti": "1",
        "exp": timezone.now() + timedelta(minutes=5),
        **changes,
    }
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, key, algorithm=algorithm, headers={"kid": kid} if kid else None)  # type: ignore[arg-type]


def authenticate(assertion: str) -> OAuthClient:
    return clients.authenticate(CLIENT_ID, secret=None, assertion=assertion)


@pytest.mark.parametrize("audience", [configured.SITE_URL, f"{configured.SITE_URL}/oauth/token"])
def test_a_signed_assertion_is_accepted(client: OAuthClient, audience: str) -> None:
    assert authenticate(sign(EC_KEY, "ES256", "ec", aud=audience, jti="a")) == client
    assert authenticate(sign(RSA_KEY, "RS256", "rsa", aud=[audience], jti="b")) == client


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example/"},
        {"sub": "https://other.example/"},
        {"aud": "https://other.example/"},
        {"exp": 1},
        {"exp": timezone.now() + timedelta(days=2)},
        {"nbf": timezone.now() + timedelta(hours=1)},
        *({name: None} for name in ("iss", "sub", "aud", "jti", "exp")),
    ],
)
def test_an_assertion_with_other_claims_is_refused(client: OAuthClient, changes: dict[str, Any]) -> None:
    with pytest.raises(OAuthError) as caught:
        authenticate(sign(EC_KEY, "ES256", "ec", **changes))
    assert (caught.value.code, caught.value.status) == ("invalid_client", 401)


def test_an_assertion_that_the_client_did_not_sign_is_refused(client: OAuthClient) -> None:
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        short = sign("short", "HS256", "ec")
    forged = [
        sign(OTHER_KEY, "ES256", "ec"),
        sign(EC_KEY, "ES256", "rsa"),
        sign(EC_KEY, "ES256", "unknown"),
        sign(EC_KEY, "ES256", None),
        sign(RSA_KEY, "RS512", "rsa"),
        short,
        jwt.encode({"iss": CLIENT_ID, "sub": CLIENT_ID, "jti": "1"}, "", algorithm="none", headers={"kid": "ec"}),
        "nonsense",
        "a.b.c",
        "",
    ]
    for assertion in forged:
        with pytest.raises(OAuthError, match="assertion is invalid"):
            authenticate(assertion)


def test_an_assertion_works_once(client: OAuthClient) -> None:
    assertion = sign(EC_KEY, "ES256", "ec")
    authenticate(assertion)
    with pytest.raises(OAuthError, match="already used"):
        authenticate(assertion)
    assert authenticate(sign(EC_KEY, "ES256", "ec", jti="2")) == client


@pytest.mark.parametrize("keys", [{"keys": []}, {"keys": "x"}, {"keys": ["x"]}, {"keys": [{"kty": "oct"}]}, {"a": 1}])
def test_unusable_keys_refuse_every_assertion(client: OAuthClient, keys: Any) -> None:
    OAuthClient.objects.update(keys=keys)
    with pytest.raises(OAuthError, match="assertion is invalid"):
        authenticate(sign(EC_KEY, "ES256", "ec"))


def test_without_known_keys_a_client_is_public_whatever_it_sends(client: OAuthClient) -> None:
    OAuthClient.objects.update(keys=None)
    assert authenticate(sign(EC_KEY, "ES256", "ec")) == client
    assert clients.authenticate(CLIENT_ID, secret=None) == client
