"""The ASGI application of the MCP server."""

from typing import Final

from mcp_gateway.server import SERVICE
from mcp_gateway.transport.endpoint import Endpoint

PATHS: Final = frozenset({"/api/mcp", "/api/mcp/"})

application: Final = Endpoint(SERVICE)
