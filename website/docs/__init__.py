"""The documentation pages: MCP setup with the client catalogue, the REST guide and reference, and llms.txt."""
