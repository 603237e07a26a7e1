"""A local server in place of Google and GitHub, which confirms the identity of one test user."""

import json
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import jwt

from tests.http_server import HttpServer

GOOGLE_ID = "google-id"


class IdentityProviders(HttpServer):
    """Both providers on 127.0.0.1. With `email` set to None, GitHub returns no address."""

    def __init__(self) -> None:
        super().__init__(self._handler())
        self.email: str | None = "new@example.com"
        self.is_down = False

    def response_body(self, path: str) -> Any:
        """Return the JSON of an endpoint: a token, a profile or the user's addresses."""
        if path == "/github/emails":
            return [{"email": self.email, "primary": True, "verified": True}] if self.email else []
        if path == "/github/user":
            return {"id": 583231, "login": "octocat", "email": None}
        token = {"access_token": "a-token", "token_type": "bearer", "scope": "user:email"}
        return token | ({"id_token": self._id_token()} if path == "/google/token" else {})

    def _id_token(self) -> str:
        now = int(time.time())
        claims = {"iss": "https://accounts.google.com", "aud": GOOGLE_ID, "iat": now, "exp": now + 60}
        profile = {"sub": "1069", "email": self.email, "email_verified": True}
        # django-allauth does not verify the signature of a token that it received from Google over TLS.
        return jwt.encode(claims | profile, "k" * 32, algorithm="HS256")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        providers = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = json.dumps(providers.response_body(self.path)).encode()
                self.send_response(503 if providers.is_down else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: Any) -> None: ...

        return Handler
