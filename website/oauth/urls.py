"""URLs of the authorization server, and of the documents about it."""

from django.urls import re_path

from website.oauth.endpoints import register, revoke, token
from website.oauth.views import authorize
from website.oauth.well_known import authorization_server, protected_resource

# A redirect between the spellings with and without a final slash would turn POST into GET.
urlpatterns = [
    re_path(r"^oauth/authorize/?$", authorize, name="oauth-authorize"),
    re_path(r"^oauth/token/?$", token, name="oauth-token"),
    re_path(r"^oauth/register/?$", register, name="oauth-register"),
    re_path(r"^oauth/revoke/?$", revoke, name="oauth-revoke"),
    re_path(
        r"^\.well-known/oauth-protected-resource(?:/api/mcp)?/?$", protected_resource, name="oauth-protected-resource"
    ),
    re_path(
        r"^\.well-known/(?:oauth-authorization-server|openid-configuration)/?$",
        authorization_server,
        name="oauth-authorization-server",
    ),
]
