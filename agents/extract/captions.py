"""Captions (WebVTT, SubRip) → blocks: what is said, in paragraphs, each at its second (#t=75)."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from agents.extract import plain
from agents.extract.blocks import Block, CannotRead, Pile
from tutorai.lmsdm.schema import Unreadable

CUES = 100_000
PAUSE = 4.0  # seconds without a word that begin a paragraph
WORDS = 60  # after as many, the next sentence begins one
MOST = 150  # words of a paragraph that has no end of a sentence
STAMP = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
TIMES = re.compile(rf"\s*{STAMP}\s*-->\s*{STAMP}")
# None reaches into the next one: a line of a million beginnings would be looked through for each.
SPEAKER = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^<>]*)>")
TAG = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")  # of WebVTT and HTML; of SubStation, in some .srt files
ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&nbsp;": " ", "&lrm;": "", "&rlm;": ""}
ENDS = (".", "!", "?", "…", "。", "！", "？")

Cue = tuple[float, float, str]  # from, until, what is said


def read(file: BinaryIO) -> list[Block]:
    """Return one block a paragraph. Raises CannotRead: broken, too_big."""
    text = plain.written(file)
    pile = Pile()
    began, ended, held = 0.0, 0.0, list[str]()
    known = 0
    for known, (start, end, said) in enumerate(_cues(text), 1):
        if known > CUES:
            raise CannotRead(Unreadable.TOO_BIG)
        length = sum(len(each.split()) for each in held)
        full = length >= MOST or (length >= WORDS and held[-1].endswith(ENDS))
        if held and (full or start - ended > PAUSE):
            pile.add(" ".join(held), anchor=f"#t={int(began)}")
            held = []
        if not held:
            began = start
        held.append(said)
        ended = end
    if held:
        pile.add(" ".join(held), anchor=f"#t={int(began)}")
    if not known and text.strip():
        raise CannotRead(Unreadable.BROKEN)
    return pile.blocks


def _cues(text: str) -> Iterator[Cue]:
    """Yield what is said; a line that only repeats the one before, as rolling captions do, once."""
    last = ""
    for part in re.split(r"\n\s*\n", text):
        lines = part.split("\n")
        at = 0 if TIMES.match(lines[0]) else 1  # an id may stand above the times
        told = TIMES.match(lines[at]) if at < len(lines) else None
        if told is None:
            continue  # a heading, a note, a style
        said = [line for line in map(_spoken, lines[at + 1 :]) if line]
        fresh = [line for line in said if line != last]
        last = said[-1] if said else last
        if fresh:
            yield _seconds(told.groups()[:4]), _seconds(told.groups()[4:]), " ".join(fresh)


def _spoken(line: str) -> str:
    line = TAG.sub("", SPEAKER.sub(r"\1: ", line))
    for name, sign in ENTITIES.items():
        line = line.replace(name, sign)
    return " ".join(line.split())


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, rest = (int(part or 0) for part in parts)
    return hours * 3600 + minutes * 60 + seconds + rest / float(10 ** len(parts[3] or "0"))
