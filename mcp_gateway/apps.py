"""The MCP server: the door that agents come through."""

from django.apps import AppConfig


class McpGatewayConfig(AppConfig):
    """The uppermost app: it has no tables and no rules, it translates."""

    name = "mcp_gateway"
