"""Addresses of this app's pages."""

from django.urls import path

from mcp_gateway.pages.docs import connection, mcp_docs
from mcp_gateway.pages.keys import change_key, create_key, keys, revoke_key
from mcp_gateway.pages.texts import favicon, llms, robots

urlpatterns = [
    path("docs/mcp", mcp_docs, name="mcp-docs"),
    path("docs/mcp/connection", connection, name="mcp-connection"),
    path("docs/mcp/<slug:slug>", mcp_docs, name="mcp-client"),
    path("llms.txt", llms, name="llms"),
    path("robots.txt", robots, name="robots"),
    path("favicon.ico", favicon, name="favicon"),
    path("dashboard/keys/", keys, name="keys"),
    path("dashboard/keys/new/", create_key, name="create-key"),
    path("dashboard/keys/<uuid:key_id>/", change_key, name="change-key"),
    path("dashboard/keys/<uuid:key_id>/revoke/", revoke_key, name="revoke-key"),
]
