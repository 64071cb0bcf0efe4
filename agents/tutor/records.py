"""What passes between the steps of a turn: how it was judged, what was decided. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

HIGHEST = 4  # step of the hint ladder


class Way(StrEnum):
    """How the tutor helps."""

    GUIDE = "guide"
    EXPLAIN = "explain"


class Move(StrEnum):
    """What the student's turn is. After StratL (arXiv 2410.03781), with words of our own."""

    QUESTION = "question"  # about the course or a concept; no problem is being solved
    PROBLEM = "problem"  # brings a problem, without an attempt
    ASKS_SOLUTION = "asks_solution"
    ASKS_HINT = "asks_hint"
    WRONG = "wrong"
    SLIP = "slip"  # a slip of calculation or notation in sound thinking
    PARTIAL = "partial"  # right, and not finished
    COMPLETE = "complete"  # right and finished
    UNCLEAR = "unclear"
    HOLLOW = "hollow"  # "ok", "don't know": says nothing of their thinking
    SOCIAL = "social"  # a greeting, thanks
    OFF_TOPIC = "off_topic"


class Assessment(BaseModel):
    """How a turn was judged, by a small model or by rules. A model's words are only data."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    move: Move
    subject: str = Field("", max_length=200)  # what it is about, for the ladder's title
    mistake: str = Field("", max_length=400)  # where the thinking goes wrong
    skills: tuple[str, ...] = ()  # ids of agents.Skill
    mood: Literal["", "calm", "stuck", "frustrated", "anxious"] = ""
    wants_person: bool = False
    distress: bool = False
    judged_by: Literal["model", "rules"] = "rules"


class Intent(StrEnum):
    """What the tutor does next; one a turn."""

    EXPLAIN = "explain"  # answer plainly, from the course
    ASK_ATTEMPT = "ask_attempt"  # ask for their thinking first
    ASK_REASON = "ask_reason"  # make them say why
    SELF_CORRECT = "self_correct"  # let them find the mistake
    LOCATE = "locate"  # say where it is, not what is right
    HINT = "hint"  # the ladder's step
    EXAMPLE = "example"  # a worked example that is like it, and not it
    CONFIRM = "confirm"  # it is right: say why, and offer a check
    NEXT_STEP = "next_step"
    CLARIFY = "clarify"
    REDIRECT = "redirect"  # kindly back to the course
    GREET = "greet"
    PERSON = "person"  # offer one
    CARE = "care"  # distress: the institution's contacts


@dataclass(frozen=True)
class Policy:
    """What holds for a turn: the activity's decisions over the course's over our own."""

    way: Way = Way.EXPLAIN
    ceiling: Way = Way.EXPLAIN
    hints: int = 3  # highest step of the ladder
    general: bool = False  # may go beyond the course's material, and says so
    persona: str = ""
    homework: bool = False  # about work to hand in: the ladder holds


@dataclass(frozen=True)
class Rung:
    """Where a student stands with one problem."""

    level: int = 0
    attempts: int = 0
    hollow: int = 0  # in a row
    solved: bool = False


@dataclass(frozen=True)
class Decision:
    """What the tutor does, and where the ladder stands after it."""

    intent: Intent
    level: int = 0  # of the hint given now
    rung: Rung = Rung()
    way: Way = Way.EXPLAIN
