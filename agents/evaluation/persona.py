"""A teacher's words to the tutor, read before any model reads them. Pure but for the vault.

A persona may set tone, words and examples. What it may not ask for is found here by rules, in the
languages of our pages and three more, sentence by sentence: "never give the answer" is no order to
give it. What rules miss, the gates still hold; what they find, a teacher can put in other words.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agents.evaluation import leaks, views
from agents.evaluation.scenarios import Secret
from agents.tutor import vault

LONGEST = 2000  # characters; a model reads it at every turn
SHOWN = 120  # characters of what a fault is about
_SENTENCE = re.compile(r"[^.!?\n;]+[.!?;]?")
_NOT = re.compile(
    r"\b(?:never|not|no|don'?t|doesn'?t|won'?t|without|avoid|refuse|refrain|instead of|rather than"
    r"|nunca|jam[aá]s|sin|evita|en vez de|nicht|nie|niemals|kein\w*|ohne|vermeide|ne|pas|jamais|sans"
    r"|n[aã]o|sem|evite|non|mai|senza)\b",
    re.IGNORECASE,
)
# A "not" that follows the verb.
_NONE = re.compile(
    r"\b(?:kein\w*|nicht|pas|aucune?s?|ning[uú]n\w*|nenhum\w*|nessun\w*)\b", re.IGNORECASE
)
# A "not" of these turns around again: "do not hesitate to give the answer".
_AGAIN = re.compile(
    r"\b(?:hesitate|refuse|withhold|hold back|fail|forget|afraid|stop|reject|dudes|niegues|z[oö]gere"
    r"|verweigere|h[eé]site|refuse[rsz]?|hesite|recuse)\b",
    re.IGNORECASE,
)
_RESULT = (
    r"(?:answers?|solutions?|results?|finished work|model essays?|code of the exercise|respuestas?"
    r"|soluci[oó]n(?:es)?|resultados?|antwort(?:en)?|l[oö]sung(?:en)?|ergebnis(?:se)?|r[eé]ponses?"
    r"|r[eé]sultats?|respostas?|solu[cç][aã]o|solu[cç][oõ]es|rispost[ae]|soluzion[ei]|risultat[oi])"
)
_GIVE = (
    r"(?:give|tell|show|reveal|provide|hand out|write|print|share|state|disclose|confirm|supply"
    r"|da(?:r|les?)?|di(?:les?)?|muestra(?:les)?|revela|escribe|gib|sag|zeig|nenne|verrate|schreib"
    r"|donne[rz]?|dis|montre[rz]?|r[eé]v[eè]le|d[eêá]|mostre|diga|revele|escreva|dai|mostra|rivela)"
)
# "When they give a right answer" tells of students.
_THEM = "".join(
    f"(?<!{who} )" for who in ("they", "student", "students", "learners", "who", "he", "she")
)
_RULES = (
    r"(?:rules?|instructions?|prompts?|guidelines?|restrictions?|safety|guardrails?|reglas|instrucciones"
    r"|regeln|anweisungen|r[eè]gles|consignes|regras|instru[cç][oõ]es|regole|istruzioni)"
)


@dataclass(frozen=True)
class Fault:
    """What a persona may not ask for. `at`: the words of it that do."""

    code: str
    words: str | Promise
    at: str = ""


@dataclass(frozen=True)
class _Rule:
    """`free`: a "not" before it makes it harmless."""

    code: str
    words: Promise
    pattern: re.Pattern[str]
    free: bool = True


def _of(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


RULES = (
    _Rule(
        "reveals",
        _("It asks for answers or solutions. The tutor keeps those back, whatever it is asked."),
        _of(
            rf"{_THEM}\b{_GIVE}\b.{{0,50}}?\b{_RESULT}\b|\b(?:solve|do)\b.{{0,30}}\b(?:exercises?|homework"
            r"|assignments?|tasks?)\b.{0,20}\bfor\b|\bno hints?\b|\bskip (?:the )?hints?\b"
        ),
    ),
    _Rule(
        "overrides",
        _("It sets itself above the tutor's own rules. It can change the tone, not those."),
        _of(
            r"\b(?:ignore|disregard|forget|override|bypass|cancel|drop|ignora|olvida|ignoriere|vergiss"
            rf"|oublie|esque[cç]a|dimentica)\b.{{0,50}}\b(?:{_RULES}|above|before|previous|everything)\b"
            rf"|\b(?:do not|don'?t|never)\b.{{0,12}}\b(?:follow|obey)\b.{{0,30}}\b{_RULES}\b"
            r"|\b(?:developer|debug|admin|god|jailbreak) ?mode\b|\bjailbreak\b|\bdo anything now\b"
            rf"|\bno (?:more )?{_RULES}\b|\b(?:repeat|print|recite|reveal)\b.{{0,30}}\b{_RULES}\b"
        ),
        free=False,
    ),
    _Rule(
        "human",
        _("It makes the tutor pass for a person. Students have a right to know what it is."),
        _of(
            r"\b(?:you are|pretend to be|act as|pose as|claim to be|say (?:that )?you are) (?:an? )?(?:real "
            r"|actual )?(?:human|person)\b|\b(?:deny|hide|never (?:say|admit|reveal|mention)|do(?:n'?t| "
            r"not) (?:say|admit|reveal|mention))\b.{0,30}\b(?:ai|bot|machine|program|artificial|model)\b"
            r"|\beres (?:una persona|un humano)\b|\bdu bist ein mensch\b|\btu es (?:un humain|une personne)\b"
        ),
        free=False,
    ),
    _Rule(
        "watched",
        _(
            "It says that somebody watches. The tutor never says so, for nobody does at that moment."
        ),
        _of(
            r"\b(?:i|we|teachers?|somebody|someone|staff|everything|school)\b.{0,30}\b(?:watch(?:es|ing)?"
            r"|monitor(?:s|ing|ed)?|listen(?:s|ing)?|read(?:s|ing)? (?:everything|along|all)"
            r"|(?:is|are) being (?:recorded|read))\b"
        ),
    ),
    _Rule(
        "personal",
        _("It has the tutor ask for personal data. It needs none, and says so to students."),
        _of(
            r"\b(?:ask|request|collect|find out|get|pregunta|pide|frag\w*|demande[rz]?|pergunte|chiedi)\b"
            r".{0,40}\b(?:phone|telephone|passwords?|home address|addresses|e-?mails?|birthdays?|date of"
            r" birth|full names?|religion|health|illness\w*|diagnos[ei]s|grades of|tel[eé]fono|contrase[nñ]a"
            r"|direcci[oó]n|passw[oö]rt\w*|adresse|mot de passe|senha|endere[cç]o)\b"
        ),
    ),
    _Rule(
        "grades",
        _("It promises grades, points or a way out of an exam. Only people decide those."),
        _of(
            r"\b(?:promise|give|grant|award|push|record|release)\b.{0,40}\b(?:grades?|points?|marks?|credit"
            r"|extra time|extensions?|from (?:the )?exam)\b|\bpushGrade\b"
            r"|\b(?:promete|da|concede)\b.{0,30}\b(?:notas?|puntos|calificaci[oó]n)\b"
        ),
    ),
    _Rule(
        "sources",
        _(
            "It takes away the citations, or has some made up. What is said of the course is proved."
        ),
        _of(
            r"\b(?:invent|make up|fabricate|fake)\b.{0,40}\b(?:sources?|quotes?|quotations?|citations?"
            r"|references?)\b|\b(?:never|do not|don'?t|no|without|stop|omit|leave out)\b.{0,20}\b(?:cit(?:e|ing"
            r"|ations?)|quot(?:e|ing)|sources?|references?)\b|\b(?:sin|no) (?:citar|cites|citas|fuentes)\b"
            r"|\b(?:ohne|keine) (?:quellen|zitate)\b|\bsans (?:citer|sources?|citations?)\b"
        ),
        free=False,
    ),
    _Rule(
        "care",
        _("It keeps students in need from help. Who is in distress is always shown whom to call."),
        _of(
            r"\b(?:ignore|overlook|dismiss|never (?:mention|show|offer|refer)|do(?:n'?t| not) (?:mention|show"
            r"|offer|refer))\b.{0,60}\b(?:distress|suicid\w*|self.?harm|crisis|counsel\w*|contacts?|help ?lines?"
            r"|psycholog\w*|a person|human help|teachers?)\b"
        ),
        free=False,
    ),
    _Rule(
        "harsh",
        _("It is unkind to students."),
        _of(
            r"\b(?:insult|humiliate|mock|ridicule|shame|belittle|yell at|make fun of|laugh at|call them"
            r" (?:stupid|lazy|dumb)|threaten|burl\w+|ins[uú]lta\w*|humilla\w*|beleidig\w*|verspott\w*"
            r"|humilie\w*|insulte[rz]?|zombe|humilhe)\b"
        ),
    ),
)
_MARKUP = re.compile(
    r"</?[A-Za-z][\w-]*[^>\n]{0,80}>|```|<\|[^|\n]{1,40}\|>|\[/?INST\]|^\s*(?:system|assistant|user|tool)\s*:"
    r"|^#{1,6}\s|\[\[|\]\]",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = re.compile(r"https?://\S+|\bwww\.\S+|\b[\w.+-]+@[\w-]+\.[\w.]+|\+?\d[\d ()/-]{7,}\d")
_CODED = re.compile(
    r"\b(?=[A-Za-z0-9+/_-]*\d)[A-Za-z0-9+/_-]{20,}={0,2}|\b(?:[0-9a-fA-F]{2}[\s:]?){12,}\b"
)


def faults(text: str, course_id: UUID | None = None) -> list[Fault]:
    """Return what a persona may not ask for; with a course, also what stands in its vault."""
    found = [*_form(text), *_orders(views.clean(text))]
    for how, told in views.hidden(text):
        if how in {"base64", "hexadecimal", "rot13", "backwards"}:
            found += [Fault(one.code, one.words, _cut(text)) for one in _orders(told)]
    if course_id is not None:
        found += _told(text, course_id)
    return list({one.code: one for one in reversed(found)}.values())[::-1]


FORM = {
    "long": _("It is too long: at most 2000 characters."),
    "unseen": _("It holds signs that nobody sees. Type it anew instead of pasting it."),
    "markup": _("It holds tags or marks of a program. Write plain sentences."),
    "address": _("It holds an address or a number. Put it on a page of the course."),
    "coded": _("It holds text in a code. Write plain sentences."),
    "solution": _("It holds a solution of this course. Solutions belong to an activity's vault."),
}


def words() -> dict[str, str]:
    """Return what is said of each fault, by its code."""
    return {code: str(told) for code, told in FORM.items()} | {
        rule.code: str(rule.words) for rule in RULES
    }


def _form(text: str) -> Iterator[Fault]:
    if len(text) > LONGEST:
        yield _fault("long")
    if any(unicodedata.category(sign) in {"Cf", "Co", "Cn"} for sign in text):
        yield _fault("unseen")
    for code, pattern in (("markup", _MARKUP), ("address", _ADDRESS)):
        if match := pattern.search(text):
            yield _fault(code, match[0])
    if match := next((one for one in _CODED.finditer(text) if _says(one[0])), None):
        yield _fault("coded", match[0])


def _fault(code: str, at: str = "") -> Fault:
    return Fault(code, FORM[code], _cut(at))


def _says(run: str) -> bool:
    """Whether a run of letters and digits is a text in Base64 or in hexadecimal digits."""
    bare = re.sub(r"[\s:]", "", run)
    decoders: tuple[Callable[[], bytes], ...] = (
        lambda: bytes.fromhex(bare),
        lambda: base64.urlsafe_b64decode(bare.rstrip("=") + "=" * (-len(bare.rstrip("=")) % 4)),
    )
    for decoded in decoders:
        try:
            said = decoded().decode()
        except (ValueError, binascii.Error):
            continue
        if said.isprintable():
            return True
    return False


def _orders(text: str) -> Iterator[Fault]:
    for sentence in _SENTENCE.findall(text):
        for rule in RULES:
            match = rule.pattern.search(sentence)
            if match and not (rule.free and _denied(sentence[: match.end()], match.start())):
                yield Fault(rule.code, rule.words, _cut(sentence.strip()))


def _denied(before: str, at: int) -> bool:
    """Whether what begins at `at` is forbidden by the words before it, and not allowed again."""
    denied = _NOT.search(before[:at]) or _NONE.search(before[at:])
    return bool(denied) and not _AGAIN.search(before)


def _told(text: str, course_id: UUID) -> Iterator[Fault]:
    """Find solutions of the course that were written into the persona."""
    for one in vault.of(course_id).solutions:
        secrets = [Secret(text=answer) for answer in one.answers if len(answer.strip()) > 2]
        if len(one.text.split()) >= leaks.PROSE:
            secrets.append(Secret(kind="prose", text=one.text))
        if any(leaks.shows(text, secret) for secret in secrets):
            yield _fault("solution")
            return


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
