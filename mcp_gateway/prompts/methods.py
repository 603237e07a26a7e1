"""The methods of prompts and completions."""

from typing import Any, Final

from mcp.server.caching import CacheHint
from mcp_types import CompleteRequestParams, GetPromptRequestParams, PaginatedRequestParams

from accounts.oauth import scopes
from infrastructure import database
from mcp_gateway import rpc_errors
from mcp_gateway.prompts import completions
from mcp_gateway.prompts.declarations import DECLARATIONS, PROMPTS
from mcp_gateway.rpc_errors import Context, caller_of
from mcp_gateway.transport.methods import Method, Parameters


@rpc_errors.reported
async def list_prompts(_context: Context, _parameters: PaginatedRequestParams) -> dict[str, Any]:
    """Return all prompts on one page."""
    return {"prompts": DECLARATIONS, "resultType": "complete"}


@rpc_errors.reported
async def get_prompt(context: Context, parameters: GetPromptRequestParams) -> dict[str, Any]:
    """Return the text of a prompt, with the present prices and balance."""
    prompt = PROMPTS.get(parameters.name)
    if prompt is None:
        raise rpc_errors.invalid(f"Unknown prompt. The prompts are {', '.join(PROMPTS)}.")
    text = await database.run_blocking(prompt.write, caller_of(context), parameters.arguments or {})
    message = {"role": "user", "content": {"type": "text", "text": text}}
    return {"description": prompt.description, "messages": [message], "resultType": "complete"}


def _read_scope(_parameters: Parameters) -> str:
    # Both return the balance or ids of images.
    return scopes.READ


METHODS: Final = {
    "prompts/list": Method(PaginatedRequestParams, list_prompts, cache_hint=CacheHint(ttl_ms=300_000, scope="public")),
    "prompts/get": Method(GetPromptRequestParams, get_prompt, required_scope=_read_scope),
    "completion/complete": Method(CompleteRequestParams, completions.complete, required_scope=_read_scope),
}
