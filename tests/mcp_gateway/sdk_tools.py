"""Program that prints the tools of an MCP server as the OpenAI Agents SDK and LangChain pass them to a model.

It runs in the environment that `make sdks` creates. Each SDK converts the schemas once as they are and once for
OpenAI's strict mode.
"""

import asyncio
import json
import os
import sys
from typing import Any

from agents.mcp import MCPServerStreamableHttp, MCPUtil
from agents.models.chatcmpl_converter import Converter
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_mcp_adapters.client import MultiServerMCPClient


async def openai_agents_tools(url: str, headers: dict[str, str], *, strict: bool) -> list[Any]:
    async with MCPServerStreamableHttp(params={"url": url, "headers": headers}) as server:
        tools = [
            MCPUtil.to_function_tool(tool, server, convert_schemas_to_strict=strict)
            for tool in await server.list_tools()
        ]
    return [Converter.tool_to_openai(tool)["function"] for tool in tools]


async def langchain_tools(url: str, headers: dict[str, str], *, strict: bool) -> list[Any]:
    connection = {"transport": "streamable_http", "url": url, "headers": headers}
    tools = await MultiServerMCPClient({"images": connection}).get_tools()
    return [convert_to_openai_tool(tool, strict=strict)["function"] for tool in tools]


async def main(url: str, key: str) -> dict[str, list[Any]]:
    headers = {"Authorization": f"Bearer {key}"}
    return {
        f"{name}{' strict' if strict else ''}": await tools(url, headers, strict=strict)
        for name, tools in {"openai-agents": openai_agents_tools, "langchain": langchain_tools}.items()
        for strict in (False, True)
    }


sys.stdout.write(json.dumps(asyncio.run(main(sys.argv[1], os.environ["KEY"]))))
