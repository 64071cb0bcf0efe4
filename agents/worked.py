"""Questions with worked feedback, made by a model from one passage; each passage is paid for once.

What a model wrote is used when it can be proved as far as a program can: the words it quotes stand
in the passage, one choice is right, its hint does not tell it, and no solution that the teacher
entrusted to the tutor is in it. What could be proved of nothing is remembered too.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.core.cache import cache
from pydantic import BaseModel, Field, ValidationError
from redis.exceptions import RedisError

from agents import asked, llm, outcomes
from agents.asked import Asked
from agents.models.index import Chunk
from agents.models.learning import Worked
from agents.practice import Exercise, Verdict, stands
from agents.spend import Capability, For
from agents.tutor import cite, fence, roster, vault
from agents.tutor.holdback import Holdback
from agents.tutor.sealed import Vault
from tutorai.errors import ModelError, NotFound, SwitchedOff
from tutorai.lmsdm.models import Course

PROMPT = (Path(__file__).parent / "prompts" / "practice.md").read_text()
VERSION = hashlib.sha256(PROMPT.encode()).hexdigest()[:12]
FEWEST = 25  # words of a passage that is worth a question
AT_ONCE = 3  # passages of one job
REST = timedelta(minutes=30)  # before anybody's practice asks for more of the same skill


class Choice(BaseModel):
    """One of the answers to pick from."""

    text: str = Field(min_length=1, max_length=240)
    right: bool
    why: str = Field(max_length=400)


class Drawn(BaseModel):
    """A question as a model writes it; without words there is nothing to ask."""

    question: str = Field(max_length=400)
    choices: list[Choice] = Field(max_length=5)
    hint: str = Field(max_length=300)
    worked: str = Field(max_length=900)
    quote: str = Field(max_length=600)


def proved(drawn: Drawn, passage: str) -> Drawn | None:
    """Return the question with the passage's own words for its quote; None if it cannot be used."""
    quote = cite.find(drawn.quote, passage)
    texts = [outcomes.plain(one.text) or one.text.strip() for one in drawn.choices]
    right = [text for text, one in zip(texts, drawn.choices, strict=True) if one.right]
    if not quote or len(right) != 1 or len(texts) < 3 or len(set(texts)) < len(texts):
        return None
    said = [outcomes.plain(drawn.question), outcomes.plain(drawn.hint)]
    if not said[0] or not drawn.worked.strip() or any(_within(right[0], one) for one in said):
        return None
    return drawn.model_copy(update={"quote": quote})


def _within(words: str, said: str) -> bool:
    return f" {words} " in f" {said} "


def held(course_id: UUID, chunks: Collection[Chunk]) -> dict[str, Worked]:
    """Return what was made of these passages, by the digest of their text."""
    digests = {_sha256(chunk.text) for chunk in chunks}
    rows = Worked.objects.filter(course=course_id, sha256__in=digests, prompt=VERSION)
    return {row.sha256: row for row in rows}


def asks(course_id: UUID, chunks: Sequence[Chunk]) -> list[tuple[Asked, Drawn]]:
    """Return the questions there are for these passages, in their order.

    What was told the tutor in confidence since they were made is in none of them.
    """
    made = held(course_id, chunks)
    if not made:
        return []
    told, found = vault.of(course_id), []
    for chunk in chunks:
        row = made.get(_sha256(chunk.text))
        for number in range(len(row.questions) if row else 0):
            what = Asked(str(chunk.pk), asked.digest(chunk.text), None, str(row and row.pk), number)
            drawn = question(row, number)
            if drawn is not None and not _tells(told, drawn):
                found.append((what, drawn))
    return found


def question(row: Worked | None, number: int) -> Drawn | None:
    """Return one question of a row; None for one that another version of us wrote."""
    try:
        return Drawn.model_validate(row.questions[number]) if row else None
    except (ValidationError, IndexError):
        return None


def exercise(what: Asked, drawn: Drawn, chunk: Chunk) -> Exercise:
    """A question as it is shown: its choices in an order that tells nothing."""
    texts = sorted(
        (one.text for one in drawn.choices), key=lambda one: asked.digest(one + what.mark)
    )
    return Exercise(
        token=what.seal(),
        before="",
        after="",
        title="" if what.is_check else chunk.title,
        language=chunk.language,
        letters=0,
        choices=tuple(texts),
        question=drawn.question,
        kind=what.kind,
        skill_id=asked.uuid(what.skill),
    )


def of(chunk: Chunk, what: Asked) -> Drawn:
    """Return the question that was asked of a passage, or raise NotFound."""
    row = Worked.objects.filter(
        course=chunk.course_id, pk=what.worked, sha256=_sha256(chunk.text)
    ).first()
    found = question(row, what.number)
    if found is None or _tells(vault.of(chunk.course_id), found):
        raise NotFound()
    return found


def picked(chunk: Chunk, what: Asked, said: str) -> Verdict:
    """Judge what was picked; nothing: show it."""
    drawn = of(chunk, what)
    right = next(one for one in drawn.choices if one.right)
    taken = next((one for one in drawn.choices if one.text.split() == said.split()), None)
    return Verdict(
        right=taken is right,
        spelt=True,
        word=right.text,
        before="",
        after="",
        quote=drawn.quote,
        question=drawn.question,
        worked=drawn.worked,
        why=(taken or right).why,
        **stands(chunk),
    )


def lacking(who: For, skill_id: UUID, chunks: Sequence[Chunk]) -> list[UUID]:
    """Return which passages a question is to be made of now; none where no model can be asked.

    Whoever asks first within half an hour is told; so nothing is begun twice.
    """
    made = held(who.course_id or skill_id, chunks)
    bare = [
        chunk.pk
        for chunk in chunks
        if len(chunk.text.split()) >= FEWEST and _sha256(chunk.text) not in made
    ]
    if not bare or not llm.available(who, small=True):
        return []
    try:
        first = cache.add(f"practice:drawn:{skill_id}", 1, REST.total_seconds())
    except RedisError:
        return []
    return bare[:AT_ONCE] if first else []


def make(course_id: UUID | str, chunk_ids: Iterable[UUID | str]) -> int:
    """Make a question of each of these passages that has none; return how many are usable.

    Blocking: it asks a model. Where that cannot be asked any more it ends; nobody waits for it.
    """
    course = Course.objects.get(pk=course_id)
    who = For(course.institution_id, course.pk, None, Capability.PRACTICE)
    usable, cover = 0, roster.of_course(course.institution_id, course.pk)
    for chunk in Chunk.objects.filter(pk__in=list(chunk_ids), course=course):
        if held(course.pk, [chunk]):
            continue
        try:
            told = llm.ask_now(who, cover.hidden(_messages(chunk)), Drawn)
        except (ModelError, SwitchedOff):
            break
        drawn = Drawn.model_validate(cover.shown(told.model_dump()))
        found = proved(drawn, chunk.text)
        kept = [found.model_dump()] if found and not _tells(vault.of(course.pk), found) else []
        usable += len(kept)
        row = Worked(course=course, sha256=_sha256(chunk.text), prompt=VERSION, questions=kept)
        Worked.objects.bulk_create([row], ignore_conflicts=True)
    return usable


def _messages(chunk: Chunk) -> list[llm.Said]:
    heading = " > ".join((chunk.title, *chunk.headings))
    passage = fence.block("passage", f"{heading}\n{chunk.text}")
    return [
        {"role": "system", "content": f"{PROMPT}\n{fence.RULE}"},
        {"role": "user", "content": passage},
    ]


def _tells(told: Vault, drawn: Drawn) -> bool:
    """Whether it says a solution that the tutor was told in confidence."""
    gate = Holdback(told)
    said = [one for choice in drawn.choices for one in (choice.text, choice.why)]
    gate.feed("\n".join([drawn.question, drawn.hint, *said, drawn.worked]))
    gate.close()
    return bool(gate.hit)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
