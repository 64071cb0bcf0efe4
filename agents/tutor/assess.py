"""What a student's turn is: by rules where they are sure, else judged by a small model.

What the model says is data: it chooses among our words and the course's own skills, never who the
student is or may do. A sign of distress, or a wish for a person, that rules or model see stands.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from agents import care, llm
from agents.tutor import fence, signs
from agents.tutor.decide import TRYING
from agents.tutor.records import Assessment, Move
from agents.tutor.signs import Sign

PROMPT = Path(__file__).parent.parent / "prompts" / "assess.md"
MOST_OUT = 300  # tokens
TOLD = 1200  # characters of what the tutor said last, and of what is known of the problem
SUBJECT, MISTAKE = 200, 400  # characters
WRITTEN = {"subject", "mistake"}  # in words of the model's own


@dataclass(frozen=True)
class Setting:
    """What a turn stands in."""

    guided: bool = False  # the tutor guides here: it matters whether a problem is being solved
    bound: bool = False  # the talk is about work to hand in
    working: bool = False  # the tutor's last words were about a problem, and waited for a reply
    subject: str = ""  # of that problem
    said: str = ""  # what the tutor said last
    answers: tuple[str, ...] = ()  # what is right, where the teacher told it
    skills: tuple[tuple[str, str], ...] = ()  # (id, title)


class Judged(BaseModel):
    """What the model is asked for."""

    move: Move
    subject: str = ""
    mistake: str = ""
    skills: list[int] = Field(default_factory=list)
    mood: Literal["", "calm", "stuck", "frustrated", "anxious"] = ""
    wants_person: bool = False
    distress: bool = False


@cache
def rules() -> str:
    """The prompt's fixed part."""
    return PROMPT.read_text(encoding="utf-8")


def by_rules(text: str, setting: Setting) -> tuple[Assessment, bool]:
    """Return how rules judge a turn, and whether a small model should be asked."""
    sign = signs.read(text, working=setting.working)
    subject = setting.subject if _goes_on(sign.move, setting) else ""
    made = Assessment(
        move=sign.move,
        subject=subject or " ".join(text.split())[:SUBJECT],
        wants_person=sign.wants_person or care.wants_person(text),
        distress=care.distress(text),
    )
    settled = made.distress or made.wants_person or _plain(sign, setting)
    return made, not settled


def _goes_on(move: Move, setting: Setting) -> bool:
    """Whether a turn is about the problem that was there before."""
    return bool(setting.subject) and move not in {Move.PROBLEM, Move.QUESTION, Move.OFF_TOPIC}


def _plain(sign: Sign, setting: Setting) -> bool:
    """Whether the rules' word is enough."""
    if sign.move is Move.QUESTION and setting.guided and (setting.bound or setting.working):
        return sign.sure and sign.notion
    if setting.guided:
        return sign.sure
    return sign.sure or sign.move not in TRYING


def messages(text: str, setting: Setting) -> list[llm.Said]:
    """Return what the small model is told: never who the student is."""
    parts = [rules()]
    if setting.skills:
        listed = "\n".join(f"{n}. {title}" for n, (_, title) in enumerate(setting.skills, 1))
        parts.append(f"Skills of the course:\n{fence.block('skills', listed)}")
    if setting.subject:
        parts.append(f"The problem so far:\n{fence.block('problem', setting.subject[:TOLD])}")
    if setting.answers:
        right = "\n".join(setting.answers)[:TOLD]
        parts.append(f"What is right (known to the teacher):\n{fence.block('right', right)}")
    if setting.said:
        parts.append(f"The tutor's last words:\n{fence.block('tutor', setting.said[-TOLD:])}")
    return [
        {"role": "system", "content": "\n\n".join(parts)},
        {"role": "user", "content": fence.block("message", text)},
    ]


def joined(ruled: Assessment, told: Judged, setting: Setting) -> Assessment:
    """Return the model's judgement within what the rules allow."""
    ids = [pk for pk, _ in setting.skills]
    named = tuple(ids[n - 1] for n in dict.fromkeys(told.skills) if 1 <= n <= len(ids))
    goes_on = _goes_on(told.move, setting)
    subject = (setting.subject if goes_on else "") or _line(told.subject) or ruled.subject
    return Assessment(
        move=told.move,
        subject=subject[:SUBJECT],
        mistake=_line(told.mistake)[:MISTAKE],
        skills=named,
        mood=told.mood,
        wants_person=ruled.wants_person or told.wants_person,
        distress=ruled.distress or told.distress,
        judged_by="model",
    )


def _line(text: str) -> str:
    return " ".join(text.split())
