"""An answer in a form of ours: its schema as models take it, and reading what they then say."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from agents.llm.said import Said

M = TypeVar("M", bound=BaseModel)

STARTS = 20  # places in an answer where an object may begin, at most
LONGEST = 2000  # characters of a wrong answer that are shown to the model again
THOUGHT = re.compile(r"^.*</think(?:ing)?>", re.DOTALL)


@cache
def schema(kind: type[BaseModel]) -> Mapping[str, Any]:
    """Return the schema as the strict form wants it: all is required, nothing else is allowed."""
    told: Mapping[str, Any] = _strict(kind.model_json_schema())
    return told


def _strict(part: Any) -> Any:
    if isinstance(part, list):
        return [_strict(one) for one in part]
    if not isinstance(part, dict):
        return part
    told = {name: _strict(value) for name, value in part.items() if name != "default"}
    if isinstance(part.get("properties"), dict):
        # Within them names are ours, not the schema's: one may be called "default".
        told["properties"] = {name: _strict(one) for name, one in part["properties"].items()}
        told |= {"required": list(part["properties"]), "additionalProperties": False}
    return told


def read(text: str, kind: type[M]) -> M:
    """Return the first object in the text that is of this kind. Raises ValidationError."""
    wrong: ValidationError | None = None
    for found in _objects(THOUGHT.sub("", text)):
        try:
            return kind.model_validate(found)
        except ValidationError as error:
            wrong = wrong or error
    if wrong is not None:
        raise wrong
    return kind.model_validate_json(text)  # raises, and says what is wrong with it


def _objects(text: str) -> Iterator[dict[str, Any]]:
    decoder, at = json.JSONDecoder(), text.find("{")
    for _try in range(STARTS):
        if at < 0:
            return
        try:
            found, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield found
        at = text.find("{", end)


def repair(text: str, error: ValidationError, kind: type[BaseModel]) -> list[Said]:
    """What is said to a model after a wrong answer, so that it gives a right one."""
    wrong = "; ".join(
        f"{'.'.join(map(str, one['loc'])) or 'answer'}: {one['msg']}" for one in error.errors()[:5]
    )
    told = json.dumps(schema(kind), ensure_ascii=False)
    words = f"This was not right ({wrong}). Answer with one JSON object of this schema:\n{told}"
    return [
        {"role": "assistant", "content": text[:LONGEST] or "{}"},
        {"role": "user", "content": words},
    ]
