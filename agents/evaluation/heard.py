"""What became of one scenario: all that its student heard, and what was written down. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.evaluation.scenarios import Scenario, Turn

ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


@dataclass(frozen=True)
class Heard:
    """One turn. `shown` is what came piece by piece, `answer` what stood there at the end."""

    turn: Turn
    error: str = ""  # a TutorError's code
    shown: str = ""
    answer: str = ""
    told: str = ""  # every other text that reached the student: notices, names of tools
    mode: str = ""
    way: str = ""
    intent: str = ""
    hint: int | None = None
    held: int = 0  # times that the gate stopped the model
    citations: Sequence[Mapping[str, Any]] = ()
    tools: Sequence[Mapping[str, Any]] = ()
    calls: int = 0  # of a model
    seconds: float = 0.0
    first: float | None = None  # seconds until the first text

    @property
    def everything(self) -> str:
        """All that the student could read of it; ids of ours are random, and say nothing."""
        return ID.sub("", "\n".join((self.shown, self.answer, self.told)))


@dataclass(frozen=True)
class Tried:
    """One scenario as it went, and what the checks know of its course."""

    scenario: Scenario
    heard: Sequence[Heard]
    texts: Sequence[str]  # what students may read in the course
    hints: int  # the ladder's highest step here
    effects: Sequence[str] = ()
    broken: str = ""  # an error that none of ours foresaw


@dataclass(frozen=True)
class Failure:
    """What did not hold. `turn` counts from 1; 0: the conversation as a whole."""

    subject: str
    scenario: str
    turn: int
    invariant: str
    why: str

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return dict(vars(self))
