"""Signs in a student's words that tell what their turn is, in the languages of our pages and four
more. Pure.

They say when they are sure. What they are not sure of, a small model judges where there is one.
"""

import re
from dataclasses import dataclass

from agents import words
from agents.tutor.records import Move

LONG = 45  # words; a longer text with numbers in it is a problem that was copied here
SHORT = 8  # words; a longer question with numbers in it is one, too
ANY = re.IGNORECASE | re.UNICODE

# Give me the answer; do it for me.
SOLUTION = re.compile(
    r"\b(?:give|tell|show|send|reveal|need|want|just)\b.{0,30}\b(?:answers?|solutions?|result)\b"
    r"|\bwhat(?:'s| is) the (?:final |correct |right )?(?:answer|solution|result)\b"
    r"|\b(?:solve|do|finish|write|complete|code) (?:it|this|that|these|my \w+|the (?:home\w+|exercise"
    r"|assignment|problem|task|essay|code|quiz))\b|\b(?:do|solve|write) .{0,60}\bfor me\b"
    r"|\b(?:dame|dime|d[aá]me|mu[eé]strame|p[aá]same|quiero|necesito|cu[aá]l es)\b.{0,30}"
    r"\b(?:respuestas?|soluci[oó]n(?:es)?|resultado)\b|\bresu[eé]lve(?:lo|la|me|melo)\b|\bhaz(?:lo|me)\b"
    r"|\b(?:donne|dis|montre)[- ]moi\b.{0,30}\b(?:r[eé]ponse|solution)|\bquelle est la (?:r[eé]ponse"
    r"|solution)|\bfais[- ]le\b|\b(?:gib|sag|zeig)e?\b.{0,30}\b(?:antwort|l[oö]sung)|\bl[oö]se? (?:es|das"
    r"|die aufgabe)\b|\b(?:dammi|dimmi|mostrami|qual è)\b.{0,30}\b(?:risposta|soluzione)"
    r"|\brisolvilo\b|\b(?:me d[êeáa]|diga|mostre|qual é)\b.{0,30}\b(?:resposta|solu[cç][aã]o)",
    ANY,
)
HINT = re.compile(
    r"\bhints?\b|\bclues?\b|\b(?:i'?m|i am) (?:stuck|lost)\b|\bhelp\b|\bwhere do i (?:start|begin)\b"
    r"|\bpistas?\b|\bay[uú]da(?:me)?\b|\batascad[oa]\b|\bpor d[oó]nde empiezo\b|\bindice\b|\baide"
    r"|\bbloqu[eé]e?\b|\bhinweis\b|\btipp\b|\bhilf\b|\bh[aä]nge fest\b|\bsuggerimento\b|\baiut"
    r"|\bbloccat[oa]\b|\bdica\b|\bajud[ae]\b|\btravad[oa]\b",
    ANY,
)
# It says what they think or did.
TRY = re.compile(
    r"\bi (?:think|thought|got|get|did|tried|used|found|would|have|set|guess|believe|calculated|wrote"
    r"|chose|multipl\w+|divid\w+|add\w*|subtract\w*)\b|\bmy (?:answer|attempt|guess|result|solution"
    r"|code|idea|step)\b|\bis it\b|\bbecause\b|\b(?:creo|pienso|obtuve|intent[eé]|us[eé]|hice"
    r"|me (?:da|sale|dio|sali[oó])|mi (?:respuesta|intento|idea)|porque|ser[aá])\b"
    r"|\bje (?:pense|crois|trouve)\b|\bj'(?:ai|obtiens)\b|\bma r[eé]ponse\b|\bparce que\b"
    r"|\bich (?:denke|glaube|habe|bekomme)\b|\bmeine (?:antwort|l[oö]sung|idee)\b|\bweil\b"
    r"|\b(?:penso|credo|ho (?:fatto|provato|trovato|usato)|mi viene)\b"
    r"|\beu (?:acho|penso|fiz|tentei)\b|\bminha resposta\b",
    ANY,
)
TASK = re.compile(
    r"\b(?:solve|calculate|compute|determine|prove|show that|evaluate|simplify|factor(?:i[sz]e)?"
    r"|integrate|differentiate|implement|translate|balance)\b|\bfind (?:the|all|a|x|its)\b"
    r"|\bwrite (?:a|an|the|code|me)\b|\b(?:exercise|problem|task|homework|assignment|quiz)\b"
    r"|\b(?:resuelve|resolver|calcula|halla|encuentra|determina|demuestra|simplifica|escribe"
    r"|implementa|ejercicio|problema|tarea)\b|\b(?:r[eé]sou\w*|calcule\w*|d[eé]termine|d[eé]montre"
    r"|simplifie|[eé]cri[st]|exercice)\b|\b(?:berechne|bestimme|beweise|schreibe|aufgabe|[uü]bung)\b"
    r"|\b(?:risolvi|calcola|determina|dimostra|scrivi|esercizio)\b"
    r"|\b(?:resolva|calcule|determine|prove|escreva|exerc[ií]cio)\b",
    ANY,
)
ASKED = re.compile(
    r"\?|？|؟|^\W*(?:what|why|how|when|where|which|who|explain|define|describe|compare|can|could|does"
    r"|do|is|are|qu[eé]|por qu[eé]|c[oó]mo|cu[aá]ndo|d[oó]nde|cu[aá]l|qui[eé]n|explica|define"
    r"|qu'|que|quoi|pourquoi|comment|quand|où|quel|explique|was|warum|wie|wann|wo|welch\w*|wer"
    r"|erkl[aä]re|che|cosa|perch[eé]|come|quando|dove|quale|spiega|o que|por que|como|onde|qual"
    r"|explique)\b|[か吗呢]\s*[。.]?$|什么|怎么|为什么|なぜ|무엇|어떻게|\b(?:как|что|почему|كيف|لماذا|ما)\b",
    ANY,
)
# It asks for a notion, not for what a task wants to be found.
NOTION = re.compile(
    r"\bwhat (?:is|are) (?:an? |the (?:meaning|difference|definition|idea) )?(?!the\b)\w|\bmeans?\b"
    r"|\b(?:explain|define|describe|difference|why)\b|\bqu[eé] (?:es|son|significa)\b"
    r"|\b(?:explica|define|diferencia|por qu[eé])\b|\bqu'est-ce\b|\bpourquoi\b|\bwas (?:ist|sind"
    r"|bedeutet)\b|\bwarum\b|\bcos'?è\b|\bperch[eé]\b|\bo que (?:é|são)\b",
    ANY,
)
VALUE = re.compile(
    r"\b(?:answers?|solutions?|results?|values?|number|respuesta|soluci[oó]n|resultado|valor)\b",
    ANY,
)
PERSON = re.compile(
    r"\b(?:talk|speak|write|chat)\b.{0,20}\b(?:person|human|teacher|someone|somebody|instructor"
    r"|professor|real)\b|\b(?:real|human|actual) (?:person|human|being|teacher|tutor)\b"
    r"|\b(?:hablar|hable|escribir)\b.{0,20}\b(?:persona|humano|alguien|profesora?|docente)\b"
    r"|\bpersona (?:real|de verdad)\b|\bparler\b.{0,20}\b(?:quelqu'un|personne|humain|prof)"
    r"|\bmit (?:einem menschen|einer person|jemandem|meine[mr] lehrer\w*)\b"
    r"|\bparlare con (?:una persona|qualcuno|un umano|il prof\w*)"
    r"|\bfalar com (?:uma pessoa|algu[eé]m|um humano|o prof\w*)",
    ANY,
)
# Words that make a whole reply of no thinking, or of courtesy.
NOTHING = """
ok okay k yes yeah yep no nope sure fine idk dunno whatever hm hmm mm maybe right got it next go
on continue please just i don't dont know no idea not really understand me too understood
sí si vale no sé se ni idea bueno quizás tal vez sigue continúa entiendo ya
oui non d'accord je ne sais pas ja nein weiß nicht keine ahnung sì non lo so sim não nao sei
"""
EMPTY = frozenset(NOTHING.split())
COURTESY = """
hi hello hey good morning afternoon evening day thanks thank you very much a lot cheers bye
goodbye see later great awesome cool nice perfect so ok okay
hola buenos días dias buenas tardes noches gracias muchas adiós adios hasta luego genial
salut bonjour merci beaucoup au revoir hallo guten tag morgen danke schön tschüss ciao
buongiorno grazie mille olá ola bom dia boa obrigado obrigada there tutor
"""
SOCIAL = frozenset(COURTESY.split())
GREETING = """
hi hello hey morning thanks thank cheers bye goodbye hola buenos buenas gracias adiós adios
salut bonjour merci revoir hallo guten danke tschüss ciao buongiorno grazie olá ola bom boa
obrigado obrigada
"""
COURTEOUS = frozenset(GREETING.split())
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_MATHS = re.compile(r"[=<>≤≥≠√∫∑^]|\d\s*[-+*/×·÷]\s*\d|\\\w+|[{};]|\bdef |\breturn\b")


@dataclass(frozen=True)
class Sign:
    """What the words look like; `sure`: no model could tell better."""

    move: Move
    sure: bool = False
    wants_person: bool = False
    notion: bool = False  # what it asks for is no task's


def read(text: str, *, working: bool) -> Sign:
    """Return what a turn looks like. `working`: a problem is being worked at, and the tutor asked
    something about it."""
    move, sure = _move(text.strip(), working)
    notion = bool(NOTION.search(text)) and not VALUE.search(text)
    return Sign(move, sure, bool(PERSON.search(text)), notion)


def _move(text: str, working: bool) -> tuple[Move, bool]:
    said = [word.casefold().replace("’", "'") for word in _WORD.findall(text)]
    figures = bool(re.search(r"\d", text) or _MATHS.search(text))
    if not figures:
        if said and set(said) <= SOCIAL and set(said) & COURTEOUS:
            return Move.SOCIAL, True
        if set(said) <= EMPTY or not _tells(text):
            return (Move.HOLLOW, True) if working or said else (Move.UNCLEAR, True)
    if SOLUTION.search(text):
        return Move.ASKS_SOLUTION, True
    tried, task = bool(TRY.search(text)), bool(TASK.search(text))
    if tried and not (task and not working):
        return (Move.PARTIAL if working or figures else Move.QUESTION), False
    asked = bool(ASKED.search(text))
    if task or (figures and len(said) > (SHORT if asked else LONG)):
        return Move.PROBLEM, False
    if HINT.search(text):
        return Move.ASKS_HINT, not figures and len(said) < LONG
    if asked:
        return Move.QUESTION, not figures and len(said) < LONG
    if working or figures:
        return Move.PARTIAL, False  # they answer what was asked
    return Move.QUESTION, False


def _tells(text: str) -> bool:
    """Whether there is a word or a sign that could mean something."""
    return bool(words.terms(text, "")) and bool(re.search(r"[^\W_]", text))
