"""The MCP server: HTTP transport, protocol versions and tools."""
