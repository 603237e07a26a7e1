"""The MCP prompts: declarations, texts, and the completion of their arguments."""
