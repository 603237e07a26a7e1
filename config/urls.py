"""The addresses of the site. MCP is answered before Django: see config/asgi.py."""

from django.contrib import admin
from django.urls import include, path, re_path

from accounts.rest.document import Document
from accounts.rest.reference import api_docs
from accounts.rest.views import NoSuchAddress
from billing import rest as billing_rest
from images import rest as images_rest
from images import views as images

api = [
    path("images", images_rest.Images.as_view(), name="api-images"),
    path("images/<str:image_id>", images_rest.OneImage.as_view(), name="api-image"),
    path("images/<str:image_id>/cancel", images_rest.Cancellation.as_view(), name="api-cancel"),
    path("images/<str:image_id>/content", images_rest.Content.as_view(), name="api-content"),
    path("account", billing_rest.Account.as_view(), name="api-account"),
    path("usage", billing_rest.Usage.as_view(), name="api-usage"),
    path("models", images_rest.Models.as_view(), name="api-models"),
    path("openapi.json", Document.as_view(), name="api-document"),
    re_path(r"", NoSuchAddress.as_view(), name="api-nothing"),
]

# The staff's lists are read with the addresses, so that a worker, which has none, does without them.
admin.autodiscover()

handler400 = "config.error_pages.bad_request"

urlpatterns = [
    path("api/v1/", include(api)),
    path("docs/api", api_docs, name="api-docs"),
    path("i/<str:token>", images.picture, name="picture"),
    path("accounts/", include("allauth.urls")),
    path("", include("accounts.pages.urls")),
    path("", include("billing.pages.urls")),
    path("", include("images.pages.urls")),
    path("", include("mcp_gateway.pages.urls")),
    path("admin/", admin.site.urls),
]
