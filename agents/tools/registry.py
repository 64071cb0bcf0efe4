"""The tools there are, and how one is run: its arguments checked, its answer kept to a size."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from tutorai.errors import Bug, TutorError
from tutorai.lmsdm.schema import Actor

logger = logging.getLogger(__name__)

A = TypeVar("A", bound="Asked")

MOST = 24_000  # characters of an answer; a model reads some 6,000 tokens of it
LEAST = 200  # characters of a text that are left when it is cut


class Asked(BaseModel):
    """The base of what a tool takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Tool(Generic[A]):
    """One tool. `words` is what a model reads about it; `works` may block."""

    name: str
    words: str
    asked: type[A]
    answer: type[BaseModel]
    works: Callable[[Actor, A], BaseModel]
    for_whom: Callable[[Actor], bool] = lambda actor: True
    writes: bool = False  # a proposal; nothing else

    @property
    def takes(self) -> dict[str, Any]:
        """The JSON schema of its arguments."""
        return self.asked.model_json_schema()

    @property
    def answers(self) -> dict[str, Any]:
        """The JSON schema of its answer."""
        return self.answer.model_json_schema(mode="serialization")


@dataclass(frozen=True)
class Result:
    """What became of a call: `data` as JSON has it, or why not, in words for a model."""

    data: dict[str, Any]
    failed: bool = False

    @property
    def text(self) -> str:
        """The same as text."""
        return json.dumps(self.data, ensure_ascii=False)


def run(
    tools: Mapping[str, Tool[Any]], actor: Actor, name: str, arguments: Mapping[str, Any] | None
) -> Result:
    """Run a tool for the actor; what goes wrong is a result too. Blocking."""
    tool = tools.get(name)
    if tool is None or not tool.for_whom(actor):
        there = ", ".join(each.name for each in tools.values() if each.for_whom(actor))
        return _failed("unknown_tool", f"There is no tool {name[:80]!r} here. There are: {there}.")
    try:
        asked = tool.asked.model_validate(dict(arguments or {}))
    except ValidationError as error:
        return _failed("bad_arguments", _faults(error))
    try:
        told = tool.works(actor, asked)
    except TutorError as error:
        return _failed(error.code, str(error))
    except Exception:
        logger.exception("Tool %s met a bug", tool.name)
        return _failed(Bug.code, str(Bug()))
    return Result(sized(told.model_dump(mode="json")))


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
