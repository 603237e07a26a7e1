"""How the REST API reads, answers and describes itself: Django REST framework, drf-spectacular and CORS."""

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
    "DESCRIPTION": "Make images with models of several providers, paid with one balance of credits.",
    "VERSION": "1",
    "TAGS": [
        {"name": "images", "description": "Ask for images, follow them and fetch them."},
        {"name": "models", "description": "What can be asked, and for how many credits."},
        {"name": "account", "description": "What there is to spend, and what was spent."},
        {"name": "document", "description": "This API, described for programs."},
    ],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "apiKey": {
                "type": "http",
                "scheme": "bearer",
                "description": "An API key of the account, made in the dashboard: Authorization: Bearer sk_...",
            }
        }
    },
    "SECURITY": [{"apiKey": []}],
    "POSTPROCESSING_HOOKS": [],
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
}
# Browsers may call the API from anywhere: a key opens it, and cookies are not asked for.
CORS_URLS_REGEX = r"^/api/v1/"
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_METHODS = ["GET", "POST", "DELETE"]
CORS_ALLOW_HEADERS = [
    "authorization",
    "content-type",
    "idempotency-key",
    "if-none-match",
    "if-range",
    "prefer",
    "range",
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
]
