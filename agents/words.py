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
# Words that say nothing about what a question is about. Elsewhere BM25's idf does this alone.
ENGLISH = """
a about an and any are as at be been being but by can could did do does for from had has
have how i if in into is it its me my of on or our please should so some such than that the
their them then there these they this those to us was we were what when where which who whom
whose why will with would you your
"""
STOP = {"en": frozenset(ENGLISH.split())}
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


def language_of(text: str) -> str:
    """Return the text's language as ISO 639-1, or "" when it is too short or unclear."""
    sample = text[:SAMPLE]
    if len(sample.split()) < 5 and not DENSE.search(sample):
        return ""
    code, probability = _identifier().classify(sample)
    return str(code) if probability >= SURE else ""
