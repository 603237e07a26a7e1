"""The methods that an endpoint serves: a table of our own, and the SDK's server object that is built from it."""

import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from mcp.server.caching import CacheHint
from mcp.server.context import HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp_types import Icon, JSONRPCRequest
from mcp_types.methods import CacheableMethod
from pydantic import BaseModel

Parameters = Mapping[str, Any]
Handler = Callable[[ServerRequestContext[Any, Any], Any], Awaitable[HandlerResult]]


def no_scope(_parameters: Parameters) -> None:
    """Return that a request needs no OAuth scope."""


@dataclass(frozen=True, slots=True)
class Method:
    """One JSON-RPC method.

    Attributes:
        parameters: The model that validates the parameters before the handler is called.
        handler: Returns the result. `context.request` is the authenticated caller.
        required_scope: Returns the OAuth scope that a request with these unvalidated parameters needs, or None. It is
            checked before the response begins, because the error is an HTTP status.
        cache_hint: How long 2026-07-28 clients may keep the result.
        name_parameter: The parameter that the header Mcp-Name repeats, of a method that the SDK does not define.
    """

    parameters: type[BaseModel]
    handler: Handler
    required_scope: Callable[[Parameters], str | None] = no_scope
    cache_hint: CacheHint | None = None
    name_parameter: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """How the server presents itself in `initialize` and `server/discover`."""

    name: str
    version: str
    title: str
    instructions: str = ""
    website_url: str | None = None
    icons: tuple[Icon, ...] = ()


class SdkServer(Server[Any]):
    """The SDK's server without the deep copy of its identity that each response would otherwise take."""

    @functools.cached_property
    def server_info_stamp(self) -> dict[str, Any]:
        """The identity in the `_meta` of responses; nothing here changes it."""
        return self.server_info.model_dump(by_alias=True, mode="json", exclude_none=True)


@dataclass(frozen=True, slots=True)
class Service:
    """The methods of one endpoint, and the input schemas of tools that repeat arguments in headers, by their name."""

    methods: Mapping[str, Method]
    sdk_server: Server[Any]
    header_schemas: Mapping[str, Mapping[str, Any]]

    @classmethod
    def build(
        cls,
        identity: Identity,
        methods: Mapping[str, Method],
        *,
        extensions: Mapping[str, dict[str, Any]] | None = None,
        header_schemas: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> "Service":
        """Return a service with these methods.

        Args:
            identity: How the server presents itself.
            methods: The table of methods by name.
            extensions: The settings of the protocol extensions that the server supports, by their identifier.
            header_schemas: The input schemas, by tool, that repeat arguments in headers (x-mcp-header).
        """
        hints = {name: method.cache_hint for name, method in methods.items() if method.cache_hint is not None}
        server = SdkServer(
            identity.name,
            version=identity.version,
            title=identity.title,
            instructions=identity.instructions or None,
            website_url=identity.website_url,
            icons=list(identity.icons) or None,
            cache_hints=cast("Mapping[CacheableMethod, CacheHint]", hints),
        )
        # The SDK's tracing middleware records error messages in spans. Our own spans do not, and also cover the time
        # before the SDK is called.
        server.middleware.clear()
        server.extensions.update(extensions or {})
        for name, method in methods.items():
            server.add_request_handler(name, method.parameters, method.handler)
        return cls(methods, server, header_schemas or {})

    def required_scope(self, request: JSONRPCRequest) -> str | None:
        """Return the OAuth scope that a request needs; None if it needs none, or if its method is unknown."""
        method = self.methods.get(request.method)
        return method.required_scope(request.params or {}) if method is not None else None

    def name_parameter(self, method: str) -> str | None:
        """Return the parameter that the header Mcp-Name repeats, for methods that the SDK does not define."""
        return self.methods[method].name_parameter if method in self.methods else None
