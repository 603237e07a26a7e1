"""The documentation: MCP set-up with the client catalogue, and the REST reference."""
