"""Moodle XML: all that a question of Moodle's bank can say. Pure.

Quirks: a share must be one of Moodle's own steps, else the import stops; the quiz itself (its time
and attempts) is not in it, its name becomes a category; a short answer's `*` stands for anything;
the right-hand sides of a matching question are plain words.

Source: https://docs.moodle.org/en/Moodle_XML_format, question/format/xml/format.php
"""

import re
from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from lxml import etree

from connectors.exchange.markup import escaped, marked_up, plain, sane
from connectors.exchange.packages import broken, tree
from connectors.exchange.terms import (
    FALSE,
    TRUE,
    Limit,
    Taken,
    bare,
    number,
    percent,
    refusals,
    shares,
    true_false,
)
from tutorai.lmsdm.schema import Ask, Choice, Pair, Question, Quiz

TYPES = {
    Ask.SINGLE: "multichoice",
    Ask.MULTIPLE: "multichoice",
    Ask.TRUE_FALSE: "truefalse",
    Ask.SHORT: "shortanswer",
    Ask.NUMBER: "numerical",
    Ask.MATCHING: "matching",
    Ask.ESSAY: "essay",
}
# question/engine/bank.php: the grades that a choice may give; their negatives too.
STEPS = [Decimal(1) / n for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20)]
STEPS += [Decimal(step) for step in ("0", "0.9", "0.8", "0.75", "0.7", "0.6", "0.4", "0.3")]
STEPS += [Decimal(2) / 3, Decimal(5) / 6]
NEAR = Decimal("0.0001")
NAMED = 60  # characters of a question's words that name one without a title
ROOT = "$course$/top/"


def step(share: Decimal) -> Decimal | None:
    """Return Moodle's own step for a share; None where it has none."""
    nearest = min(STEPS, key=lambda one: abs(one - abs(share)))
    if abs(nearest - abs(share)) > NEAR:
        return None
    return nearest.copy_sign(share) if nearest else nearest


def limits(quiz: Quiz) -> list[Limit]:
    """Return what Moodle XML, or Moodle, cannot say of this quiz."""
    found = refusals(quiz)
    if quiz.minutes or quiz.attempts:
        found.append(Limit(_("time and attempts: set them in the quiz that uses the questions")))
    for at, question in enumerate(quiz.questions, 1):
        if any(step(share) is None for share in shares(question)):
            words = _("Moodle knows no such share of the points; take one like 50 %, 33.33333 %")
            found.append(Limit(words, at, refused=True))
        rights = {pair.right for pair in question.pairs} | set(question.decoys)
        if any(marked_up(right) for right in rights):
            found.append(Limit(_("the right-hand sides of pairs become plain words"), at))
        if question.ask is Ask.MATCHING and len(rights) < 3:
            found.append(
                Limit(_("Moodle asks for three right-hand sides: add one that fits none"), at)
            )
        full = any(share == 1 for share in shares(question))
        if question.ask in {Ask.SINGLE, Ask.SHORT} and not full:
            found.append(Limit(_("Moodle wants one answer with 100 %"), at))
    return found


def write(quiz: Quiz) -> bytes:
    """Return the questions as a file for Moodle's question bank."""
    root = etree.Element("quiz")
    category = etree.SubElement(root, "question", type="category")
    name = sane(quiz.title).replace("/", "//")
    _words(etree.SubElement(category, "category"), f"{ROOT}{name}")
    _words(etree.SubElement(category, "info", format="html"), quiz.description)
    for question in quiz.questions:
        root.append(_question(question, shuffle=quiz.shuffle))
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def _words(parent: etree._Element, text: str) -> etree._Element:
    etree.SubElement(parent, "text").text = sane(text)
    return parent


def _html(parent: etree._Element, name: str, text: str, **more: str) -> etree._Element:
    return _words(etree.SubElement(parent, name, format="html", **more), text)


def named(question: Question) -> str:
    """Return the name of a question without a title: its first words."""
    return " ".join(plain(sane(question.text)).split())[:NAMED].strip() or "?"


def _question(question: Question, *, shuffle: bool) -> etree._Element:
    made = etree.Element("question", type=TYPES[question.ask])
    _words(etree.SubElement(made, "name"), question.title.strip() or named(question))
    _html(made, "questiontext", question.text)
    _html(made, "generalfeedback", question.feedback)
    etree.SubElement(made, "defaultgrade").text = bare(question.points)
    etree.SubElement(made, "hidden").text = "0"
    match question.ask:
        case Ask.SINGLE | Ask.MULTIPLE:
            etree.SubElement(made, "single").text = _bool(question.ask is Ask.SINGLE)
            etree.SubElement(made, "shuffleanswers").text = _bool(shuffle)
            etree.SubElement(made, "answernumbering").text = "abc"
            for choice, share in zip(question.choices, shares(question), strict=True):
                _answer(made, choice, share, choice.text, "html")
        case Ask.TRUE_FALSE:
            for choice, text in zip(true_false(question), ("true", "false"), strict=True):
                _answer(made, choice, choice.share, text, "moodle_auto_format")
        case Ask.SHORT:
            etree.SubElement(made, "usecase").text = "0"
            for choice in question.choices:
                accepted = plain(choice.text).replace("*", "\\*")
                _answer(made, choice, choice.share, accepted, "moodle_auto_format")
        case Ask.NUMBER:
            value = bare(number(plain(question.choices[0].text)) or Decimal(0))
            answer = _answer(made, question.choices[0], Decimal(1), value, "moodle_auto_format")
            etree.SubElement(answer, "tolerance").text = bare(question.tolerance)
        case Ask.MATCHING:
            etree.SubElement(made, "shuffleanswers").text = "true"
            for pair in [*question.pairs, *(Pair(left="", right=one) for one in question.decoys)]:
                part = _html(made, "subquestion", pair.left)
                _words(etree.SubElement(part, "answer"), plain(pair.right))
        case Ask.ESSAY:
            etree.SubElement(made, "responseformat").text = "editor"
            etree.SubElement(made, "responserequired").text = "1"
            etree.SubElement(made, "responsefieldlines").text = "15"
            etree.SubElement(made, "attachments").text = "0"
    return made


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _answer(
    parent: etree._Element, choice: Choice, share: Decimal, text: str, form: str
) -> etree._Element:
    fraction = percent(step(share) or Decimal(0))
    made = etree.SubElement(parent, "answer", fraction=fraction, format=form)
    _words(made, text)
    _html(made, "feedback", choice.feedback)
    return made


# --- and back -----------------------------------------------------------------------------------


def read(content: bytes) -> Taken:
    """Return the questions of a file; raise BadRequest for what is none of Moodle's."""
    root = tree(content)
    if root.tag != "quiz":
        raise broken()
    title, description, left = "", "", []
    questions: list[Question] = []
    shuffle = False
    for at, element in enumerate(root.iterchildren("question"), 1):
        kind = element.get("type", "")
        if kind == "category":
            title = title or category(_told(element.find("category")))
            description = description or _rich(element.find("info"))
            continue
        question = _read(element, kind)
        if question is None:
            left.append(f"{at}: {kind} {_told(element.find('name'))}".strip())
        else:
            questions.append(question)
            shuffle |= kind == "multichoice" and element.findtext("shuffleanswers") in _YES
    quiz = Quiz(title=title, description=description, questions=tuple(questions), shuffle=shuffle)
    return Taken(quiz, tuple(left))


_YES = frozenset({"true", "1"})


def category(path: str) -> str:
    """Return the name of the last category of a path; `//` is a slash in a name."""
    last = re.split(r"(?<!/)/(?!/)", path.removeprefix(ROOT))[-1]
    return last.replace("//", "/").strip()


def _told(element: etree._Element | None) -> str:
    """Return the words in an element's `text`."""
    return "" if element is None else (element.findtext("text") or "").strip()


def _rich(element: etree._Element | None) -> str:
    """Return an element's text as HTML, whichever of Moodle's formats it is in."""
    text = _told(element)
    if element is None or element.get("format", "html") in {"html", "markdown"}:
        return text
    plain_text = element.get("format") == "plain_text" or not marked_up(text)
    return escaped(text).replace("\n", "<br>") if plain_text else text


def _read(element: etree._Element, kind: str) -> Question | None:
    ask = {name: ask for ask, name in TYPES.items()}.get(kind)
    if kind == "multichoice":
        ask = Ask.SINGLE if element.findtext("single", "true") in _YES else Ask.MULTIPLE
    if ask is None:
        return None
    answers = element.findall("answer")
    told: dict[str, object] = {
        "ask": ask,
        "text": _rich(element.find("questiontext")),
        "feedback": _rich(element.find("generalfeedback")),
        "points": number(element.findtext("defaultgrade") or "1") or Decimal(0),
        "choices": tuple(_choice(ask, answer) for answer in answers),
    }
    if ask is Ask.TRUE_FALSE:
        told["choices"] = tuple(sorted(told["choices"], key=lambda one: one.text != TRUE))  # type: ignore[call-overload]
    if ask is Ask.NUMBER:
        answers = [one for one in answers if _told(one) != "*"][:1]
        told["choices"] = tuple(_choice(ask, one) for one in answers)
        told["tolerance"] = number(answers[0].findtext("tolerance") or "0") if answers else 0
    if ask is Ask.MATCHING:
        sides = [
            (_rich(part), escaped(_told(part.find("answer"))))
            for part in element.findall("subquestion")
        ]
        told["pairs"] = tuple(Pair(left=one, right=two) for one, two in sides if one)
        told["decoys"] = tuple(two for one, two in sides if not one)
        told["choices"] = ()
    question = Question.model_validate(told)
    name = _told(element.find("name"))
    return question.model_copy(update={"title": "" if name == named(question) else name})


def _choice(ask: Ask, answer: etree._Element) -> Choice:
    share = (number(answer.get("fraction", "0")) or Decimal(0)) / 100
    text = _rich(answer) if ask in {Ask.SINGLE, Ask.MULTIPLE} else escaped(_told(answer))
    if ask is Ask.TRUE_FALSE:
        text = TRUE if text.casefold() == "true" else FALSE
    if ask is Ask.SHORT:
        text = text.replace("\\*", "*")
    return Choice(text=text, share=share, feedback=_rich(answer.find("feedback")))
