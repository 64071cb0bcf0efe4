"""The tools of one caller, and a call of one: what the tutor's own loop asks, and `doors` as well."""

from collections.abc import Mapping
from typing import Any

from agents.tools import registry
from agents.tools.registry import Caller, Result, Tool
from agents.tools.rules import Rule
from agents.tools.shelf import TOOLS
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_slow_thread


def listed(caller: Caller | Actor) -> list[Tool[Any]]:
    """Return the tools that this caller may use."""
    known = caller if isinstance(caller, Caller) else Caller(caller)
    return [tool for tool in TOOLS.values() if known.rule(tool.name) is not Rule.NEVER]


async def call(caller: Caller | Actor, name: str, arguments: Mapping[str, Any] | None) -> Result:
    """Run a tool for the caller; what goes wrong is a result too, in words for a model.

    An Actor alone is one whom the tutor answers.
    """
    known = caller if isinstance(caller, Caller) else Caller(caller)
    return await in_slow_thread(registry.run)(TOOLS, known, name, arguments)
