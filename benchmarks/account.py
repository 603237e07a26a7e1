"""Calls of `getimages_get_account` over MCP: with an access token against a key, and against a FastMCP server.

The FastMCP server does less work.

Both servers are one uvicorn process. The same load generator calls them in turns, so that other load on the machine
affects both. The peer returns plain JSON, its faster mode, and enforces no rate limit.
"""

import base64
import contextlib
import hashlib
import secrets
import statistics
import sys
from collections.abc import Iterable, Iterator, Sequence

from accounts import api_keys
from accounts.models import OAuthClient, User
from accounts.oauth import authorization, scopes, tokens
from accounts.oauth.authorization import AuthorizationRequest
from benchmarks import load, processes
from benchmarks.results import Row
from billing import ledger
from development import launcher

CONNECTIONS = 16
ROUNDS = 9
ROUND_SECONDS = 1.5
WARM_UP_SECONDS = 1.0
# High enough never to be reached: each call still pays for counting and recording it.
RATE_LIMIT_PER_MINUTE = "1000000000"
REDIRECT_URI = "http://127.0.0.1/callback"


def measure() -> Iterator[Row]:
    """Yield the ratio of a token to a key, and the ratios to each of the peer's tools, for two protocol versions."""
    users = [_user(number) for number in range(CONNECTIONS)]
    keys = [api_keys.create(user, name="Benchmark")[1] for user in users]
    environment = {"RATE_LIMIT_PER_MINUTE": RATE_LIMIT_PER_MINUTE}
    with launcher.running(launcher.free_port(), environment) as service, _peer() as peer:
        with_keys, with_tokens = (_calls(service.url, secrets_) for secrets_ in (keys, map(_token, users)))
        ratio = _ratio(with_keys, with_tokens)
        yield Row("get_account, time with an access token against a key", ratio, "x", 1.15, "at most")
        for tool, bound, description in (
            ("empty", 1.0, "an empty tool"),
            ("account", 3.0, "the same two queries by the ORM"),
        ):
            for version in load.VERSIONS:
                service_requests = _calls(service.url, keys, version)
                peer_requests = [load.tool_call(peer, tool, key, version=version) for key in keys]
                yield Row(
                    f"get_account against FastMCP with {description}, {version}",
                    _ratio(service_requests, peer_requests),
                    "x",
                    bound,
                )


def _calls(url: str, secrets_: Iterable[str], version: str = load.VERSIONS[-1]) -> list[load.Request]:
    return [load.tool_call(f"{url}/api/mcp", "getimages_get_account", secret, version=version) for secret in secrets_]


def _ratio(service_requests: Sequence[load.Request], peer_requests: Sequence[load.Request]) -> float:
    """Return the median ratio over all rounds."""
    for requests in (service_requests, peer_requests):
        load.calls_per_second(requests, WARM_UP_SECONDS)
    return statistics.median(
        load.calls_per_second(service_requests, ROUND_SECONDS) / load.calls_per_second(peer_requests, ROUND_SECONDS)
        for _ in range(ROUNDS)
    )


def _user(number: int) -> User:
    """Create a user with credits: each connection calls as a different user."""
    user = User.objects.create_user(f"caller-{number}-{secrets.token_hex(4)}@example.com")
    ledger.grant(user.pk, amount=100, reason="Benchmark")
    return user


def _token(user: User) -> str:
    """Connect an app to the account and return an access token of it."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    client, _ = OAuthClient.objects.get_or_create(
        id="benchmark", defaults={"name": "Benchmark", "redirect_uris": [REDIRECT_URI]}
    )
    request = AuthorizationRequest(client, REDIRECT_URI, None, challenge, scopes.ALL)
    redirect = authorization.approve(
        request, user, name="Benchmark", monthly_credit_cap=None, confirm_above=None, allowed_models=None
    )
    code = redirect.parameters["code"] or ""
    return tokens.exchange_code(client, code, verifier=verifier, redirect_uri=REDIRECT_URI).access_token


@contextlib.contextmanager
def _peer() -> Iterator[str]:
    """Run the peer with the options of our own web process and yield the URL of its MCP endpoint."""
    port = launcher.free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.peer:application", "--host", launcher.HOST]
    command += ["--port", str(port), "--no-access-log", "--no-proxy-headers", "--log-level", "warning"]
    with processes.serving(command, port, {"DJANGO_SETTINGS_MODULE": "benchmarks.peer_settings"}):
        yield f"http://{launcher.HOST}:{port}/mcp"
