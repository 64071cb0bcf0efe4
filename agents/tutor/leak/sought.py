"""What is looked for: each final answer as the kind of thing it is. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from agents import words
from agents.tutor.leak import figures, fold, formulas, units
from agents.tutor.sealed import Solution

WORDS = 8  # of a phrase whose words are looked for in any order
LONG = 7  # letters of a word that is seldom said by chance
_WRAP = " \t\n$`*\"'“”«»"
_NAMED = re.compile(r"\A\s*[^\W\d_][\w()']{0,12}\s*(?:=|≈|:)\s*")
_LETTER = re.compile(r"\A\s*\(?([A-Ha-h])(?:[).:]\s*|\Z)(?P<rest>.*)\Z", re.DOTALL)
_AND = re.compile(r"\s*(?:[;,]|\band\b|\bund\b|\by\b(?!\s*=)|\bet\b|\boder\b|\bor\b)\s*")
_CODED = re.compile(
    r"\n\s+\S|[;{}]\s*$|\b(?:def|return|print|import|function|lambda|select|echo)\b|[=!<>]=|\[-?\d*:"
    r"|\w\(.*\)|^\$ |\]$|->|::|&&|\|\|",
    re.MULTILINE | re.IGNORECASE,
)
_VERDICTS = {
    True: "true verdadero verdadera wahr richtig vrai vraie vero correct",
    False: "false falso falsa falsch faux fausse incorrect wrong",
}
VERDICT = {word: truth for truth, told in _VERDICTS.items() for word in told.split()}
# Long words that every lesson says.
COMMON = frozenset(
    [
        "increase",
        "increases",
        "increased",
        "increasing",
        "decrease",
        "decreases",
        "decreased",
        "decreasing",
        "positive",
        "negative",
        "constant",
        "different",
        "difference",
        "between",
        "because",
        "through",
        "another",
        "independent",
        "dependent",
        "example",
        "problem",
        "equation",
        "formula",
        "question",
        "answer",
        "solution",
        "function",
        "variable",
        "number",
        "greater",
        "smaller",
        "largest",
        "smallest",
        "maximum",
        "minimum",
        "average",
        "temperature",
        "pressure",
        "energy",
        "current",
        "voltage",
        "velocity",
        "acceleration",
        "distance",
        "general",
        "specific",
        "similar",
        "opposite",
        "neither",
        "nothing",
        "everything",
        "something",
        "anything",
        "process",
        "system",
        "method",
        "product",
        "reaction",
        "element",
        "compound",
        "mixture",
        "control",
        "science",
        "history",
        "culture",
        "language",
        "society",
        "children",
        "parents",
        "student",
        "teacher",
        "sentence",
        "paragraph",
        "language",
        "computer",
        "program",
        "variable",
        "integer",
        "string",
        "boolean",
        "network",
        "service",
        "company",
        "business",
        "market",
        "demand",
        "supply",
        "consumer",
        "producer",
        "interest",
        "inflation",
        "government",
        "country",
        "countries",
        "policy",
        "economy",
        "economic",
        "individual",
        "behavior",
        "behaviour",
        "memory",
        "learning",
        "thinking",
        "emotion",
        "attention",
        "perception",
        "development",
        "personality",
        "research",
        "experiment",
        "observation",
        "correlation",
        "population",
        "sample",
        "percent",
        "percentage",
        "several",
        "usually",
        "sometimes",
        "always",
        "without",
        "whether",
        "possible",
        "impossible",
        "important",
        "necessary",
        "remains",
        "unchanged",
    ]
)


@dataclass(frozen=True)
class Number:
    """A number; `slack`: how far from it still counts."""

    value: Fraction
    unit: str = ""
    places: int = 0
    slack: Fraction = Fraction(0)


@dataclass(frozen=True)
class Expression:
    """A formula, by what it comes to."""

    value: formulas.Value
    letters: bool


@dataclass(frozen=True)
class Phrase:
    """Some words, as letters alone. `telling`: nobody says them by chance."""

    text: str
    telling: bool
    stems: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Line:
    """A line of code, without its spaces."""

    text: str


@dataclass(frozen=True)
class Option:
    """A choice, by its place among `among`."""

    at: int
    among: int
    text: str = ""


@dataclass(frozen=True)
class Verdict:
    """Whether a statement is true."""

    truth: bool


Sought = Number | Expression | Phrase | Line | Option | Verdict


def of(solution: Solution) -> Iterator[Sought]:
    """Yield what a solution's final answers are."""
    among = len(solution.choices)
    if solution.lettered:
        for at in solution.right:
            yield Option(at, among, _compact(solution.choices[at]) if at < among else "")
    if solution.verdict is not None:
        yield Verdict(solution.verdict)
    for answer in solution.finals:
        yield from answered(answer, solution.tolerance)


def answered(answer: str, tolerance: float = 0.0) -> Iterator[Sought]:
    """Yield what one final answer is, as a teacher wrote it."""
    told = _unwrapped(answer)
    if not told:
        return
    if letter := _LETTER.match(told):
        at = ord(letter[1].lower()) - ord("a")
        if letter[1].isupper() or letter["rest"]:
            yield Option(at, 0, _compact(letter["rest"]))
            if letter["rest"]:
                yield from answered(letter["rest"], tolerance)
            return
    if (word := fold.plain(told).strip(" .!")) in VERDICT:
        yield Verdict(VERDICT[word])
        return
    bare = _NAMED.sub("", told)
    made = _calculated(bare, tolerance) or _formula(told)
    if not made and _AND.search(told):
        parts = [_NAMED.sub("", one) for one in _AND.split(told) if one]
        each = [_calculated(part, tolerance) for part in parts]
        made = [one for part in each for one in part] if all(each) else []
    if not made and (_CODED.search(told) or not re.search(r"[^\W\d_]{3}|\A\w+\Z", told)):
        made = [Line(tight(told))]
    yield from made or _worded(told)


def coded(text: str) -> bool:
    """Whether a text looks like a program."""
    return bool(_CODED.search(text))


def _unwrapped(answer: str) -> str:
    told = answer.strip(_WRAP)
    told = re.sub(r"\A\\[(\[](.*)\\[)\]]\Z", r"\1", told, flags=re.DOTALL).strip(_WRAP)
    if boxed := re.fullmatch(r"\\boxed\{(.*)\}", told):
        told = boxed[1]
    return told.rstrip(".").strip(_WRAP)


def _calculated(told: str, tolerance: float) -> list[Sought]:
    """A number with its unit, or a formula; nothing when it is words."""
    folded = fold.plain(told).strip()
    body = re.sub(r"\A(?:ca\.?|about|approx\.?|≈|~|[$€£])\s*", "", folded)
    sign = -1 if re.match(r"-\s?\.?\d|minus ", body) else 1
    body = re.sub(r"\A(?:[-+]\s?|minus |-\^)", "", body)
    found = [one for one in figures.find(body) if one.start == 0 and not one.apart]
    made: list[Sought] = []
    for figure in found:
        unit, end = units.after(body, figure.end)
        percent = body[figure.start : figure.end].rstrip().endswith(("%", "percent", "prozent"))
        if body[end:].strip(" .") or len(unit) > 24 or not (not unit or units.known(unit)):
            continue
        money = folded[:1] if folded[:1] in "$€£" else ""
        slack = Fraction(tolerance).limit_denominator(10**9)
        for value in figure.values:
            if percent and value != max(figure.values):
                continue
            unit = "%" if percent else unit or money
            made.append(Number(sign * value, unit, figure.places, slack))
    return made


def _formula(told: str) -> list[Sought]:
    """A formula, or what one side of it says."""
    folded = re.sub(r"\s*([=≈+*/^<>-])\s*", r"\1", fold.plain(told)).strip()
    whole = list(formulas.find(folded))
    if not whole:
        return []
    last = whole[-1]
    left = folded[: last.start].rpartition("=")
    beside = re.sub(r"\A[\w()']{0,14}\Z", "", left[0]) + left[2] + folded[last.end :]
    if beside.strip(" ({[\\$)}].,"):
        return []
    made: list[Sought] = [Expression(last.value, last.letters)]
    if not last.letters and not last.value[0].imag:
        made.append(Number(Fraction(last.value[0].real).limit_denominator(10**9), "", 6))
    return made


def _worded(told: str) -> Iterator[Sought]:
    text = _compact(told)
    terms = words.terms(told, words.language_of(told) or "en")
    if not text:
        return
    alone = fold.plain(told).strip()
    telling = (len(terms) > 1 and len(text) >= LONG) or (len(text) >= LONG and alone not in COMMON)
    if not text.isascii() and len(text) >= 3 and len(told.split()) == 1:
        telling = True
    stems = frozenset(terms) if len(told.split()) <= WORDS else frozenset()
    yield Phrase(text, telling, stems)  # a longer one is compared sentence by sentence, too


def _compact(told: str) -> str:
    return fold.compact(fold.fold(told)).text


def tight(told: str) -> str:
    """Code without spaces and the marks around it."""
    return re.sub(r"[\s`]", "", fold.plain(told))
