"""Numbers that are written in words, in the languages of the scenarios. Pure."""

import re

UNITS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce "
    "quince dieciséis diecisiete dieciocho diecinueve",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn "
    "fünfzehn sechzehn siebzehn achtzehn neunzehn",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze "
    "quinze seize dix-sept dix-huit dix-neuf",
    "pt": "zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze "
    "quinze dezesseis dezessete dezoito dezenove",
}
TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "fr": "vingt trente quarante cinquante soixante soixante-dix quatre-vingt quatre-vingt-dix",
    "pt": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
}
# What stands between tens and units.
BETWEEN = {"en": ("-", " "), "es": (" y ",), "de": (), "fr": ("-", " et ", " "), "pt": (" e ",)}
SIGNS = {
    ".": "point dot decimal coma punto komma virgule vírgula ponto",
    "-": "minus negative menos moins negativo",
    "/2": "half halves",
    "/3": "third thirds tercios drittel tiers terços",
    "/4": "quarter quarters fourths",
}
PARTS = ("veinti", "veintidós", "veintitrés", "veintiséis")


def _made() -> dict[str, str]:
    words: dict[str, str] = {}
    for language, told in UNITS.items():
        units = told.split()
        words |= {word: str(value) for value, word in enumerate(units)}
        for at, ten in enumerate(TENS[language].split(), 2):
            words[ten] = str(10 * at)
            for value, unit in enumerate(units[1:10], 1):
                for between in BETWEEN[language]:
                    words[f"{ten}{between}{unit}"] = str(10 * at + value)
                if language == "de":
                    words[f"{'ein' if value == 1 else unit}und{ten}"] = str(10 * at + value)
                if language == "es" and at == 2:
                    words[f"veinti{unit}"] = str(20 + value)
    words |= dict(zip(PARTS[1:], ("22", "23", "26"), strict=True))
    words |= {word: sign for sign, told in SIGNS.items() for word in told.split()}
    return words


WORDS = _made()
RUN = {word.translate({ord("-"): None, ord(" "): None}): sign for word, sign in WORDS.items()}


def _any(words: dict[str, str]) -> str:
    # The longest first, so that "twenty-three" is not read as 20.
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_WORD = re.compile(rf"(?<!\w)(?:{_any(WORDS)})(?!\w)")
_IN_A_RUN = re.compile(_any(RUN))
_BETWEEN = re.compile(r"(?<=\ue000)[\s,\-–·]+(?=\ue000)")


def digits(text: str) -> str:
    """Return the text (in small letters) with number words as digits, neighbours joined."""
    marked = _WORD.sub(lambda found: f"\ue000{_sign(WORDS[found.group()])}\ue000", text)
    return _BETWEEN.sub("", marked).replace("\ue000", "").replace("\ue001", "-")


def _sign(value: str) -> str:
    return "\ue001" if value == "-" else value


def run(letters: str) -> str:
    """The same for letters that stood alone, where no space tells words apart."""
    return _IN_A_RUN.sub(lambda found: RUN[found.group()], letters)
