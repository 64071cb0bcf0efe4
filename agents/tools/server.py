"""The one door to MCP: the tools as the official package's server serves them.

The tutor's own loop asks `listed` and `call`. Whoever mounts `server` for clients from outside
sets `acting` for the time of a request, once it knows whose it is:

    with server.acting_as(actor):
        …  # hand the request to the server

Without an actor nothing is listed and nothing is done.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_REQUEST,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as Told

from agents.tools import registry
from agents.tools.course import TOOLS
from agents.tools.registry import Result, Tool
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_slow_thread

acting: ContextVar[Actor | None] = ContextVar("acting", default=None)


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Let the server work for this actor within the block."""
    before = acting.set(actor)
    try:
        yield
    finally:
        acting.reset(before)


def listed(actor: Actor) -> list[Tool[Any]]:
    """Return the tools that this actor may use."""
    return [tool for tool in TOOLS.values() if tool.for_whom(actor)]


async def call(actor: Actor, name: str, arguments: Mapping[str, Any] | None) -> Result:
    """Run a tool for the actor; what goes wrong is a result too, in words for a model."""
    return await in_slow_thread(registry.run)(TOOLS, actor, name, arguments)


def _actor() -> Actor:
    actor = acting.get()
    if actor is None:
        raise MCPError(INVALID_REQUEST, "Nobody is signed in.")
    return actor


async def _list(context: Any, params: PaginatedRequestParams | None) -> ListToolsResult:
    return ListToolsResult(tools=[_told(tool) for tool in listed(_actor())])


async def _call(context: Any, params: CallToolRequestParams) -> CallToolResult:
    result = await call(_actor(), params.name, params.arguments)
    return CallToolResult(
        content=[TextContent(type="text", text=result.text)],
        structured_content=None if result.failed else result.data,
        is_error=result.failed,
    )


def _told(tool: Tool[Any]) -> Told:
    hints = ToolAnnotations(
        read_only_hint=not tool.writes,
        destructive_hint=False,
        idempotent_hint=not tool.writes,
        open_world_hint=False,
    )
    return Told(
        name=tool.name,
        description=tool.words,
        input_schema=tool.takes,
        output_schema=tool.answers,
        annotations=hints,
    )


server: Server[Any] = Server("tutorai", title="Tutor.AI", on_list_tools=_list, on_call_tool=_call)
