"""The MCP tools: declarations, schemas and functions."""
