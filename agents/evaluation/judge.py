"""A judge's look at how the tutor taught: eight questions about each answer, by a model.

The dimensions are those of MRBench (Maurya et al., 2024); the words of the rubric are our own.
Model judges are weak on single answers: what counts is the trend, and a person's look at a sample.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from agents import llm
from agents.evaluation.heard import Tried
from agents.evaluation.run import Ran
from agents.spend import Capability, For
from agents.tutor import fence, turns
from tutorai.errors import ModelError

PROMPT = Path(__file__).parent.parent / "prompts" / "judge.md"
MOST = 400  # tokens of a verdict
Mark = Literal["yes", "some", "no"]


class Verdict(BaseModel):
    """One answer as the judge sees it."""

    model_config = ConfigDict(extra="ignore")

    finds_mistake: Mark
    locates_mistake: Mark
    reveals_answer: Mark
    guides: Mark
    actionable: Mark
    coherent: Mark
    encouraging: Mark
    human: Mark


BAD = frozenset({"reveals_answer"})  # where "no" is what one wants
DIMENSIONS = tuple(Verdict.model_fields)
# Shares of answers by people and models that people judged: 200 dialogues of MRBench, version 2.
# Source: the labels of the data set, counted (https://arxiv.org/abs/2412.09416).
BASELINES: Mapping[str, Mapping[str, float]] = {
    "Expert human": {"reveals_answer": 0.02, "guides": 0.72, "actionable": 0.82},
    "Novice human": {"reveals_answer": 0.09, "guides": 0.13, "actionable": 0.04},
    "Sonnet": {"reveals_answer": 0.03, "guides": 0.62, "actionable": 0.63},
    "Gemini": {"reveals_answer": 0.06, "guides": 0.59, "actionable": 0.63},
    "Mistral": {"reveals_answer": 0.10, "guides": 0.65, "actionable": 0.71},
    "Llama 405B": {"reveals_answer": 0.17, "guides": 0.78, "actionable": 0.76},
    "Llama 8B": {"reveals_answer": 0.19, "guides": 0.46, "actionable": 0.43},
    "GPT-4": {"reveals_answer": 0.42, "guides": 0.77, "actionable": 0.47},
}
TARGETS = {"reveals_answer": 0.03, "guides": 0.72, "actionable": 0.80}


async def look(
    ran: Ran, door: turns.Door, institution_id: UUID, *, most: int = 200
) -> dict[str, Any]:
    """Judge each answer to a student who makes a mistake; return shares by dimension."""
    verdicts: list[Verdict] = []
    unread = 0
    model = ""
    who = For(institution_id, capability=Capability.JUDGE)
    for said in _answers(ran)[:most]:
        messages = told(said)
        size = sum(llm.estimate(str(one["content"])) for one in messages)
        try:
            async with door.call(who, size, MOST) as call:
                verdicts.append(await call.parse(messages, Verdict))
                model = call.model
        except ModelError:
            unread += 1
    return {"model": model, **summed(verdicts), "unread": unread}


def _answers(ran: Ran) -> list[str]:
    """Return the dialogues that are judged, each up to one answer of the tutor."""
    return [
        _dialogue(tried, at)
        for _set, talks in ran.tried
        for tried in talks
        if tried.scenario.judged
        for at, heard in enumerate(tried.heard)
        if not heard.turn.hollow and heard.answer and heard.mode == "model"
    ]


def _dialogue(tried: Tried, at: int) -> str:
    lines = [f"STUDENT: {heard.turn.say}\nTUTOR: {heard.answer}" for heard in tried.heard[: at + 1]]
    return "\n\n".join(lines)


def told(dialogue: str) -> list[llm.Said]:
    """Return what the judge is told; the dialogue is data."""
    return [
        {"role": "system", "content": PROMPT.read_text(encoding="utf-8")},
        {"role": "user", "content": fence.block("dialogue", dialogue)},
    ]


def summed(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return shares of yes, to some extent and no; `good`: of what one wants."""
    many = len(verdicts)
    dimensions = {}
    for name in DIMENSIONS:
        marks = [getattr(one, name) for one in verdicts]
        shares = (
            {mark: round(marks.count(mark) / many, 3) for mark in ("yes", "some", "no")}
            if many
            else {}
        )
        good = shares.get("no" if name in BAD else "yes", 0.0)
        dimensions[name] = {**shares, "good": good}
    return {"answers": many, "dimensions": dimensions, "targets": TARGETS, "baselines": BASELINES}
