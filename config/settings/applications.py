"""Applications, middleware, templates, authentication and the cache."""

from config.settings.environment import (
    BASE_DIR,
    DEBUG,
    GITHUB_CLIENT_ID,
    GITHUB_CLIENT_SECRET,
    GOOGLE_CLIENT_ID,
    GOOGLE_CLIENT_SECRET,
)

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "staff.apps.StaffAdminConfig",
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
    "api",
    "mcp_gateway",
    "staff",
    "website",
    "development",
]

# External sign-in providers; each is enabled if its credentials are set.
SOCIALACCOUNT_PROVIDERS = {
    provider: {"APPS": [{"client_id": client_id, "secret": secret}], **options}
    for provider, client_id, secret, options in [
        ("google", GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, {"SCOPE": ["profile", "email"], "OAUTH_PKCE_ENABLED": True}),
        ("github", GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, {"SCOPE": ["user:email"], "OAUTH_PKCE_ENABLED": True}),
    ]
    if client_id and secret
}
INSTALLED_APPS += [f"allauth.socialaccount.providers.{provider}" for provider in SOCIALACCOUNT_PROVIDERS]

MIDDLEWARE = [
    # First, so that it also logs responses of the middleware below, such as redirects and rejected hosts.
    "website.request_log.log_pages",
    "django.middleware.security.SecurityMiddleware",
    "website.error_pages.ContentSecurityPolicy",
    *(["website.error_pages.OwnBadRequest"] if DEBUG else []),
    "servestatic.middleware.ServeStaticMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "website.caching.keep_out_of_caches",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "website.page_redirects.redirect_whole_pages",
    "allauth.account.middleware.AccountMiddleware",
    *(["website.error_pages.OwnNotFound"] if DEBUG else []),
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
                "website.context_processors.credit_balance",
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
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG

# Counts sign-in attempts for all processes. Entries are in the database, because there is no Redis.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        # With the default of 300, an attacker could evict the counters of other addresses by trying many of them.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
