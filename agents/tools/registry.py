"""How a tool is run, whoever calls it from wherever: the one place with all that stands before it.

The rule for this role and surface, what a program was granted, the arguments, how often one may
call, what is switched off, what somebody sits; then the tool; then its answer, kept to a size and
fenced as data. What goes wrong is a result too, in words for a model.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from agents import locks, policy
from agents.spend import Capability
from agents.tools.rules import Rule, Surface, rule
from agents.tutor import fence
from tutorai import limits
from tutorai.errors import Bug, CourseEnded, NotYours, TutorError
from tutorai.lmsdm.schema import Actor

logger = logging.getLogger(__name__)

A = TypeVar("A", bound="Asked")

MOST = 24_000  # characters of an answer; a model reads some 6,000 tokens of it
LEAST = 200  # characters of a text that are left when it is cut
READ, PROPOSE = "read", "propose"  # what a program may be granted
KIND = "tool_result"  # of the fence around an answer


class Asked(BaseModel):
    """The base of what a tool takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Tool(Generic[A]):
    """One tool. `words` is what a model reads about it; `works` may block.

    `helps`: with what somebody learns, so not while they sit an exam.
    """

    name: str
    words: str
    asked: type[A]
    answer: type[BaseModel]
    works: Callable[[Actor, A], BaseModel]
    capability: Capability = Capability.TOOLS
    helps: bool = False

    @property
    def takes(self) -> dict[str, Any]:
        """The JSON schema of its arguments."""
        return self.asked.model_json_schema()

    @property
    def answers(self) -> dict[str, Any]:
        """The JSON schema of its answer."""
        return self.answer.model_json_schema(mode="serialization")


@dataclass(frozen=True)
class Caller:
    """Who calls, from where, and what a program of theirs was granted.

    `proposed` hears of every proposal that a call made.
    """

    actor: Actor
    surface: Surface = Surface.TUTOR
    scopes: frozenset[str] = frozenset({READ, PROPOSE})
    proposed: Callable[[], None] = lambda: None

    def rule(self, name: str) -> Rule:
        """What becomes of a call of this tool."""
        found = rule(name, self.actor.role, self.surface)
        scope = PROPOSE if found is Rule.ASK else READ
        return found if scope in self.scopes else Rule.NEVER


@dataclass(frozen=True)
class Result:
    """What became of a call: `data` as JSON has it, or why not, in words for a model."""

    data: dict[str, Any]
    failed: bool = False

    @cached_property
    def text(self) -> str:
        """The same as text. What a tool answered is fenced: it quotes what others wrote."""
        written = json.dumps(self.data, ensure_ascii=False)
        return written if self.failed else fence.block(KIND, written)


def run(
    tools: Mapping[str, Tool[Any]], caller: Caller, name: str, arguments: Mapping[str, Any] | None
) -> Result:
    """Run a tool; what goes wrong is a result too. Blocking."""
    tool = tools.get(name)
    if tool is None or caller.rule(name) is Rule.NEVER:
        there = ", ".join(each for each in tools if caller.rule(each) is not Rule.NEVER)
        return _failed("unknown_tool", f"There is no tool {name[:80]!r} here. There are: {there}.")
    try:
        asked = tool.asked.model_validate(dict(arguments or {}))
    except ValidationError as error:
        return _failed("bad_arguments", _faults(error))
    try:
        _guard(caller, tool)
        told = tool.works(caller.actor, asked)
        if caller.rule(name) is Rule.ASK:
            caller.proposed()
    except TutorError as error:
        return _failed(error.code, str(error))
    except Exception:
        logger.exception("Tool %s met a bug", tool.name)
        return _failed(Bug.code, str(Bug()))
    return Result(sized(told.model_dump(mode="json")))


def _guard(caller: Caller, tool: Tool[Any]) -> None:
    """Let a call pass, or raise why not: TooMany, CourseEnded, NotYours, SwitchedOff, Locked."""
    actor = caller.actor
    limits.take(actor)
    if caller.rule(tool.name) is Rule.ASK:
        if actor.ended:
            raise CourseEnded()
        if actor.acted_by:
            raise NotYours()
    policy.check(actor, tool.capability)
    if tool.capability is not Capability.TOOLS:
        policy.check(actor, Capability.TOOLS)
    if tool.helps:
        locks.check(actor)


def _failed(code: str, detail: str) -> Result:
    return Result({"code": code, "detail": detail}, failed=True)


def _faults(error: ValidationError) -> str:
    """Say which argument is wrong, without repeating what was sent."""
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'arguments'}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)
    )


def sized(data: dict[str, Any], most: int = MOST) -> dict[str, Any]:
    """Return an answer that is small enough: its longest list is cut first, then its texts.

    `left_out` says how many of which list; who wants them asks again with an `offset`.
    """
    made = dict(data)
    left_out: dict[str, int] = {}
    while _length(made) > most:
        lists = {name: one for name, one in made.items() if isinstance(one, list) and len(one) > 1}
        if not lists:
            return _cut(made, most)
        name = max(lists, key=lambda each: _length(lists[each]))
        kept = len(lists[name]) // 2
        left_out[name] = left_out.get(name, 0) + len(lists[name]) - kept
        made = {**made, name: lists[name][:kept], "left_out": dict(left_out)}
    return made


def _cut(data: dict[str, Any], most: int) -> dict[str, Any]:
    """Shorten every long text by half, until the whole fits or all are short."""
    length = most
    made: Any = data
    while _length(made) > most and length > LEAST:
        length //= 2
        made = _shortened(made, length)
    return dict(made)


def _shortened(data: Any, length: int) -> Any:
    match data:
        case str():
            return data if len(data) <= length else f"{data[:length]}…"
        case dict():
            return {name: _shortened(one, length) for name, one in data.items()}
        case list():
            return [_shortened(one, length) for one in data]
    return data


def _length(data: Any) -> int:
    return len(json.dumps(data, ensure_ascii=False))
