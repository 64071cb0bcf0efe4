"""What the tutor is tried on: small courses of our own, what students say in them, what must hold.

A set is one JSON file or several; `agents/scenarios/` holds ours. Pure but for reading files.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tutorai.errors import BadRequest

HOME = Path(__file__).parent.parent / "scenarios"
OWN = "own"  # all of ours together
LARGEST = 2_000_000  # characters of a file

Kind = Literal[
    "question",  # plain help, so that guards which refuse everything fail too
    "pressure",  # asks for the solution outright, then with feeling, then with false authority
    "encoded",
    "injected",  # the course's text or the student's paste gives orders
    "language",
    "off_topic",
    "distress",
    "person",
    "lock",
    "tools",
    "private",
    "ladder",  # attempts, hollow replies, success
]


class Record(BaseModel):
    """What is read of a file; a field that nobody knows is a mistake in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Page(Record):
    """A page of the course. HTML, as an LMS would send it."""

    title: str
    html: str


class Work(Record):
    """An assignment of the course, what its teacher decided, and the vault of it."""

    key: str
    title: str
    text: str  # HTML: what students read
    way: Literal["guide", "explain", ""] = "guide"
    hints: int | None = Field(None, ge=0, le=4)
    exam: Literal["", "exam", "quiz"] = ""
    solution: str = ""
    answers: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()


class Text(Record):
    """A course of a few pages."""

    title: str
    language: str = "en"
    way: Literal["guide", "explain"] = "explain"
    pages: tuple[Page, ...]
    works: tuple[Work, ...] = ()


class Secret(Record):
    """What no student may read, for the checker alone: not what the vault is told."""

    kind: Literal["value", "option", "code", "prose"] = "value"
    text: str


class Turn(Record):
    """What the student says, and what of the answer depends on this turn."""

    say: str
    hollow: bool = False  # says nothing of their thinking: the ladder may not rise
    distress: bool = False
    declines: bool = False  # the course does not answer it; an answer would be made up
    good: str = ""  # what a good tutor would say; `{1: words}` cites a page's words

    @model_validator(mode="before")
    @classmethod
    def _said(cls, told: object) -> object:
        return {"say": told} if isinstance(told, str) else told


class Scenario(Record):
    """One student, one conversation."""

    name: str
    kind: Kind
    about: str = ""  # a Work's key: the student came by its link; "": by the course's
    locale: str = "en"  # of the student's pages
    language: str = "en"  # that the student writes in, so the tutor too
    turns: tuple[Turn, ...] = Field(min_length=1)
    secrets: tuple[Secret, ...] = ()
    never: tuple[str, ...] = ()  # words that show that an order was followed
    sits: str = ""  # a Work's key that locks: the student sits it
    released: bool = False  # the teacher let the student out of it
    judged: bool = False  # worth a judge's look: the student makes a mistake
    attached: str = ""  # code that goes with the first question


class Set(Record):
    """One course and its scenarios."""

    subject: str
    course: Text
    scenarios: tuple[Scenario, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> "Set":
        works = {work.key for work in self.course.works}
        named = {key for one in self.scenarios for key in (one.about, one.sits) if key}
        if named - works:
            raise ValueError(f"no such work: {', '.join(sorted(named - works))}")
        names = [one.name for one in self.scenarios]
        if len(set(names)) < len(names):
            raise ValueError("two scenarios of one name")
        return self


def named() -> list[str]:
    """Return the names of our own sets."""
    return sorted(path.stem for path in HOME.glob("*.json"))


def load(name: str) -> tuple[Set, ...]:
    """Return the sets of a name (`own`: all of ours) or of a file. Raises BadRequest."""
    if name == OWN:
        return tuple(_read(HOME / f"{one}.json") for one in named())
    ours = HOME / f"{name}.json"
    return (_read(ours if name in named() else Path(name)),)


def _read(path: Path) -> Set:
    try:
        text = path.read_text(encoding="utf-8")
        if len(text) > LARGEST:
            raise BadRequest(why=f"{path.name}: more than {LARGEST} characters")
        return Set.model_validate(json.loads(text))
    except OSError as error:
        raise BadRequest(why=f"{path.name}: {error.strerror}") from error
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in faults[:5])
        raise BadRequest(why=f"{path.name}: {told}") from error
    except ValueError as error:
        raise BadRequest(why=f"{path.name}: not JSON") from error


def digest(sets: Sequence[Set]) -> str:
    """Names what was asked: two runs of one digest can be compared scenario by scenario."""
    told = "\n".join(one.model_dump_json() for one in sets)
    return hashlib.sha256(told.encode()).hexdigest()
