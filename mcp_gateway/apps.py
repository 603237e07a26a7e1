"""Django app configuration of the MCP server."""

from django.apps import AppConfig


class McpGatewayConfig(AppConfig):
    """The MCP entry point; it has no models."""

    name = "mcp_gateway"
