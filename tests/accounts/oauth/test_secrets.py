"""No token, code or secret is in the database, in the log or in a trace, also after requests that fail."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from tests.concurrency import eventually
from tests.infrastructure.observability.test_tracing import collector  # noqa: F401 - a fixture
from tests.mcp_gateway.agent import NO_TLS, Agent, request
from tests.web_server import Server
from tests.website.oauth import steps

pytestmark = pytest.mark.django_db(transaction=True)

STATE = "the-state-of-the-app"
# The test's own HTTP client, and uvicorn's access log, which is off in a deployment.
OTHER_LOGGERS = ("httpx", "httpcore", "uvicorn")


class Browser:
    """The browser of a signed-in person, on the real server."""

    def __init__(self, url: str, user: User) -> None:
        django = Client()
        django.force_login(user)
        self._csrf_token = "a" * 32
        cookies = {"sessionid": django.cookies["sessionid"].value, "csrftoken": self._csrf_token}
        self._http = httpx2.Client(base_url=url, cookies=cookies, verify=NO_TLS)

    def close(self) -> None:
        self._http.close()

    def approve(self, path: str) -> str:
        """Connect the app and return the code."""
        assert self._http.get(path).status_code == 200
        fields = {"name": "App", "monthly_credit_cap": "5", "allowed_models": ["openai:gpt-image-2"]}
        response = self._http.post(path, data={"csrfmiddlewaretoken": self._csrf_token, **fields})
        return parse_qs(urlsplit(response.headers["location"]).query)["code"][0]


def dump() -> str:
    """Return every row of the database as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        rows = []
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT t::text FROM {table} t")  # noqa: S608 - names of the catalogue
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows)


def test_a_sign_in_leaves_no_secret_behind(
    server: Server,
    alice: User,
    collector: list[Any],  # noqa: F811
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    browser, http = Browser(server.url, alice), httpx2.Client(base_url=server.url, verify=NO_TLS)
    metadata = {"redirect_uris": [steps.REDIRECT_URI], "token_endpoint_auth_method": "client_secret_post"}
    registered = http.post("/oauth/register", json=metadata).json()
    client = {"client_id": registered["client_id"], "client_secret": registered["client_secret"]}
    path = steps.consent_path(registered["client_id"], state=STATE)

    def token(**body: str) -> httpx2.Response:
        return http.post("/oauth/token", data={**client, **body})

    def exchange(code: str, verifier: str = steps.VERIFIER) -> httpx2.Response:
        return token(grant_type="authorization_code", code=code, code_verifier=verifier)

    codes = [browser.approve(path) for _ in range(3)]
    assert exchange(codes[0], "wrong-verifier-" * 3).status_code == 400
    pairs = [exchange(code).json() for code in codes[:2]]
    pairs += [token(grant_type="refresh_token", refresh_token=pairs[0]["refresh_token"]).json() for _ in range(2)]
    assert Agent(server.url, pairs[0]["access_token"]).send(request("ping")).status_code == 200
    account = {"Authorization": f"Bearer {pairs[0]['access_token']}"}
    assert http.get("/api/v1/account", headers=account).status_code == 401
    assert exchange(codes[1]).status_code == 400
    assert Agent(server.url, pairs[1]["access_token"]).send(request("ping")).status_code == 401
    wrong = http.post("/oauth/token", data={**client, "client_secret": "wrong-secret", "grant_type": "refresh_token"})
    assert wrong.status_code == 401
    assert http.post("/oauth/revoke", data={**client, "token": pairs[2]["access_token"]}).status_code == 200
    # A code in the path of a page that does not exist, as a client with a wrong redirect would send it.
    assert http.get(f"/callback/{codes[2]}?code={codes[2]}").status_code == 404

    http.close()
    browser.close()

    secrets = [client["client_secret"], "wrong-secret", STATE, steps.VERIFIER, *codes]
    secrets += [pair[name] for pair in pairs for name in ("access_token", "refresh_token")]
    logged = [record for record in caplog.records if not record.name.startswith(OTHER_LOGGERS)]
    names = {"POST oauth-token: 200", "GET oauth-authorize: 200", "POST oauth-authorize: 303"}
    assert names <= {record.getMessage().partition(" in ")[0] for record in logged}
    eventually(lambda: {"POST site", "POST mcp"} <= {span.name for span in collector})
    places = {
        "database": dump(),
        "log": "\n".join(str(record.__dict__) for record in logged),
        "traces": repr(collector),
    }
    assert registered["client_id"] in places["database"]
    found = [(place, secret) for place, text in places.items() for secret in secrets if secret in text]
    # Bytes are dumped in hexadecimal.
    found += [("database", secret) for secret in secrets if secret.encode().hex() in places["database"]]
    assert found == []
