"""Read and validate every environment variable. They are documented in docs/configuration.md."""

import re
import secrets
import sys
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from environs import Env, EnvError, validate

from infrastructure.local_state import read_secret, write_secret

BASE_DIR = Path(__file__).resolve().parents[2]

env = Env()
env.read_env(BASE_DIR / ".env", recurse=False)


def stop(problem: object) -> None:
    """Exit with a one-line message that names the variable, instead of a traceback."""
    sys.exit(f"Configuration: {problem}")


def origin(variable: str, value: str) -> str:
    """Validate an origin such as https://images.example, and return it without a trailing slash."""
    if not value.startswith(("http://", "https://")) or value.count("/") > 2 + value.endswith("/"):
        stop(f"{variable} must be an origin such as https://images.example, not {value!r}")
    return value.rstrip("/")


def page(variable: str, value: str) -> str:
    """Validate the URL of a page of the operator; empty if there is none."""
    if value and not (value.startswith(("http://", "https://")) and urlsplit(value).hostname):
        stop(f"{variable} must be a URL such as https://images.example/terms, not {value!r}")
    return value


def text_file(variable: str, value: str, url: str) -> str:
    """Validate the path of a text file of the operator, which replaces the page at a URL; empty if there is none."""
    if value and url:
        stop(f"{variable} and {variable.removesuffix('FILE')}URL exclude each other: set one of them")
    try:
        if value:
            Path(value).read_text(encoding="utf-8")
    except (OSError, ValueError):
        stop(f"{variable} must be the path of a readable text file in UTF-8, not {value!r}")
    return value


def email_address(variable: str, value: str) -> str:
    """Validate an email address; empty if there is none."""
    if value and not re.fullmatch(r"[^@\s<>?&]+@[^@\s<>?&]+\.[^@\s<>?&]+", value):
        stop(f"{variable} must be an email address such as support@images.example, not {value!r}")
    return value


def networks(variable: str, values: list[str]) -> list[IPv4Network | IPv6Network]:
    """Parse addresses and networks such as 10.0.0.0/8."""
    try:
        return [ip_network(value.strip(), strict=False) for value in values]
    except ValueError:
        stop(
            f"{variable} must be a list of addresses or networks such as 127.0.0.1,10.0.0.0/8, not {','.join(values)!r}"
        )
        return []


try:
    # The site
    DEBUG = env.bool("DEBUG", default=False)
    PORT = env.int("PORT", default=8000, validate=validate.Range(1, 65535))
    SITE_URL = origin("SITE_URL", env.str("SITE_URL", default=f"http://127.0.0.1:{PORT}"))
    SECRET_KEY = env.str("SECRET_KEY", default="")
    SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if DEBUG else [])
    TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0, validate=validate.Range(0, 10))
    TERMS_URL = page("TERMS_URL", env.str("TERMS_URL", default=""))
    PRIVACY_URL = page("PRIVACY_URL", env.str("PRIVACY_URL", default=""))
    TERMS_FILE = text_file("TERMS_FILE", env.str("TERMS_FILE", default=""), TERMS_URL)
    PRIVACY_FILE = text_file("PRIVACY_FILE", env.str("PRIVACY_FILE", default=""), PRIVACY_URL)
    SUPPORT_URL = page("SUPPORT_URL", env.str("SUPPORT_URL", default=""))
    SUPPORT_EMAIL = email_address("SUPPORT_EMAIL", env.str("SUPPORT_EMAIL", default=""))
    EMAIL_URL = env.str("EMAIL_URL", default="")
    EMAIL: dict[str, Any] = env.dj_email_url("EMAIL_URL", default="console://")

    # The database
    # Empty selects the embedded server, which config/settings/database.py starts.
    configured_database_url = env.str("DATABASE_URL", default="")
    DATABASE_DIRECT_URL = env.str("DATABASE_DIRECT_URL", default="")

    # Providers
    OPENAI_API_KEY = env.str("OPENAI_API_KEY", default="")
    OPENAI_BASE_URL = env.str("OPENAI_BASE_URL", default="https://api.openai.com/v1")
    GEMINI_API_KEY = env.str("GEMINI_API_KEY", default="")
    GOOGLE_GEMINI_BASE_URL = env.str("GOOGLE_GEMINI_BASE_URL", default="https://generativelanguage.googleapis.com")
    SANDBOX_PROVIDERS = env.str(
        "SANDBOX_PROVIDERS", default="auto" if DEBUG else "off", validate=validate.OneOf(["auto", "on", "off"])
    )

    # Sign-in
    GOOGLE_CLIENT_ID = env.str("GOOGLE_CLIENT_ID", default="")
    GOOGLE_CLIENT_SECRET = env.str("GOOGLE_CLIENT_SECRET", default="")
    GITHUB_CLIENT_ID = env.str("GITHUB_CLIENT_ID", default="")
    GITHUB_CLIENT_SECRET = env.str("GITHUB_CLIENT_SECRET", default="")
    OAUTH_CLIENT_METADATA_DOCUMENTS = env.bool("OAUTH_CLIENT_METADATA_DOCUMENTS", default=True)
    SIGNUP_CREDITS = env.int("SIGNUP_CREDITS", default=0, validate=validate.Range(0, 1_000_000))

    # Metrics
    metrics_allowed: list[str] = env.list("METRICS_ALLOWED", default=["127.0.0.0/8", "::1"])
    METRICS_ALLOWED = networks("METRICS_ALLOWED", metrics_allowed)
    WORKER_METRICS_PORT = env.int("WORKER_METRICS_PORT", default=0, validate=validate.Range(0, 65535))

    # Staff
    STAFF_REQUIRE_MFA = env.bool("STAFF_REQUIRE_MFA", default=not DEBUG)
    SUPPORT_GRANT_MAX = env.int("SUPPORT_GRANT_MAX", default=500, validate=validate.Range(min=0))

    # Payments
    STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
    STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
    STRIPE_API_BASE = origin("STRIPE_API_BASE", env.str("STRIPE_API_BASE", default="https://api.stripe.com"))

    # Storage
    S3_BUCKET = env.str("S3_BUCKET", default="")
    S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", default="")
    S3_REGION = env.str("S3_REGION", default="")
    S3_PREFIX = env.str("S3_PREFIX", default="")

    # Requests to user-supplied URLs
    OUTBOUND_ALLOW_LOOPBACK = env.bool("OUTBOUND_ALLOW_LOOPBACK", default=DEBUG)

    # Limits
    RATE_LIMIT_PER_MINUTE = env.int("RATE_LIMIT_PER_MINUTE", default=60, validate=validate.Range(min=0))
    MCP_RATE_LIMIT_STATUS = env.int("MCP_RATE_LIMIT_STATUS", default=401, validate=validate.OneOf([401, 429]))
    allowed_origins: list[str] = env.list("ALLOWED_ORIGINS", default=[])
    ALLOWED_ORIGINS = [origin("ALLOWED_ORIGINS", value) for value in allowed_origins]
    MAX_RUNNING_PER_USER = env.int("MAX_RUNNING_PER_USER", default=10, validate=validate.Range(min=0))
    WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=50, validate=validate.Range(1, 2000))
    LEASE_SECONDS = env.int("LEASE_SECONDS", default=30, validate=validate.Range(1, 60))
except EnvError as problem:
    stop(problem)

if "EMAIL_BACKEND" not in EMAIL:
    stop("EMAIL_URL must be a URL such as submission://user:password@mail.example:587, or console://")
for provider, client_id, client_secret in [
    ("GOOGLE", GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET),
    ("GITHUB", GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET),
]:
    if bool(client_id) != bool(client_secret):
        missing = f"{provider}_CLIENT_SECRET" if client_id else f"{provider}_CLIENT_ID"
        stop(f"{missing} is missing: sign-in with {provider.title()} needs a client ID and a secret")
if not SECRET_KEY and DEBUG:
    SECRET_KEY = read_secret("secret_key") or write_secret("secret_key", secrets.token_urlsafe(48))
if not SECRET_KEY:
    stop("SECRET_KEY is required when DEBUG is off. Set it to a long random string and keep it across restarts")
