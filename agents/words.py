"""Text → the terms that word search compares; and which language a text is in."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache

import Stemmer
from py3langid.langid import MODEL_FILE, LanguageIdentifier

# Languages we can stem: ISO 639-1 → Snowball's name.
STEMS = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hi": "hindi",
    "hu": "hungarian",
    "id": "indonesian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "ca": "catalan",
    "eu": "basque",
    "ga": "irish",
    "hy": "armenian",
    "lt": "lithuanian",
    "cs": "czech",
    "fa": "persian",
    "pl": "polish",
    "et": "estonian",
    "sr": "serbian",
}
# Languages courses are written in, beside those: found, though not stemmed.
OTHERS = ("bg", "he", "hr", "ja", "ko", "sk", "sl", "th", "uk", "vi", "zh")
SAMPLE = 20_000  # characters that decide a language; more tells no more
SURE = 0.7  # probability under which a language is not believed
# Words that say nothing about what a question is about. BM25's idf finds those of the course's own
# language; in a glossary of another one they are as rare as what is looked for.
ENGLISH = """
a about an and any are as at be been being but by can could did do does for from had has
have how i if in into is it its me my of on or our please should so some such than that the
their them then there these they this those to us was we were what when where which who whom
whose why will with would you your
"""
SPANISH = """
a al ante como con cuál cuáles cual cuales cuándo cuando cuánto cuántos de del desde dónde donde e el
ella ellas ellos en entre es esa ese eso esta estas este esto estos fue ha hace hay la las le les lo
los me mi mis más muy nos o para pero por porque puede puedo que qué quién quien se ser si sobre son
su sus también te tiene un una unas uno unos y ya
"""
FRENCH = """
à au aux avec ce ces cette comment d dans de des du elle elles en est et il ils je l la le les leur
leurs ma mais mes mon ne nos notre nous on ou où par pas pour pourquoi qu quand que quel quelle
quelles quels qui quoi sa se ses son sont sur ta te tu un une vos votre vous y
"""
GERMAN = """
als am an auf aus bei das dass dem den der des die ein eine einem einen einer eines er es für hat
ich ihr im in ist kann man mein mit nach oder sein seine sich sie sind über um und uns von vor war
warum was wenn wer wie wir wird wo zu zum zur
"""
ITALIAN = """
a ai al alla che chi ci come con cosa cui da dal dalla dei del della delle di dove e è gli ha i il
in io la le lo ma mi nel nella non o per perché più qual quale quali quando quanto questa questo se
si sono sua sul sulla suo tra un una uno
"""
PORTUGUESE = """
a ao aos as com como da das de do dos e é em essa esse esta este eu foi há isso lhe mais mas me meu
minha na nas no nos o onde os ou para pela pelo por porque quais qual quando quanto que quem se ser
seu sua são também um uma
"""
STOP = {
    code: frozenset(text.split())
    for code, text in {
        "en": ENGLISH,
        "es": SPANISH,
        "fr": FRENCH,
        "de": GERMAN,
        "it": ITALIAN,
        "pt": PORTUGUESE,
    }.items()
}
WORD = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*", re.UNICODE)
# Scripts without spaces between words: pairs of neighbours stand in for words.
DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]+")


def terms(text: str, language: str = "en") -> list[str]:
    """Return the text's terms in order: folded, without stop words, stemmed.

    An unknown `language` is folded only. Stored terms and asked terms must use the same one.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    stop = STOP.get(language, frozenset())
    found = [word for word in _words(folded) if word not in stop and len(word) <= 64]
    name = STEMS.get(language)
    return found if name is None else _stemmer(name).stemWords(found)


def counted(text: str, language: str) -> Counter[str]:
    """How often each term stands in the text."""
    return Counter(terms(text, language))


def _words(text: str) -> Iterable[str]:
    for match in WORD.finditer(text):
        word = match[0]
        if DENSE.search(word):
            yield from _pairs(word)
        else:
            yield word.replace("’", "'").removesuffix("'s")


def _pairs(word: str) -> Iterable[str]:
    for run in DENSE.findall(word):
        yield from (run[at : at + 2] for at in range(max(1, len(run) - 1)))
    yield from DENSE.sub(" ", word).split()


@cache
def _stemmer(name: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(name)


@cache
def _identifier() -> LanguageIdentifier:
    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages([*STEMS, *OTHERS])
    return found


def load() -> None:
    """Read what tells languages apart, so that the first question need not wait: 0.4 s of CPU."""
    _identifier()


def language_of(text: str) -> str:
    """Return the text's language as ISO 639-1, or "" when it is too short or unclear."""
    sample = text[:SAMPLE]
    if len(sample.split()) < 5 and not DENSE.search(sample):
        return ""
    code, probability = _identifier().classify(sample)
    return str(code) if probability >= SURE else ""
