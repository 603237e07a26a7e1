"""All settings: what the environment may say, read once, and what follows from it."""

import secrets
import sys
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import django_stubs_ext
from environs import Env, EnvError, validate

from config import embedded_postgres
from config.api_settings import *  # noqa: F403
from config.api_settings import SPECTACULAR_SETTINGS
from config.local_state import LOCAL_DIR, keep_secret, read_secret
from config.log_settings import logging_settings
from config.sign_in_settings import *  # noqa: F403
from config.staff_settings import *  # noqa: F403

# Lets annotations such as ModelAdmin[User] stand in code that runs.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
env.read_env(BASE_DIR / ".env", recurse=False)


def stop(problem: object) -> None:
    """End the process with one line that names the variable, instead of a traceback."""
    sys.exit(f"Configuration: {problem}")


def origin(variable: str, value: str) -> str:
    """Return an origin such as https://images.example without its trailing slash."""
    if not value.startswith(("http://", "https://")) or value.count("/") > 2 + value.endswith("/"):
        stop(f"{variable} must be an origin such as https://images.example, not {value!r}")
    return value.rstrip("/")


def networks(variable: str, values: list[str]) -> list[IPv4Network | IPv6Network]:
    """Return addresses and networks such as 10.0.0.0/8."""
    try:
        return [ip_network(value.strip(), strict=False) for value in values]
    except ValueError:
        stop(f"{variable} takes addresses and networks such as 127.0.0.1,10.0.0.0/8, not {','.join(values)!r}")
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
    EMAIL_URL = env.str("EMAIL_URL", default="")
    EMAIL: dict[str, Any] = env.dj_email_url("EMAIL_URL", default="console://")

    # The database
    DATABASE_URL = env.str("DATABASE_URL", default="")
    DATABASE_DIRECT_URL = env.str("DATABASE_DIRECT_URL", default="")

    # Providers
    OPENAI_API_KEY = env.str("OPENAI_API_KEY", default="")
    OPENAI_BASE_URL = env.str("OPENAI_BASE_URL", default="https://api.openai.com/v1")
    GEMINI_API_KEY = env.str("GEMINI_API_KEY", default="")
    GOOGLE_GEMINI_BASE_URL = env.str("GOOGLE_GEMINI_BASE_URL", default="https://generativelanguage.googleapis.com")
    SANDBOX_PROVIDERS = env.str(
        "SANDBOX_PROVIDERS", default="auto" if DEBUG else "off", validate=validate.OneOf(["auto", "on", "off"])
    )

    # Signing in
    GOOGLE_CLIENT_ID = env.str("GOOGLE_CLIENT_ID", default="")
    GOOGLE_CLIENT_SECRET = env.str("GOOGLE_CLIENT_SECRET", default="")
    GITHUB_CLIENT_ID = env.str("GITHUB_CLIENT_ID", default="")
    GITHUB_CLIENT_SECRET = env.str("GITHUB_CLIENT_SECRET", default="")
    SIGNUP_CREDITS = env.int("SIGNUP_CREDITS", default=0, validate=validate.Range(0, 1_000_000))

    # Seen
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

    # Limits
    RATE_LIMIT_PER_MINUTE = env.int("RATE_LIMIT_PER_MINUTE", default=60, validate=validate.Range(min=0))
    MCP_RATE_LIMIT_STATUS = env.int("MCP_RATE_LIMIT_STATUS", default=401, validate=validate.OneOf([401, 429]))
    allowed_origins: list[str] = env.list("ALLOWED_ORIGINS", default=[])
    ALLOWED_ORIGINS = [origin("ALLOWED_ORIGINS", each) for each in allowed_origins]
    MAX_RUNNING_PER_USER = env.int("MAX_RUNNING_PER_USER", default=10, validate=validate.Range(min=0))
    WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=50, validate=validate.Range(1, 2000))
    LEASE_SECONDS = env.int("LEASE_SECONDS", default=30, validate=validate.Range(1, 60))
except EnvError as error:
    stop(error)

if "EMAIL_BACKEND" not in EMAIL:
    stop("EMAIL_URL must be like submission://user:password@mail.example:587, or console://")
for provider, client_id, client_secret in [
    ("GOOGLE", GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET),
    ("GITHUB", GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET),
]:
    if bool(client_id) != bool(client_secret):
        missing = f"{provider}_CLIENT_SECRET" if client_id else f"{provider}_CLIENT_ID"
        stop(f"{missing} is missing: signing in with {provider.title()} takes an id and a secret")
if not SECRET_KEY and DEBUG:
    SECRET_KEY = read_secret("secret_key") or keep_secret("secret_key", secrets.token_urlsafe(48))
if not SECRET_KEY:
    stop("SECRET_KEY is required when DEBUG is off: a long random string that stays the same across restarts")

OWN_DATABASE = not DATABASE_URL
if OWN_DATABASE:
    # With no database named, the project runs its own, so that nothing differs from production but its address.
    try:
        DATABASE_URL = embedded_postgres.start(LOCAL_DIR)
    except embedded_postgres.EmbeddedPostgresError as error:
        stop(f"DATABASE_URL is not set, and there is no database of this checkout's own. {error}")

# A server that vanished without a word is noticed within about half a minute; nobody waits longer for a lock.
CONNECTION_OPTIONS = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "options": "-c lock_timeout=15s",
}
DATABASE_POOL_SIZE = 20
# How often a connection runs a statement that may be prepared before it is: psycopg's own measure.
PREPARE_FROM_USE = 5
# A pool pauses twice as long after each failed try to connect; after this long it begins anew with the next caller, so
# that an outage is over for us soon after it is over.
DATABASE_RECONNECT_SECONDS = 5

try:
    database: dict[str, Any] = {**dj_database_url.parse(DATABASE_URL)}
except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError):
    database = {"ENGINE": "unknown"}
if database["ENGINE"] != "django.db.backends.postgresql":
    stop("DATABASE_URL must name a PostgreSQL database: postgresql://user:password@host:5432/name")

# What the URL says besides, sslmode and other hosts for instance, is for every connection, not only for Django's.
DATABASE_URL_PARAMETERS: dict[str, Any] = database.get("OPTIONS", {})

DATABASES = {
    "default": {
        **database,
        "ENGINE": "config.postgresql",
        "OPTIONS": {
            **DATABASE_URL_PARAMETERS,
            **CONNECTION_OPTIONS,
            # A proxy on the way may give each transaction another server connection, which has prepared nothing.
            "prepare_threshold": None if DATABASE_DIRECT_URL else PREPARE_FROM_USE,
            "pool": {
                "min_size": 1,
                "max_size": DATABASE_POOL_SIZE,
                "timeout": 20,
                "reconnect_timeout": DATABASE_RECONNECT_SECONDS,
            },
        },
        # Behind a transaction-pooling proxy such a cursor is looked for on another connection than it was opened on.
        "DISABLE_SERVER_SIDE_CURSORS": bool(DATABASE_DIRECT_URL),
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "images.staff.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "channels",
    "corsheaders",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "procrastinate.contrib.django",
    "servestatic",
    "accounts",
    "billing",
    "images",
    "mcp_gateway",
]

# Who else may vouch for a person: each where its credentials are set.
SOCIALACCOUNT_PROVIDERS = {
    provider: {"APPS": [{"client_id": client_id, "secret": secret}], **more}
    for provider, client_id, secret, more in [
        ("google", GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, {"SCOPE": ["profile", "email"], "OAUTH_PKCE_ENABLED": True}),
        ("github", GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, {"SCOPE": ["user:email"], "OAUTH_PKCE_ENABLED": True}),
    ]
    if client_id and secret
}
INSTALLED_APPS += [f"allauth.socialaccount.providers.{provider}" for provider in SOCIALACCOUNT_PROVIDERS]

MIDDLEWARE = [
    # Around all others, so that what they refuse or answer themselves has its line, too.
    "accounts.request_log.log_pages",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.pages.caching.keep_out_of_caches",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    *(["config.error_pages.OwnNotFound"] if DEBUG else []),
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "billing.pages.context.credit_balance",
            ],
        },
    }
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

AUTHENTICATION_BACKENDS = [
    "accounts.backends.ModelBackend",
    "accounts.backends.AuthenticationBackend",
]
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG

# Tries at signing in are counted here, for all processes together.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        # With Django's own 300 whoever tries many addresses would have everybody's earlier tries forgotten.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# In development nothing is sent: mail is shown in the terminal and at /dev/mail.
EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"] if EMAIL_URL or not DEBUG else "accounts.development_mail.Backend"
DEVELOPMENT_MAIL_DIR = LOCAL_DIR / "mail"
EMAIL_HOST = EMAIL["EMAIL_HOST"]
EMAIL_PORT = EMAIL["EMAIL_PORT"]
EMAIL_HOST_USER = EMAIL["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = EMAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = EMAIL["EMAIL_USE_TLS"]
EMAIL_USE_SSL = EMAIL["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = EMAIL.get("DEFAULT_FROM_EMAIL") or f"Get Images <no-reply@{urlsplit(SITE_URL).hostname}>"

SPECTACULAR_SETTINGS = {**SPECTACULAR_SETTINGS, "SERVERS": [{"url": SITE_URL}]}

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = LOCAL_DIR / "static"
MEDIA_ROOT = LOCAL_DIR / "media"
# In development files are served from where they are written; a deployment runs collectstatic first.
SERVESTATIC_USE_FINDERS = SERVESTATIC_AUTOREFRESH = DEBUG

if S3_BUCKET:
    picture_storage: dict[str, Any] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": S3_ENDPOINT_URL or None,
            "region_name": S3_REGION or None,
            "location": S3_PREFIX,
            "default_acl": None,
        },
    }
else:
    picture_storage = {"BACKEND": "images.storage.DurableFileStorage", "OPTIONS": {"location": MEDIA_ROOT}}
STORAGES = {
    "default": picture_storage,
    "pictures": picture_storage,
    "staticfiles": {"BACKEND": "config.static_files.HashedFiles"},
}

SECURE_HSTS_SECONDS = 0 if DEBUG else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_SSL_REDIRECT = SITE_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_URL.startswith("https://")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        # data: shows the QR code that an authenticator app reads.
        "img-src": ["'self'", "data:"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "base-uri": ["'none'"],
        # Forms that end at Stripe or at a sign-in provider are redirected there.
        "form-action": [
            "'self'",
            "https://checkout.stripe.com",
            *(["https://accounts.google.com"] if "google" in SOCIALACCOUNT_PROVIDERS else []),
            *(["https://github.com"] if "github" in SOCIALACCOUNT_PROVIDERS else []),
        ],
        "frame-ancestors": ["'none'"],
    }
}

# As much as the API takes, and far more than any form of ours.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

LOGGING = logging_settings(debug=DEBUG)
