"""All URLs that Django serves. MCP and the health endpoints are served before Django: see config/asgi.py."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from api.base_view import UnknownDocument

# Load the admin classes with the URLs: workers serve no URLs and start faster without them.
admin.autodiscover()

handler400 = "website.error_pages.bad_request"
handler404 = "website.error_pages.not_found"

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("api.urls")),
    path("api/openai/v1/", include("api.openai_compatible.urls")),
    path("", include("website.oauth.urls")),
    re_path(r"^(?:api/mcp/)?\.well-known/", UnknownDocument.as_view(), name="api-no-document"),
    path("", include("development.urls")),
    path("", include("website.urls")),
]
