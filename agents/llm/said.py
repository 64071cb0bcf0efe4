"""What is said to a model and by it, and about how many tokens that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

LETTERS = 3  # bytes; a token has at least about as many, in whatever language
PICTURE = 2000  # tokens, a large one
MOST = 100_000_000  # tokens of one request; whoever tells more cannot count
FRAME = 4  # tokens around each message

Said = Mapping[str, Any]  # {"role", "content", …} as OpenAI has it


@dataclass(frozen=True)
class Text:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True)
class Asks:
    """A tool that the model wants called. The arguments are its own words: JSON, if it is right."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Wanted:
    """One request: what is said, with which tools, and in which form the answer is wanted."""

    messages: Sequence[Said]
    most_out: int  # tokens
    tools: Sequence[Mapping[str, Any]] = ()
    needs_tools: bool = False
    schema: Mapping[str, JsonValue] | None = None

    def tokens(self) -> int:
        """About how many tokens the request is, rather too many than too few."""
        told = sum(tokens(said) for said in self.messages)
        for extra in (self.tools or None, self.schema):
            told += estimate(str(extra)) if extra else 0
        return told


@dataclass
class Usage:
    """Tokens of one request; `counted` when the endpoint told them itself."""

    tokens_in: int = 0
    tokens_out: int = 0
    counted: bool = False


def counted(told: Any) -> int:
    """Return a number of tokens that an endpoint tells; 0 for what can be none."""
    return told if type(told) is int and 0 < told <= MOST else 0


def estimate(text: str) -> int:
    """Return about how many tokens a text is, rather too many than too few."""
    return len(text.encode("utf-8", "ignore")) // LETTERS + FRAME


def tokens(said: Said) -> int:
    """About how many tokens a message is, with its pictures and the calls that it tells of."""
    content = said.get("content") or ""
    told = estimate(str(said["tool_calls"])) if said.get("tool_calls") else 0
    if isinstance(content, str):
        return told + estimate(content)
    return told + sum(_part(part) for part in content)


def _part(part: Mapping[str, Any]) -> int:
    return estimate(str(part.get("text", ""))) if part.get("type") == "text" else PICTURE
