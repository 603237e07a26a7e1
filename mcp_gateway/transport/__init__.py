"""MCP over HTTP: request and response, origins, protocol versions and the event stream."""
