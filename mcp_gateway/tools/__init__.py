"""The MCP tools: their declarations, schemas and functions."""
