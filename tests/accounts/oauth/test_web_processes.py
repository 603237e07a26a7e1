"""Two web processes share codes and tokens."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import httpx2
import pytest

from accounts.models import ApiKey, OAuthClient, OAuthToken, User
from tests.accounts.oauth import steps
from tests.mcp_gateway.agent import NO_TLS, Agent, request
from tests.mcp_gateway.processes import web

pytestmark = pytest.mark.django_db(transaction=True)

PARALLEL = 8


@pytest.fixture
def urls() -> Iterator[list[str]]:
    """The URLs of two web processes."""
    with web("uvicorn") as first, web("uvicorn") as second:
        yield [first.url, second.url]


def post_at_once(urls: list[str], body: dict[str, str]) -> list[httpx2.Response]:
    """Post the same body eight times at once to the token endpoints, to one process and the other in turn."""
    targets = [url for url, _ in zip(cycle(urls), range(PARALLEL), strict=False)]
    with ThreadPoolExecutor(PARALLEL) as threads, httpx2.Client(timeout=60, verify=NO_TLS) as http:
        return list(threads.map(lambda url: http.post(f"{url}/oauth/token", data=body), targets))


def statuses(urls: list[str], access_tokens: list[str]) -> set[int]:
    """Return the statuses of a call with each token to each process."""
    return {Agent(url, token).send(request("ping")).status_code for url in urls for token in access_tokens}


def test_tokens_and_codes_of_one_process_are_those_of_the_other(urls: list[str], alice: User) -> None:
    client: OAuthClient = steps.create_client()
    pair = steps.connect(alice, client)

    refreshed = post_at_once(
        urls, {"grant_type": "refresh_token", "client_id": client.pk, "refresh_token": pair.refresh_token}
    )
    assert [response.status_code for response in refreshed] == [200] * PARALLEL
    access_tokens = [response.json()["access_token"] for response in refreshed]
    assert len({*access_tokens, pair.access_token}) == PARALLEL + 1
    assert statuses(urls, [pair.access_token, *access_tokens]) == {200}

    exchanged = post_at_once(
        urls,
        {
            "grant_type": "authorization_code",
            "client_id": client.pk,
            "code": steps.new_code(alice, client),
            "code_verifier": steps.VERIFIER,
        },
    )
    codes = sorted(response.status_code for response in exchanged)
    assert codes == [200, *[400] * (PARALLEL - 1)]
    stolen = next(response.json()["access_token"] for response in exchanged if response.status_code == 200)
    assert statuses(urls, [stolen]) == {401}
    # The other sign-in of the same app continues.
    assert statuses(urls, access_tokens) == {200}
    assert OAuthToken.objects.values("chain").distinct().count() == 1
    assert ApiKey.objects.get().is_live
