"""Whole numbers in words, up to 999,999: one writer a language. Pure.

Words are folded as `fold` does: without accents, in small letters.
"""

from collections.abc import Callable, Iterator

Words = tuple[str, ...]
Writes = Callable[[int], Iterator[str]]

EN = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_EN_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_DE = [
    "null",
    "eins",
    "zwei",
    "drei",
    "vier",
    "funf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "elf",
    "zwolf",
    "dreizehn",
    "vierzehn",
    "funfzehn",
    "sechzehn",
    "siebzehn",
    "achtzehn",
    "neunzehn",
]
_DE_TENS = ["zwanzig", "dreissig", "vierzig", "funfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
_ES = [
    "cero",
    "uno",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "once",
    "doce",
    "trece",
    "catorce",
    "quince",
    "dieciseis",
    "diecisiete",
    "dieciocho",
    "diecinueve",
    "veinte",
    "veintiuno",
    "veintidos",
    "veintitres",
    "veinticuatro",
    "veinticinco",
    "veintiseis",
    "veintisiete",
    "veintiocho",
    "veintinueve",
]
_ES_TENS = ["treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"]
_ES_HUNDREDS = [
    "ciento",
    "doscientos",
    "trescientos",
    "cuatrocientos",
    "quinientos",
    "seiscientos",
    "setecientos",
    "ochocientos",
    "novecientos",
]
_FR = [
    "zero",
    "un",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "six",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "douze",
    "treize",
    "quatorze",
    "quinze",
    "seize",
    "dix-sept",
    "dix-huit",
    "dix-neuf",
]
_FR_TENS = ["vingt", "trente", "quarante", "cinquante", "soixante"]
_IT = [
    "zero",
    "uno",
    "due",
    "tre",
    "quattro",
    "cinque",
    "sei",
    "sette",
    "otto",
    "nove",
    "dieci",
    "undici",
    "dodici",
    "tredici",
    "quattordici",
    "quindici",
    "sedici",
    "diciassette",
    "diciotto",
    "diciannove",
]
_IT_TENS = [
    "venti",
    "trenta",
    "quaranta",
    "cinquanta",
    "sessanta",
    "settanta",
    "ottanta",
    "novanta",
]
_PT = [
    "zero",
    "um",
    "dois",
    "tres",
    "quatro",
    "cinco",
    "seis",
    "sete",
    "oito",
    "nove",
    "dez",
    "onze",
    "doze",
    "treze",
    "quatorze",
    "quinze",
    "dezesseis",
    "dezessete",
    "dezoito",
    "dezenove",
]
_PT_TENS = ["vinte", "trinta", "quarenta", "cinquenta", "sessenta", "setenta", "oitenta", "noventa"]
_PT_HUNDREDS = [
    "cento",
    "duzentos",
    "trezentos",
    "quatrocentos",
    "quinhentos",
    "seiscentos",
    "setecentos",
    "oitocentos",
    "novecentos",
]
_ZH = "零一二三四五六七八九"
_SIGNS = "m cm d cd c xc l xl x ix v iv i"
ROMAN = dict(
    zip((1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1), _SIGNS.split(), strict=True)
)


def english(n: int) -> Iterator[str]:
    if n < 20:
        yield EN[n]
    elif n < 100:
        yield _EN_TENS[n // 10 - 2] + (f" {EN[n % 10]}" if n % 10 else "")
    elif n < 1000:
        head = f"{EN[n // 100]} hundred"
        if not n % 100:
            yield head
        for rest in english(n % 100) if n % 100 else ():
            yield from (f"{head} {rest}", f"{head} and {rest}")
    else:
        yield from _thousands(n, english, "thousand", "and ")


def _de(n: int) -> Iterator[str]:
    if n < 20:
        yield _DE[n]
        if n == 1:
            yield "ein"
    elif n < 100:
        ones = ("ein" if n % 10 == 1 else _DE[n % 10]) + "und" if n % 10 else ""
        yield ones + _DE_TENS[n // 10 - 2]
    elif n < 1000:
        for head in ("ein", "") if n < 200 else (_DE[n // 100],):
            for rest in _de(n % 100) if n % 100 else [""]:
                yield f"{head}hundert{rest}"
    else:
        for head in ("ein", "") if n < 2000 else _de(n // 1000):
            for rest in _de(n % 1000) if n % 1000 else [""]:
                yield f"{head}tausend{rest}"


def _es(n: int) -> Iterator[str]:
    if n < 30:
        yield _ES[n]
    elif n < 100:
        yield _ES_TENS[n // 10 - 3] + (f" y {_ES[n % 10]}" if n % 10 else "")
    elif n < 1000:
        rest = f" {next(_es(n % 100))}" if n % 100 else ""
        yield "cien" if n == 100 else _ES_HUNDREDS[n // 100 - 1] + rest
    else:
        yield from _thousands(n, _es, "mil", "", bare=True)


def _fr(n: int) -> Iterator[str]:
    if n < 20:
        yield _FR[n]
    elif n < 70:
        link = " et " if n % 10 == 1 else " "
        yield _FR_TENS[n // 10 - 2] + (f"{link}{_FR[n % 10]}" if n % 10 else "")
    elif n < 80:
        yield f"soixante {'et ' if n == 71 else ''}{_FR[n - 60]}"
        yield ("septante et un" if n == 71 else f"septante {_FR[n - 70]}") if n > 70 else "septante"
    elif n < 100:
        yield "quatre vingts" if n == 80 else f"quatre vingt {_FR[n - 80]}"
        if n >= 90:
            yield f"nonante {_FR[n - 90]}" if n > 90 else "nonante"
    elif n < 1000:
        head = "cent" if n < 200 else f"{_FR[n // 100]} cent"
        if not n % 100:
            yield from (head, f"{head}s")
        yield from (f"{head} {rest}" for rest in (_fr(n % 100) if n % 100 else ()))
    else:
        yield from _thousands(n, _fr, "mille", "", bare=True)


def _it(n: int) -> Iterator[str]:
    if n < 20:
        yield _IT[n]
    elif n < 100:
        tens = _IT_TENS[n // 10 - 2]
        yield (tens[:-1] if n % 10 in (1, 8) else tens) + (_IT[n % 10] if n % 10 else "")
    elif n < 1000:
        head = "cento" if n < 200 else f"{_IT[n // 100]}cento"
        yield head + (next(_it(n % 100)) if n % 100 else "")
    else:
        head = "mille" if n < 2000 else f"{next(_it(n // 1000))}mila"
        yield head + (next(_it(n % 1000)) if n % 1000 else "")


def _pt(n: int) -> Iterator[str]:
    if n < 20:
        yield _PT[n]
    elif n < 100:
        yield _PT_TENS[n // 10 - 2] + (f" e {_PT[n % 10]}" if n % 10 else "")
    elif n < 1000:
        rest = f" e {next(_pt(n % 100))}" if n % 100 else ""
        yield "cem" if n == 100 else _PT_HUNDREDS[n // 100 - 1] + rest
    else:
        yield from _thousands(n, _pt, "mil", "e ", bare=True)


def _zh(n: int) -> Iterator[str]:
    if n < 10:
        yield _ZH[n]
    elif n < 10_000:
        for size, sign in ((1000, "千"), (100, "百"), (10, "十")):
            if n >= size:
                head, rest = divmod(n, size)
                gap = _ZH[0] if 0 < rest < size // 10 else ""
                tail = (gap + next(_zh(rest))) if rest else ""
                yield f"{_ZH[head]}{sign}{tail}"
                if n < 20:
                    yield f"{sign}{tail}"
                return


def _thousands(
    n: int, write: Writes, thousand: str, link: str, *, bare: bool = False
) -> Iterator[str]:
    """A number of thousands and what is left; `bare`: nothing stands before one thousand."""
    head = thousand if bare and n < 2000 else f"{next(write(n // 1000))} {thousand}"
    if not n % 1000:
        yield head
        return
    for rest in write(n % 1000):
        yield f"{head} {rest}"
        if link and n % 1000 < 100:
            yield f"{head} {link}{rest}"


# Writers, the sign of decimals in words, and what makes a number less than nothing.
LANGUAGES: dict[str, tuple[Writes, str, Words]] = {
    "en": (english, "point", ("minus", "negative")),
    "de": (_de, "komma", ("minus",)),
    "es": (_es, "coma", ("menos",)),
    "fr": (_fr, "virgule", ("moins",)),
    "it": (_it, "virgola", ("meno",)),
    "pt": (_pt, "virgula", ("menos",)),
    "zh": (_zh, "点", ("负",)),
}
