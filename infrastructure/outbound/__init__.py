"""HTTP requests to user-supplied URLs. They reach public addresses only, with bounds on time and size."""

from infrastructure.outbound.client import Response, check, fetch, send

__all__ = ["Response", "check", "fetch", "send"]
