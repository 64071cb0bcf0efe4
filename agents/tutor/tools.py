"""The tools that the model may call while it answers, and what it is told of what came back.

Who asks, and in which course, is the session's: no argument and no text says it. What goes wrong
is told to the model as data. The rounds, the calls and their size have an end.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from agents import llm
from agents.tools import server
from agents.tools.registry import Tool
from agents.tutor import fence
from agents.tutor.cover import Cover
from agents.tutor.leak import private
from tutorai.lmsdm.schema import Actor

ROUNDS = 3  # times that the model may ask for tools
MOST_CALLS = 6  # in a turn
MOST_READ = 24_000  # characters of results in a turn
LONGEST = 8_000  # of one result
UNKNOWN = "unknown"  # what a tool is called that is none: a model's own words go through the gate

Tell = Callable[[tuple[str, dict[str, Any]]], None]


def offered(actor: Actor) -> list[dict[str, Any]]:
    """Return the actor's tools as a model is told them."""
    return [_described(one) for one in server.listed(actor)]


@cache
def _described(tool: Tool[Any]) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.words, "parameters": tool.takes}
    return {"type": "function", "function": function}


@dataclass
class Bench:
    """The calls of one turn. `made` is what is kept of them, in order.

    `read` takes what came back, as the reader may read it too.
    """

    actor: Actor
    cover: Cover
    tell: Tell
    read: Callable[[str], None]
    made: list[dict[str, Any]] = field(default_factory=list)
    _names: frozenset[str] = field(init=False)
    _read: int = 0
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._names = frozenset(one.name for one in server.listed(self.actor))

    @property
    def spent(self) -> bool:
        """Whether no more may be called in this turn."""
        return len(self.made) >= MOST_CALLS or self._read >= MOST_READ

    async def answer(self, asks: Sequence[llm.Asks], said: str) -> list[llm.Said]:
        """Call what the model asks for; return the messages that it is told."""
        calls = [_asked(one) for one in asks]
        spoken: llm.Said = {"role": "assistant", "content": said or None, "tool_calls": calls}
        return [spoken, *[await self._result(one) for one in asks]]

    async def _result(self, one: llm.Asks) -> llm.Said:
        text = await self._called(one)
        self._read += len(text)
        return {"role": "tool", "tool_call_id": one.id, "content": fence.block("result", text)}

    async def _called(self, one: llm.Asks) -> str:
        if self.spent:
            return _failed(
                "too_many_calls", "No more calls in this turn. Answer with what you have."
            )
        again = (one.name, one.arguments)
        if again in self._seen:
            return _failed("called_already", "You have the result of this very call already.")
        self._seen.add(again)
        name = one.name if one.name in self._names else UNKNOWN
        self.tell(("tool", {"name": name, "state": "begun"}))
        text, failed = await self._run(one)
        self.made.append({"name": name, "failed": failed})
        self.tell(("tool", {"name": name, "state": "failed" if failed else "done"}))
        return text

    async def _run(self, one: llm.Asks) -> tuple[str, bool]:
        try:
            arguments = json.loads(one.arguments or "{}")
        except (ValueError, RecursionError):
            return _failed("bad_arguments", "The arguments are no JSON."), True
        if not isinstance(arguments, dict):
            return _failed("bad_arguments", "The arguments are no JSON object."), True
        asked = self.cover.shown(arguments)
        result = await server.call(self.actor, one.name, asked)
        if not result.failed:
            self.read(_without(_words(asked), _words(result.data)))
        told = json.dumps(self.cover.hidden(result.data), ensure_ascii=False)
        return told[:LONGEST], result.failed


def _without(asked: str, told: str) -> str:
    """A result without the addresses that the model put into its call: it may but repeat them."""
    for one in private.addresses(asked):
        told = told.replace(one, "")
    return told


def _words(data: Any) -> str:
    """Every text in a tool's arguments or its result."""
    match data:
        case str():
            return data
        case dict():
            return "\n".join(map(_words, data.values()))
        case list() | tuple():
            return "\n".join(map(_words, data))
    return ""


def _asked(one: llm.Asks) -> dict[str, Any]:
    """A call as the model made it; what is no JSON is told as none, which every endpoint takes."""
    try:
        arguments = json.dumps(json.loads(one.arguments or "{}"))
    except (ValueError, RecursionError):
        arguments = "{}"
    function = {"name": one.name[:60], "arguments": arguments}
    return {"id": one.id, "type": "function", "function": function}


def _failed(code: str, detail: str) -> str:
    return json.dumps({"code": code, "detail": detail})
