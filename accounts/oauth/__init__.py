"""The authorization server: OAuth 2.1 for MCP clients. docs/architecture.md describes why it is our own."""
