"""GIFT: questions as Moodle's people write them by hand. Pure.

Quirks: seven characters are escaped by a backslash, and a line end is `\\n`; a share has two digits
at most before its point, so neither 100 % nor −100 % can be said but by `=`; an arrow makes a short
answer a matching question; points, time and attempts have no words.

Source: https://docs.moodle.org/en/GIFT_format, question/format/gift/format.php
"""

import re
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from connectors.exchange.markup import escaped, marked_up, plain, sane
from connectors.exchange.moodle_xml import ROOT, category, step
from connectors.exchange.packages import broken
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

SPECIAL = re.compile(r"[\\#=~{}:\n]")
WEIGHT = re.compile(r"^%(-?\d{1,3}(?:\.\d*)?)%")
ARROW = "->"


def limits(quiz: Quiz) -> list[Limit]:
    """Return what GIFT, or Moodle, cannot say of this quiz."""
    found = refusals(quiz)
    if quiz.description or quiz.minutes or quiz.attempts or quiz.shuffle:
        words = _("GIFT has no words for the introduction, time, attempts and mixing of answers")
        found.append(Limit(words))
    if any(question.points != 1 for question in quiz.questions):
        found.append(Limit(_("GIFT has no words for points: each question gives one")))
    for at, question in enumerate(quiz.questions, 1):
        found += [Limit(words, at, refused=True) for words in _refused(question)]
        rights = {pair.right for pair in question.pairs} | set(question.decoys)
        if any(marked_up(right) for right in rights):
            found.append(Limit(_("the right-hand sides of pairs become plain words"), at))
    return found


def _refused(question: Question) -> list[str | Promise]:
    told = shares(question)
    found: list[str | Promise] = []
    if any(step(share) is None for share in told):
        found.append(_("Moodle knows no such share of the points; take one like 50 %, 33.33333 %"))
    if question.ask is Ask.SINGLE and (1 not in told or all(share == 1 for share in told)):
        found.append(_("GIFT needs an answer with 100 % and one with less"))
    if question.ask is Ask.MULTIPLE and 1 in told:
        found.append(_("GIFT cannot say that only one of several answers is right"))
    if question.ask in {Ask.SINGLE, Ask.MULTIPLE} and -1 in told:
        found.append(_("GIFT cannot say −100 %"))
    if question.ask is Ask.SHORT and any(ARROW in plain(one.text) for one in question.choices):
        found.append(_("GIFT takes an answer with “->” for a pair"))
    return found


def write(quiz: Quiz) -> bytes:
    """Return the questions as a text file for Moodle's question bank."""
    name = sane(quiz.title).replace("\n", " ").replace("\\", "\\\\").replace("/", "//")
    lines = [f"$CATEGORY: {ROOT}{name}", *(_question(one) for one in quiz.questions)]
    return ("\n\n".join(lines) + "\n").encode()


def _said(text: str) -> str:
    """Return words with what is special escaped."""
    told = sane(text).strip()
    return SPECIAL.sub(lambda one: "\\n" if one[0] == "\n" else f"\\{one[0]}", told)


def _html(text: str) -> str:
    """Return HTML so that nothing of it is taken for a weight, a format or an arrow."""
    told = _said(text.replace(ARROW, "-&gt;"))
    return f"[html]{told}" if told.startswith(("%", "[")) else told


def _hint(text: str) -> str:
    return f"#{_html(text)}" if text.strip() else ""


def _question(question: Question) -> str:
    name = f"::{_said(question.title)}::" if question.title.strip() else ""
    general = f"####{_html(question.feedback)}" if question.feedback.strip() else ""
    text = _said(question.text.replace(ARROW, "-&gt;"))
    return f"{name}[html]{text}{{{_answers(question)}{general}}}"


def _answers(question: Question) -> str:
    match question.ask:
        case Ask.SINGLE | Ask.MULTIPLE:
            lines = [
                f"\n\t{_weight(question, share)}{_html(choice.text)}{_hint(choice.feedback)}"
                for choice, share in zip(question.choices, shares(question), strict=True)
            ]
            return "".join(lines) + "\n"
        case Ask.TRUE_FALSE:
            true, false = true_false(question)
            right, wrong = (true, false) if true.share else (false, true)
            hints = _hint(wrong.feedback)
            if right.feedback.strip():
                hints = (hints or "#") + _hint(right.feedback)
            return ("TRUE" if true.share else "FALSE") + hints
        case Ask.SHORT:
            lines = [
                f"\n\t={_accepted(choice)}{_hint(choice.feedback)}" for choice in question.choices
            ]
            return "".join(lines) + "\n"
        case Ask.NUMBER:
            value = bare(number(plain(question.choices[0].text)) or Decimal(0))
            hint = _hint(question.choices[0].feedback)
            return f"#={value}:{bare(question.tolerance)}{hint}"
        case Ask.MATCHING:
            pairs = [(_html(pair.left), pair.right) for pair in question.pairs]
            pairs += [("", decoy) for decoy in question.decoys]
            return (
                "".join(f"\n\t={left} {ARROW} {_said(plain(right))}" for left, right in pairs)
                + "\n"
            )
    return ""


def _weight(question: Question, share: Decimal) -> str:
    if question.ask is Ask.SINGLE and share == 1:
        return "="
    return f"~%{percent(step(share) or Decimal(0))}%" if share else "~"


def _accepted(choice: Choice) -> str:
    words = _said(plain(choice.text).replace("*", "\\*"))
    if choice.share != 1:
        return f"%{percent(step(choice.share) or Decimal(0))}%{words}"
    return f"[plain]{words}" if words.startswith(("%", "[")) else words


# --- and back -----------------------------------------------------------------------------------

# Escaped characters rest as these while the text is taken apart.
REST = {one: chr(0xE000 + at) for at, one in enumerate(":#={}~n")}


def read(content: bytes) -> Taken:
    """Return the questions of a file; raise BadRequest for what is no text or holds no question."""
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise broken() from error
    kept = "\n".join("" if line.strip().startswith("//") else line for line in text.split("\n"))
    title, left, questions = "", [], []
    for at, block in enumerate(filter(str.strip, re.split(r"\n\s*\n", kept)), 1):
        told = _rested(block.strip())
        if told.startswith("$CATEGORY:"):
            title = title or category(_unrested(told.partition(":")[2]))
        elif (question := _read(told)) is None:
            left.append(f"{at}: {_unrested(told)[:60]}")
        else:
            questions.append(question)
    if not questions:
        raise broken()
    return Taken(Quiz(title=title, questions=tuple(questions)), tuple(left))


def _rested(text: str) -> str:
    """Put what is escaped to rest; a doubled backslash is one."""
    return re.sub(
        r"\\([\\:#={}~n])", lambda one: "\\" if one[1] == "\\" else REST[one[1]], sane(text)
    )


def _unrested(text: str) -> str:
    for one, rest in REST.items():
        text = text.replace(rest, "\n" if one == "n" else one)
    return text.strip()


def _read(block: str) -> Question | None:
    title = ""
    if block.startswith("::") and "::" in block[2:]:
        title, _colons, block = block[2:].partition("::")
    before, brace, rest = block.partition("{")
    answers, closed, after = rest.partition("}")
    if not brace or not closed:
        return None
    gap = "_____" if after.strip() else ""  # the missing word
    kind, text = _form(f"{before}{gap}{after}", "moodle")
    answers, hashes, general = (
        answers.rpartition("####") if "####" in answers else (answers, "", "")
    )
    told = _asked(answers.strip(), kind)
    if told is None:
        return None
    return Question.model_validate(
        {
            **told,
            "title": _unrested(title),
            "text": text,
            "feedback": _form(general, kind)[1] if hashes else "",
        }
    )


def _form(text: str, default: str) -> tuple[str, str]:
    """Return the format that words are in, and them as HTML."""
    told, kind = text.strip(), default
    if (found := re.match(r"\[(html|moodle|plain|markdown)\]", told)) is not None:
        kind, told = found[1], told[found.end() :]
    words = _unrested(told)
    rich = kind in {"html", "markdown"} or (kind == "moodle" and marked_up(words))
    return kind, words if rich else escaped(words).replace("\n", "<br>")


def _asked(answers: str, kind: str) -> dict[str, object] | None:
    if not answers:
        return {"ask": Ask.ESSAY}
    if answers.startswith("#"):
        return _number(answers[1:], kind)
    if "~" in answers:
        ask = Ask.SINGLE if "=" in answers else Ask.MULTIPLE
        parts = _parts(answers.replace("=", "~="), "~")
        return {"ask": ask, "choices": tuple(_choice(part, kind) for part in parts)}
    if "=" in answers and ARROW in answers:
        return _matching(_parts(answers, "="), kind)
    bits = answers.split("#", 2)
    if bits[0].strip() in {"T", "TRUE", "F", "FALSE"}:
        true = bits[0].strip().startswith("T")
        wrong, right = (_form(bits[at], kind)[1] if len(bits) > at else "" for at in (1, 2))
        hints = {true: right, not true: wrong}
        words = ((TRUE, True), (FALSE, False))
        made = [Choice(text=t, share=Decimal(true is v), feedback=hints[v]) for t, v in words]
        return {"ask": Ask.TRUE_FALSE, "choices": tuple(made)}
    made = [_choice(f"={part}", "plain", feedback=kind) for part in _parts(answers, "=")]
    words_only = (one.model_copy(update={"text": one.text.replace("\\*", "*")}) for one in made)
    return {"ask": Ask.SHORT, "choices": tuple(words_only)}


def _parts(answers: str, mark: str) -> list[str]:
    first, *rest = (part.strip() for part in answers.split(mark))
    return [first, *rest] if first else rest


def _choice(part: str, kind: str, *, feedback: str = "") -> Choice:
    share = Decimal(1) if part.startswith("=") else Decimal(0)
    told = part.removeprefix("=").strip()
    if (weight := WEIGHT.match(told)) is not None and not (share and not feedback):
        share, told = Decimal(weight[1]) / 100, told[weight.end() :]
    text, _hash, hint = told.partition("#")
    return Choice(text=_form(text, kind)[1], share=share, feedback=_form(hint, feedback or kind)[1])


def _matching(parts: list[str], kind: str) -> dict[str, object]:
    sides = [part.partition(ARROW) for part in parts]
    told = [(_form(one, kind)[1], escaped(_unrested(two))) for one, _arrow, two in sides]
    return {
        "ask": Ask.MATCHING,
        "pairs": tuple(Pair(left=one, right=two) for one, two in told if one),
        "decoys": tuple(two for one, two in told if not one),
    }


def _number(answers: str, kind: str) -> dict[str, object] | None:
    first = next(iter(_parts(answers.partition("~")[0], "=")), "")
    if (weight := WEIGHT.match(first)) is not None:
        first = first[weight.end() :]
    written, _hash, hint = first.partition("#")
    if ".." in written:
        least, most = (number(one) for one in written.split("..", 1))
        value = None if least is None or most is None else (least + most) / 2
        off = None if value is None or most is None else most - value
    else:
        value, off = (number(one or "0") for one in (*written.split(":", 1), "0")[:2])
    if value is None or off is None:
        return None
    answer = Choice(text=bare(value), share=Decimal(1), feedback=_form(hint, kind)[1])
    return {"ask": Ask.NUMBER, "choices": (answer,), "tolerance": off}
