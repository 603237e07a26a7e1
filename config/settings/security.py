"""Transport security, cookies, the content security policy and the limit of request bodies."""

from config.settings.applications import SOCIALACCOUNT_PROVIDERS
from config.settings.environment import DEBUG, SITE_URL, TRUSTED_PROXIES
from infrastructure.limits import BODY_MAX_BYTES

SECURE_HSTS_SECONDS = 0 if DEBUG else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_SSL_REDIRECT = SITE_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_URL.startswith("https://")
CSRF_FAILURE_VIEW = "website.error_pages.csrf_failure"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        # The QR code for authenticator apps is a data: URL.
        "img-src": ["'self'", "data:"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "base-uri": ["'none'"],
        # Some forms redirect to Stripe or to a sign-in provider, and browsers apply form-action to redirects.
        "form-action": [
            "'self'",
            "https://checkout.stripe.com",
            *(["https://accounts.google.com"] if "google" in SOCIALACCOUNT_PROVIDERS else []),
            *(["https://github.com"] if "github" in SOCIALACCOUNT_PROVIDERS else []),
        ],
        "frame-ancestors": ["'none'"],
    }
}

# The same limit as for the API; every form of the site is far smaller.
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_MAX_BYTES
