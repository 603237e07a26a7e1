"""Streamable HTTP for MCP: requests and responses, origins, protocol versions and event streams."""
