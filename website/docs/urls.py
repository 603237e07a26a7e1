"""URLs of the documentation pages."""

from django.urls import path, re_path
from django.views.generic import RedirectView

from website.docs.llms import llms
from website.docs.mcp import connection, mcp_docs
from website.docs.openai import openai_docs
from website.docs.rest_reference import api_docs
from website.docs.webhooks import webhook_docs

urlpatterns = [
    re_path("^docs/?$", RedirectView.as_view(pattern_name="mcp-docs"), name="docs"),
    path("docs/api", api_docs, name="api-docs"),
    path("docs/openai", openai_docs, name="openai-docs"),
    path("docs/webhooks", webhook_docs, name="webhook-docs"),
    path("docs/mcp", mcp_docs, name="mcp-docs"),
    path("docs/mcp/connection", connection, name="mcp-connection"),
    path("docs/mcp/<slug:slug>", mcp_docs, name="mcp-client"),
    path("llms.txt", llms, name="llms"),
]
