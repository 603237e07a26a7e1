"""Redirect URIs as parts of a header, of a log line and of another URL."""

import logging

import pytest

from accounts.oauth import redirects
from accounts.oauth.authorization import Redirect


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example;sandbox/callback",
        "https://app.example;script-src/callback",
        "https://app.example,other/callback",
        "https://app.example'/callback",
        "https://app.example*/callback",
        "https://*.app.example/callback",
        'https://app.example"/callback',
        "https://app.example%2f.evil.example/callback",
        "https://app.example:/callback",
        "https:app.example/callback",
        "HTTP://app.example/callback",
        "app;x://callback",
        "cursor://user@host/callback",
        "cursor:",
        "https://app.example/callbäck",
        "https://app.example/\r\nSet-Cookie:a",
    ],
)
def test_a_uri_that_could_mean_something_else_in_a_header_is_refused(uri: str) -> None:
    assert not redirects.is_valid(uri)


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("https://app.example/callback", "https://app.example"),
        ("https://App.example:8443?x", "https://App.example:8443"),
        ("http://localhost:5/callback", "http://localhost:5"),
        ("http://[::1]:5/callback", "http:"),
        ("https://claude.ai/api/mcp/auth_callback", "https://claude.ai claude:"),
        ("https://claude.ai.evil.example/callback", "https://claude.ai.evil.example"),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor:"),
        ("com.example.app:/callback;x,y", "com.example.app:"),
    ],
)
def test_the_policy_gets_the_origin_or_the_scheme_only(uri: str, source: str) -> None:
    assert redirects.is_valid(uri)
    assert redirects.csp_source(uri) == source


@pytest.mark.parametrize(
    ("own", "requested", "expected"),
    [
        ("http://localhost/callback", "http://localhost:65535/callback", True),
        ("http://localhost:1/callback", "http://localhost/callback", True),
        ("http://[::1]/callback", "http://[::1]:5/callback", True),
        ("http://localhost/callback", "http://localhost:65536/callback", False),
        ("http://localhost/callback", "http://127.0.0.1/callback", False),
        ("http://localhost/callback", "http://[::1]/callback", False),
        ("http://localhost/callback", "http://localhost:5/Callback", False),
        ("http://localhost/callback", "http://localhost:5/callback/", False),
        ("http://localhost/callback", "http://localhost:5@evil.example/callback", False),
        ("http://localhost/callback", "http://localhost:5\\@evil.example/callback", False),
        ("http://localhost/callback", "http://localhost.evil.example/callback", False),
        ("http://localhost/callback", "https://localhost:5/callback", False),
        ("https://app.example/callback", "https://app.example:5/callback", False),
    ],
)
def test_only_the_port_of_loopback_is_free(own: str, requested: str, expected: bool) -> None:
    assert redirects.matches(own, requested) is expected


@pytest.mark.parametrize(
    ("uri", "name", "is_loopback", "is_app"),
    [
        ("https://App.example:8443/callback", "app.example", False, False),
        ("http://127.0.0.1:5/callback", "127.0.0.1", True, False),
        ("http://[::1]:5/callback", "::1", True, False),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor:", False, True),
    ],
)
def test_the_destination_is_named(uri: str, name: str, is_loopback: bool, is_app: bool) -> None:
    assert redirects.destination(uri) == (name, is_loopback, is_app)


@pytest.mark.parametrize(
    ("uri", "logged"),
    [
        ("https://alice:secret@app.example/secret?secret#secret", "scheme 'https', host 'app.example'"),
        ("http://app.example?secret", "scheme 'http', host 'app.example'"),
        ("data:text/html,secret", "scheme 'data', host ''"),
        ("javascript:secret()", "scheme 'javascript', host ''"),
        ("http://a\nb/secret", r"scheme 'http', host 'a\nb'"),
        (None, "scheme 'None', host ''"),
    ],
)
def test_a_refused_uri_is_logged_without_secrets(uri: object, logged: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        redirects.log_refused(uri)
    assert caplog.messages == [f"redirect URI refused: {logged}"]


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://app.example/callback", "https://app.example/callback?code=a%26b&iss="),
        ("https://app.example/callback?", "https://app.example/callback?&code=a%26b&iss="),
        ("https://app.example/callback?x=1", "https://app.example/callback?x=1&code=a%26b&iss="),
        ("app:///callback", "app:///callback?code=a%26b&iss="),
    ],
)
def test_parameters_are_appended_to_the_uri_as_it_is(uri: str, expected: str) -> None:
    assert Redirect(uri, {"code": "a&b", "state": None}).url.startswith(expected)
