"""What the model is told: the rules, what others wrote behind fences, the one thing to do now.

What stays the same from turn to turn comes first, so that an endpoint may keep it.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.conf.locale import LANG_INFO

from agents import words
from agents.llm import Said
from agents.retrieve import Passage
from agents.tutor import fence
from agents.tutor.cover import Cover
from agents.tutor.records import Assessment, Decision, Policy, Way
from agents.tutor.sealed import Vault

PROMPTS = Path(__file__).parent.parent / "prompts"
FILES = (
    "tutor",
    "guide",
    "explain",
    "grounded",
    "general",
    "unpassaged",
    "persona",
    "vault",
    "tools",
    "stricter",
    "intents",
    "ladder",
    "assess",
)
PART = re.compile(r"^## (\S+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
SOLUTIONS, LONGEST = 12, 3000  # of a vault that are told, and characters of each
MOODS = {
    "stuck": "The student is stuck: make the step smaller.",
    "frustrated": "The student is frustrated: say first that this is hard and that they are not far off.",
    "anxious": "The student is anxious: be calm, and make the step small and safe.",
}


@dataclass(frozen=True)
class Told:
    """What a turn's prompt is made of."""

    question: str
    decision: Decision
    assessment: Assessment
    policy: Policy
    cover: Cover
    canary: str
    passages: Sequence[Passage] = ()
    before: Sequence[Said] = ()
    vault: Vault = field(default_factory=Vault)
    problem: str = ""  # the title of the work that the talk is about
    parts: Sequence[dict[str, Any]] = ()  # what was sent along, as message parts
    locale: str = "en"
    tools: bool = False


@cache
def prompt(name: str) -> str:
    """One prompt file."""
    return (PROMPTS / f"{name}.md").read_text(encoding="utf-8").strip()


@cache
def _parts(name: str) -> dict[str, str]:
    return {found[1]: found[2].strip() for found in PART.finditer(prompt(name))}


@cache
def prompt_hash() -> str:
    """Names the rules an answer was made under: every prompt of a turn."""
    return hashlib.sha256("\0".join(map(prompt, FILES)).encode()).hexdigest()


@cache
def kept() -> tuple[str, ...]:
    """The rules that no run of words may leave from."""
    return tuple(prompt(name) for name in FILES)


def messages(told: Told) -> list[Said]:
    """Return the conversation for the model. People of the course are hidden in all of it."""
    cover = told.cover
    system = "\n\n".join(_system(told))
    before = [{**said, "content": _spoken(cover, str(said["content"]))} for said in told.before]
    asked: Any = _spoken(cover, told.question)
    if told.parts:
        asked = [{"type": "text", "text": asked}, *(_part(told.cover, one) for one in told.parts)]
    return [
        {"role": "system", "content": system},
        *before,
        {"role": "user", "content": asked},
    ]


def _spoken(cover: Cover, text: str) -> str:
    """What was said in the talk: no sign in it begins another turn, or a fence."""
    return cover.hide(fence.harmless(text))


def _part(cover: Cover, part: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent along; in a picture nobody can be hidden."""
    return {**part, "text": cover.hide(part["text"])} if part.get("type") == "text" else {**part}


def _system(told: Told) -> Iterator[str]:
    guided = told.decision.way is Way.GUIDE
    yield prompt("tutor")
    yield prompt("guide" if guided else "explain")
    yield fence.RULE
    yield fence.watch(told.canary)
    if told.policy.persona:
        persona = fence.block("persona", told.cover.hide(told.policy.persona))
        yield f"{prompt('persona')}\n{persona}"
    if told.vault:
        yield f"{prompt('vault')}\n{_sealed(told)}"
    yield _knowledge(told)
    if told.tools:
        yield prompt("tools")
    yield _now(told)


def _knowledge(told: Told) -> str:
    if not told.passages:
        return prompt("general" if told.policy.general else "unpassaged")
    blocks = "\n\n".join(_block(n, one) for n, one in enumerate(told.passages, 1))
    rules = prompt("general" if told.policy.general else "grounded")
    return f"{rules}\n{fence.block('passages', told.cover.hide(blocks))}"


def _block(n: int, passage: Passage) -> str:
    where = " > ".join(dict.fromkeys((passage.title, *passage.heading_path)))
    return f"[{n}] {where}\n{passage.text}"


def _sealed(told: Told) -> str:
    """What the teacher entrusted to the tutor, as far as it fits."""
    lines: list[str] = []
    for one in told.vault.solutions[:SOLUTIONS]:
        finals = ", ".join(one.finals)
        facts = (("Problem", one.problem), ("Solution", one.text), ("Final answer", finals))
        lines += [f"{name}: {text[:LONGEST]}" for name, text in facts if text]
    for other in told.vault.mistakes[:SOLUTIONS]:
        lines.append(f"Common mistake: {other.text[:LONGEST]}")
    return fence.block("vault", told.cover.hide("\n".join(lines)))


def _now(told: Told) -> str:
    """What to do in this turn."""
    lines = ["What you do now", _parts("intents")[told.decision.intent.value]]
    if told.decision.level:
        lines.append(_parts("ladder")[str(told.decision.level)])
    if told.problem:
        title = fence.block("task", told.cover.hide(told.problem))
        lines.append(f"The talk is about this work to hand in:\n{title}")
    if told.assessment.mistake:
        noted = fence.block("note", told.cover.hide(told.assessment.mistake))
        lines.append(f"A first look at the student's mistake, which may be wrong:\n{noted}")
    if mood := MOODS.get(told.assessment.mood):
        lines.append(mood)
    lines.append(language(told))
    return "\n\n".join(lines)


def language(told: Told) -> str:
    """Say in which language to answer: that of the question, else of what they asked before."""
    mine = [str(said["content"]) for said in told.before if said["role"] == "user"]
    for text in (told.question, *reversed(mine)):
        if code := words.language_of(text):
            return f"Answer in {name(code)}."
    return (
        f"Answer in the language of the question; where it does not tell, in {name(told.locale)}."
    )


def name(code: str) -> str:
    """The English name of a language."""
    told = LANG_INFO.get(code) or LANG_INFO.get(code.partition("-")[0]) or {}
    return str(told.get("name") or code)


def toolless(messages: Sequence[Said]) -> list[Said]:
    """Return the same for a model that calls no tools."""
    system, *rest = messages
    told = str(system["content"]).replace(f"{prompt('tools')}\n\n", "", 1)
    return [{**system, "content": told}, *rest]


def stricter(messages: Sequence[Said], read: str) -> list[Said]:
    """Return the conversation for a second draft, after the first was stopped at `read`."""
    system, *rest = messages
    told = f"{system['content']}\n\n{prompt('stricter')}"
    if read.strip():
        told += f"\n{fence.block('draft', read)}"
    return [{**system, "content": told}, *rest]
