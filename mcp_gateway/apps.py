"""The app of the MCP server."""

from django.apps import AppConfig


class McpGatewayConfig(AppConfig):
    """An entry point without tables of its own."""

    name = "mcp_gateway"
