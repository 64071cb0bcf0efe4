"""Every tool there is."""

from typing import Any

from agents.tools import course, drafting, learning
from agents.tools.registry import Tool

TOOLS: dict[str, Tool[Any]] = {
    tool.name: tool for tool in (*course.TOOLS, *learning.TOOLS, *drafting.TOOLS)
}
