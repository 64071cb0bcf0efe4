"""How surely words around a place say "this is the answer", in the languages of our pages. Pure."""

import re
from functools import lru_cache

from agents.tutor.leak import fold

NAMED, EQUAL, ANSWER = 1, 2, 3  # levels; 0: it is only mentioned

_NOUNS = (
    "answer answers result results solution solutions key antwort antworten ergebnis ergebnisse "
    "resultat lösung lösungen respuesta respuestas resultado solución clave réponse réponses "
    "résultat corrigé risposta risultato soluzione resposta solução antwoord uitkomst oplossing "
    "svar ответ решение результат الجواب الإجابة الحل الناتج उत्तर 答案 结果 答え 解答 정답"
)
_RIGHT = (
    "correct right answer solution result true richtig korrekt antwort lösung ergebnis correcta "
    "correcto respuesta solución resultado correcte bonne réponse juste résultat esatta giusta "
    "risposta corretta certa resposta verdadero wahr vrai"
)
_BE = (
    "is are was be been equals equal = ≈ : s would will must should can could may ist sind "
    "wäre lautet beträgt war sein es son era sería será est sont serait sera vaut è sono sarebbe é "
    "são seria"
)
_FILL = (
    "about approximately approx roughly around nearly almost simply just exactly precisely "
    "therefore thus then hence indeed probably obviously clearly actually now to be equal that is "
    "are the a an number value option choice letter answer of ca etwa ungefähr rund genau einfach "
    "also doch nun gleich der die das den ein eine einer zahl wert sein simplemente aproximadamente "
    "unos exactamente entonces igual el la los las un una número valor opción environ exactement "
    "donc égal égale à le la les un une nombre valeur option quasi circa esattamente dunque il lo "
    "cerca exatamente o os as"
)
_GIVE = (
    "equals equal gives give get gets got yield yields makes make obtain obtains result totals "
    "leaves gets find ergibt ergeben gleich macht bekommst bekommt bekommen erhältst erhält "
    "erhalten resultiert igual da dan obtienes obtenemos obtiene resulta queda sale egale égal "
    "égale donne donnent obtient obtenez obtenons obtiens font fait risulta ottieni dà obtém "
    "obtemos"
)
_WHAT = (
    "it this that which value total sum product difference quotient average mean median "
    "probability speed velocity area volume length mass force energy distance time height price "
    "cost number amount rate wert summe produkt differenz mittelwert wahrscheinlichkeit "
    "geschwindigkeit fläche valor suma producto diferencia media probabilidad velocidad área "
    "letter buchstabe letra lettre lettera "
    "valeur somme produit différence moyenne probabilité vitesse aire es das dies ça cela ce eso "
    "esto"
)
_NAMED = (
    "called named term word known as name concept is are was be heisst heißt nennt man nennen "
    "genannt begriff ist sind llama llamado llamada término es son denomina appelle appelé terme "
    "nommé est sont chiama termine chamado"
)


def _any(told: str) -> str:
    words = sorted({fold.plain(one).strip() for one in told.split()}, key=len, reverse=True)
    return "(?:" + "|".join(re.escape(one) for one in words) + ")"


_FILLED = rf"(?:{_any(_FILL)}(?![a-z])[\W_]+){{0,5}}"
_OPEN = r"(?:\\(?:math|text)[a-z]{2}\s?|[\s\"'*_$({\[\\`~>|-]){0,8}"
_ANSWER = re.compile(
    rf"(?<![a-z]){_any(_NOUNS)}(?![a-z])(?:[^\w]{{0,10}}{_OPEN}"
    rf"|\W+(?:[^\W_]+\W+){{0,8}}?{_any(_BE)}(?![a-z])\W*{_FILLED}{_OPEN})\Z"
)
_DENSE = re.compile(
    r"(?:答案|结果|答え|正解|解答|정답|답)[\s:：]{0,3}(?:是|为|为|等于|は|은|는)?[\s:：]{0,3}\Z"
)
_BOXED = re.compile(r"\\boxed\s?\{?\s?(?:\\text\{)?\Z")
_GIVEN = re.compile(
    rf"(?:[=≈≅≡→⇒⟹]|->|=>|\\(?:approx|to|rightarrow|implies|equiv)\b|(?<![a-z]){_any(_GIVE)}"
    rf"(?![a-z])|comes? (?:out )?(?:to|at|as)|amounts? to|left with|ends? up (?:with|at))"
    rf"[\s:,]{{0,3}}(?:us |you |a |to |dir |uns |te |nos |nous |vous )?{_FILLED}{_OPEN}\Z"
)
_SUBJECT = re.compile(
    rf"(?<![a-z])(?:[a-z]|{_any(_WHAT)})(?![a-z])\W+(?:[^\W_]+\W+){{0,3}}?{_any(_BE)}(?![a-z])\W*"
    rf"{_FILLED}{_OPEN}\Z"
)
_CALLED = re.compile(rf"(?<![a-z]){_any(_NAMED)}(?![a-z])\W*{_FILLED}{_OPEN}\Z")
_AFTER = re.compile(
    rf"[\s\"'*_$)}}\],`-]{{0,6}}(?:[a-z%°/^\d]{{1,8}}\s)?(?:{_any(_BE)}(?![a-z])\W+(?:[^\W_]+\W+){{0,3}}?)"
    rf"{_any(_RIGHT)}(?![a-z])"
)
_NEXT = re.compile(
    rf"[^\w]{{1,10}}(?:(?:and|und|y|et|e)\s)?(?:that|this|it|which|das|dies|eso|esto|esa|esta|ce|c|cela|ca|voila)\b"
    rf"\W{{1,3}}(?:[^\W_]+\W+){{0,3}}?{_any(_RIGHT)}(?![a-z])"
)
_BREAK = re.compile(r"[.!?。！？](?:[\"')*_\]]*)(?=\s|\Z)|(?<![:=])\n|\n\s*\n")
_GOES_ON = re.compile(rf"(?:[:=≈→]|(?<![a-z])(?:{_any(_NOUNS)}|{_any(_BE)}|{_any(_GIVE)}))[\W_]*\Z")
_CLOSED = re.compile(r"[\s\"'*_$)}\]`~|]{0,8}(?:\Z|[.,;:!?…\n])")
_BARE = re.compile(r"[\W_]*\Z")
_LONGEST = 110  # characters before a place that say what it is
_BEHIND = 70


@lru_cache(maxsize=4096)
def level(text: str, start: int, end: int) -> int:
    """Return how surely a place in a folded text is said to be the answer."""
    before = _since_break(text[max(0, start - _LONGEST) : start])
    after = text[end : end + _BEHIND]
    own = _up_to_break(after)
    if _ANSWER.search(before) or _BOXED.search(before) or _DENSE.search(before):
        return ANSWER
    if _AFTER.match(own) or _NEXT.match(after) or alone(text, start, end):
        return ANSWER
    if _GIVEN.search(before) or (_SUBJECT.search(before) and _CLOSED.match(own)):
        return EQUAL
    return NAMED if _CALLED.search(before) else 0


def alone(text: str, start: int, end: int) -> bool:
    """Whether nothing else stands in its sentence, and it is no number of a list."""
    head = _BREAK.split(text[max(0, start - _LONGEST) : start])
    whole = start <= _LONGEST or len(head) > 1
    tail = text[end : end + _BEHIND]
    if re.match(r"[.)]\s+\S", tail) and _BARE.match(head[-1]) and text[start:end].isdigit():
        return int(text[start:end][:4]) > 20  # "2. Then multiply": the second of a list
    own = _up_to_break(tail)
    return bool(
        whole and _BARE.match(head[-1]) and re.fullmatch(r"[\W_]*(?:[a-z%°/^\d]{1,8})?[\W_]*", own)
    )


def _since_break(before: str) -> str:
    """What stands before a place in its sentence; a line goes on that asks for more."""
    told = before.rstrip()
    if "\n" in before[len(told) :] and not _GOES_ON.search(told):
        return ""
    return f"{_BREAK.split(told)[-1]} " if len(told) < len(before) else _BREAK.split(before)[-1]


def _up_to_break(after: str) -> str:
    return _BREAK.split(after, maxsplit=1)[0]
