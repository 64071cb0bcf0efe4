"""Which word of a passage to leave out, so that filling it in shows what somebody knows. Pure.

A good sentence stands alone and says something; a good word is what its page is about: it comes
again on the page, and on few others. No model: what is made is found, and the same each time.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

from agents import words

SHORTEST, LONGEST = 8, 34  # words of a sentence
DENSE_SHORTEST, DENSE_LONGEST = 12, 90  # characters, where there are no spaces
LETTERS = 4  # of a word that is left out
HEADED = 1.6  # what a word counts that a heading has
ONCE = 0.45  # a word that its page has only here
NAMED = 0.5  # a name within a sentence
DEFINES = 1.35  # a sentence that says what something is
POINTS = 0.75  # a sentence with a "this" in it
ADDRESSED = 0.7  # a sentence that tells the reader what to do
LEAST = 0.2  # of what the best of all counts; less is not worth asking
CONTEXT, DENSE_CONTEXT = 4, 2  # other telling words beside the hidden one
NAMES = 0.34  # share of capitals above which a sentence is a list of names
END = re.compile(r"[.!。！]+[\"”’»)\]]*$")
SPLIT = re.compile(r"(?<=[.!?…])[\"”’»)\]]*\s+(?=[\"“‘«(\[¿¡]*[^\W\d_a-z])|(?<=[。！？])")
ABBREVIATED = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|etc|ca|approx|fig|eq|no|vol|pp?|ch|dr|mr|mrs|ms|prof|st|jr|sr|u\.s|p\.ej"
    r"|ej|sra?|bzw|z\.b|d\.h|usw|bspw|c\.-à-d)|\b\w)\.$",
    re.IGNORECASE,
)
# Code, formulas, addresses, cells of a table, places to fill in.
FOREIGN = re.compile(
    r"https?:|www\.|\w@\w|[|{}<>=\\^$#`~_]|\w\(\)|\[\d|\([a-z]\)|\.\w+\(|::|_{2,}|…|\.\.\."
)
INDENTED = re.compile(r"\s{2,}|\t")  # code, as text
BULLET = re.compile(r"^\s*(?:[-*•◦–]|\d{1,3}[.)]|[a-z]\))\s+")
PAIRS = ("()", "[]", "“”", "«»")
LAYOUT = re.compile(
    r"\b(?:figures?|tables?|chapters?|sections?|exercises?|below|above|link|click|page|slide|video"
    r"|photo\w*|images?|diagrams?|graphs?|charts?|drawings?|illustrations?|axis|arrows?|labell?ed|shown"
    r"|depict\w*|figuras?|tablas?|capítulos?|sección|ejercicios?|abbildung|tabelle|kapitel|tableau|chapitre)\b",
    re.IGNORECASE,
)
# Words that a sentence begins with when it goes on from another one.
GOES_ON = """
this that these those it its they their them he his she her we our such here there so but and or
however therefore thus hence then also instead similarly likewise moreover furthermore finally
otherwise nevertheless yet still both neither another one again next first second third for
consequently accordingly meanwhile conversely additionally now once let consider suppose imagine
notice note remember recall if when while because although though unlike
esto este esta estos estas eso ese esa esos esas ello ellos ellas él ella además sin pero y o así
entonces luego por también tampoco aquí allí si cuando aunque mientras
dies dieser diese dieses diesen das er sie es ihr ihre hier dort dann aber und oder auch daher
deshalb somit außerdem jedoch wenn
ce cet cette ces cela ceci il elle ils elles ici mais et ou donc ainsi alors aussi puis si quand
questo questa questi queste ciò egli essa essi ma e o quindi anche poi se quando
isto este esta isso esse essa ele ela eles elas mas e ou assim então também se quando
"""
POINTING = frozenset(GOES_ON.split())
LEADING = re.compile(
    r"(?:(?:in|of|at|by|with|from|to|for|on|among|after|under|because of|as) (?:this|these|that|those"
    r"|such|contrast|addition|fact|turn|other words|a result|the other hand|example|instance|do|it)"
    r"|as (?:such|we|you)|the (?:first|second|third|next|last|previous|following)|en (?:este|esta|estos|cambio)|por (?:ejemplo|eso|lo tanto|el contrario)"
    r"|in dies\w+|zum beispiel|par exemple|en effet|per esempio|por exemplo)\b",
    re.IGNORECASE,
)
YOU = re.compile(
    r"\b(?:you|your|yours|we|our|us|let's|tú|tu|tus|usted|ustedes|vosotros|nosotros|nuestr[oa]s?"
    r"|du|dein\w*|wir|unser\w*|vous|votre|vos|nous|notre|nos|voi|vostr\w|você|vocês|nós)\b",
    re.IGNORECASE,
)
THIS = re.compile(r"\b(?:this|these|those|est[aeo]s?|dies\w+|cette|ces|quest\w)\b", re.IGNORECASE)
DEFINING = re.compile(
    r"\b(?:is|are|was|means?|called|named|defined|refers?|consists?|measures?|describes?|states?"
    r"|es|son|significa|llama|llaman|llamada?|define|consiste|mide|ist|sind|heißt|bedeutet|nennt"
    r"|est|sont|appelle|appelée?|signifie|è|sono|chiama|significa|é|são|chama)\b"
)
# Endings of words that say how or what is done, rather than what is spoken of.
DOING = {
    "en": re.compile(r"(?:ly|ed|ing|ize|ise|ised|ized)$"),
    "es": re.compile(r"(?:mente|ando|iendo|ado|ido|aron|ieron|arse|erse|irse)$"),
    "fr": re.compile(r"(?:ement|er|ant|ées?)$"),
    "de": re.compile(r"(?:lich|ig|end|ten|tet)$"),
    "it": re.compile(r"(?:mente|ando|endo|ato|ata|ati|are|ere|ire)$"),
    "pt": re.compile(r"(?:mente|ando|endo|ado|ada|ar|er|ir)$"),
}
DID = 0.4
# Common words that no list of stop words has, and that tell nothing of a subject.
COMMON = """
also many much more most such other each every same different important possible often usually
example examples called using used make makes made take takes given part parts kind kinds type
types number numbers thing things people person time times work works good well like just even
only first last next between within without however therefore because about their there where
which while could would should might must need needs want help helps show shows answer answers
question questions point points way ways case cases term terms word words result results several
three four five two few little large small great long short high higher low lower less least
begin begins begun change changes start starts keep keeps know known knows mean means back down
under over after before during until upon into through against always never sometimes together
another whole both either some certain simple single second right left still very too enough
once twice afterward afterwards towards toward rather almost already quite perhaps each
"""
PALE = frozenset(COMMON.split())
RUN = re.compile(r"[\u30a1-\u30fa\u30fc]{2,}|[\u4e00-\u9fff]{2,4}")


@dataclass(frozen=True, slots=True)
class Source:
    """A passage with what stands above it; `page` is whose passage it is."""

    page: str
    title: str
    headings: Sequence[str]
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Blank:
    """A sentence and its hidden word, as places in the source's text."""

    source: int  # among those given
    start: int
    end: int
    at: int
    to: int
    stem: str
    worth: float


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a sentence, and where in it that stands."""

    text: str
    at: int
    stem: str


@dataclass(frozen=True, slots=True)
class Page:
    """How often each word stands on a page, and which are in its headings."""

    often: Counter[str]
    above: set[str]

    def worth(self, stem: str) -> float:
        """What a word counts for what its page is about."""
        often = self.often[stem]
        headed = stem in self.above
        return (1 + log(max(often, 1))) * (HEADED if headed else ONCE if often < 2 else 1.0)


def blanks(sources: Sequence[Source], common: Mapping[str, int], chunks: int) -> list[Blank]:
    """Return what can be asked of each source, best first; each word and each sentence once.

    `common` says in how many of the course's `chunks` a stem stands.
    """
    pages: dict[str, Page] = {}
    for one in sources:
        page = pages.setdefault(one.page, Page(Counter(), set()))
        page.often.update(word.stem for word in _words(one.text, one.language))
        heads = " ".join((one.title, *one.headings))
        page.above.update(word.stem for word in _words(heads, one.language))
    found = [
        Blank(n, start, end, start + word.at, start + word.at + len(word.text), word.stem, worth)
        for n, one in enumerate(sources)
        for start, end in sentences(one.text)
        for word, telling in _asked(one.text[start:end], one.language)
        if (
            worth := telling
            * pages[one.page].worth(word.stem)
            * log(1 + chunks / (1 + common.get(word.stem, 0)))
        )
    ]
    found.sort(key=lambda blank: (-blank.worth, blank.source, blank.start))
    least = LEAST * found[0].worth if found else 0.0
    return list(_once((one for one in found if one.worth >= least), sources))


def _once(found: Iterable[Blank], sources: Sequence[Source]) -> Iterator[Blank]:
    seen: set[str] = set()
    for blank in found:
        said = sources[blank.source].text[blank.start : blank.end]
        if blank.stem not in seen and said not in seen:
            seen |= {blank.stem, said}
            yield blank


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the sentences stand that can be asked on their own."""
    at = 0
    for line in text.splitlines(keepends=True):
        bullet = BULLET.match(line)
        start = bullet.end() if bullet else 0
        for begin, end in [] if INDENTED.match(line) else _cut(line.rstrip(), start):
            if stands_alone(line[begin:end]):
                yield at + begin, at + end
        at += len(line)


def _cut(line: str, start: int) -> Iterator[tuple[int, int]]:
    for found in SPLIT.finditer(line, start):
        if not ABBREVIATED.search(line[start : found.start()].rstrip('"”’»)]')):
            yield start, found.start() + len(found[0].rstrip())
            start = found.end()
    yield start, len(line)


def stands_alone(sentence: str) -> bool:
    """Whether a sentence is whole, is prose, and needs no other one to be understood."""
    if not END.search(sentence) or FOREIGN.search(sentence) or LAYOUT.search(sentence):
        return False
    if (
        any(sentence.count(pair[0]) != sentence.count(pair[1]) for pair in PAIRS)
        or sentence.count('"') % 2
    ):
        return False
    if words.DENSE.search(sentence):
        return DENSE_SHORTEST <= len(sentence) <= DENSE_LONGEST
    said = words.WORD.findall(sentence)
    if not SHORTEST <= len(said) <= LONGEST or said[0].casefold() in POINTING:
        return False
    if LEADING.match(sentence):
        return False
    first = next(letter for letter in sentence if letter.isalnum())
    capitals = sum(word[0].isupper() for word in said[1:]) / len(said)
    return not first.islower() and capitals <= NAMES and sentence.count(",") <= 4


def _asked(sentence: str, language: str) -> Iterator[tuple[Word, float]]:
    """Yield the words of a sentence that may be left out, and what each counts in it."""
    held = list(_words(sentence, language))
    stems, fair = Counter(word.stem for word in held), _fair(sentence)
    if len(stems) <= (DENSE_CONTEXT if words.DENSE.search(sentence) else CONTEXT):
        return
    for place, word in enumerate(held):
        if stems[word.stem] == 1 and _fit(word, sentence):
            yield word, fair * _kind(word, place, language)


def _fair(sentence: str) -> float:
    """What a sentence counts for what it does: it defines, points elsewhere, addresses somebody."""
    fair = DEFINES if DEFINING.search(sentence) else 1.0
    fair *= POINTS if THIS.search(sentence) else 1.0
    return fair * (ADDRESSED if YOU.search(sentence) else 1.0)


def _words(sentence: str, language: str) -> Iterator[Word]:
    """Yield the telling words of a sentence; where there are no spaces, runs of one script."""
    if words.DENSE.search(sentence) and language in {"zh", "ja"}:
        yield from (Word(run[0], run.start(), run[0]) for run in RUN.finditer(sentence))
        return
    for found in words.WORD.finditer(sentence):
        stem = _stem(found[0], language)
        if stem:
            yield Word(found[0], found.start(), stem)


@lru_cache(maxsize=20_000)  # a course says the same words again and again
def _stem(word: str, language: str) -> str:
    """Return what a word is counted as; "" where it tells nothing, or is several."""
    found = words.terms(word, language)
    return found[0] if len(found) == 1 or (found and language == "ko") else ""


def _fit(word: Word, sentence: str) -> bool:
    """Whether a word can be left out at all: letters alone, and not half of a compound."""
    beside = sentence[max(word.at - 1, 0) : word.at] + sentence[word.at + len(word.text) :][:1]
    least = 2 if words.DENSE.search(word.text) else LETTERS
    before = sentence[: word.at]
    return (
        before.count("(") == before.count(")")  # who said it, and when
        and len(word.text) >= least
        and all(letter.isalpha() or letter in "\u064b\u0301" for letter in word.text)
        and "-" not in beside
        and word.text.casefold() not in PALE
    )


def _kind(word: Word, place: int, language: str) -> float:
    """What a word counts for its form: names and doing words less."""
    named = place > 0 and word.text[0].isupper() and language != "de"
    did = DOING.get(language)
    return (NAMED if named else 1.0) * (DID if did and did.search(word.text.casefold()) else 1.0)
