"""REST API: Django REST framework, drf-spectacular (OpenAPI) and CORS."""

from config.settings.environment import SITE_URL

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "SERVERS": [{"url": SITE_URL}],
    "OAS_VERSION": "3.1.0",
    "TITLE": "Get Images",
    "DESCRIPTION": "Generate images with models from several providers, paid for with one balance of credits.",
    "VERSION": "1",
    "TAGS": [
        {"name": "images", "description": "Generate and edit images, check their status and download them."},
        {"name": "collections", "description": "Sort images into named collections."},
        {"name": "uploads", "description": "Upload pictures to edit or to use as references."},
        {"name": "webhooks", "description": "Receive events, such as finished images, on your own server."},
        {"name": "models", "description": "List the available models and their prices in credits."},
        {"name": "account", "description": "Get the credit balance and usage."},
        {"name": "document", "description": "The machine-readable description of this API."},
    ],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "apiKey": {
                "type": "http",
                "scheme": "bearer",
                "description": "An API key created in the dashboard: Authorization: Bearer sk_...",
            }
        }
    },
    "SECURITY": [{"apiKey": []}],
    "POSTPROCESSING_HOOKS": [],
    # The arguments of a PATCH are a class of their own.
    "COMPONENT_SPLIT_PATCH": False,
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
}
# Any origin may call the API and the OAuth endpoints for programs: they ignore cookies.
CORS_URLS_REGEX = r"^/(api/v1/|api/openai/v1/|\.well-known/|oauth/(token|register|revoke)/?$|u/[^/]+$)"
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
CORS_ALLOW_HEADERS = [
    "authorization",
    "content-type",
    "idempotency-key",
    "if-none-match",
    "if-range",
    "mcp-protocol-version",
    "prefer",
    "range",
    # OpenAI's SDKs send these.
    "openai-organization",
    "openai-project",
    "x-stainless-arch",
    "x-stainless-helper-method",
    "x-stainless-lang",
    "x-stainless-os",
    "x-stainless-package-version",
    "x-stainless-retry-count",
    "x-stainless-runtime",
    "x-stainless-runtime-version",
    "x-stainless-timeout",
]
CORS_EXPOSE_HEADERS = [
    "Accept-Ranges",
    "Content-Disposition",
    "Content-Range",
    "ETag",
    "Idempotent-Replayed",
    "Location",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Credits-Charged",
    "X-Credits-Remaining",
    "X-Image-Ids",
    "X-Should-Retry",
]
