"""The keys of a synced quiz as solutions. Pure."""

from selectolax.lexbor import LexborHTMLParser

from agents.extract import CannotRead, html
from agents.tutor.sealed import Solution
from tutorai.lmsdm.quizzes import Ask, Question, Quiz

CHOSEN = frozenset({Ask.SINGLE, Ask.MULTIPLE})


def of(quiz: Quiz, *, own: bool = True) -> list[Solution]:
    """Return what answers each question of a quiz; nothing for those that have no key."""
    made = (_solution(one, own=own, shuffled=quiz.shuffle) for one in quiz.questions)
    return [one for one in made if one is not None]


def _solution(asked: Question, *, own: bool, shuffled: bool) -> Solution | None:
    problem = plain(asked.text)
    right = tuple(at for at, one in enumerate(asked.choices) if one.share > 0)
    texts = tuple(plain(one.text) for one in asked.choices)
    if asked.ask in CHOSEN and right:
        return Solution(problem=problem, choices=texts, right=right, own=own, lettered=not shuffled)
    if asked.ask is Ask.TRUE_FALSE and right:
        return Solution(problem=problem, verdict=_verdict(texts, right), own=own)
    if asked.ask in (Ask.SHORT, Ask.NUMBER) and right:
        answers = tuple(texts[at] for at in right)
        return Solution(problem=problem, answers=answers, tolerance=float(asked.tolerance), own=own)
    if asked.ask is Ask.MATCHING and asked.pairs:
        pairs = tuple((plain(one.left), plain(one.right)) for one in asked.pairs)
        return Solution(problem=problem, pairs=pairs, own=own)
    return None


def _verdict(texts: tuple[str, ...], right: tuple[int, ...]) -> bool:
    """Whether "true" is right: the LMSs write it so in every language, or put it first."""
    told = texts[right[0]].strip().casefold()
    if told in {"false", "falso", "falsch", "faux"}:
        return False
    return told in {"true", "verdadero", "wahr", "richtig", "vrai"} or right[0] == 0


def plain(markup: str) -> str:
    """Return HTML as text, formulas as LaTeX."""
    if "<" not in markup and "&" not in markup:
        return markup.strip()
    try:
        told = "\n".join(block.text for block in html.read(markup)).strip()
    except CannotRead:
        told = ""
    return told or LexborHTMLParser(markup).text(separator=" ").strip()
