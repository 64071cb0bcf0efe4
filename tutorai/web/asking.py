"""A question as a form: what is typed, and the question it makes. Nothing typed is lost on the way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.exchange.markup import escaped, plain
from connectors.exchange.terms import FALSE, TRUE, bare, faults, number, percent, true_false
from tutorai import prose
from tutorai.lmsdm.schema import Ask, Choice, Pair, Question

MOST = 40  # answers, or pairs
MOST_POINTS = 1000
NAMES: Mapping[Ask, str | Promise] = {
    Ask.SINGLE: gettext_lazy("One answer of several"),
    Ask.MULTIPLE: gettext_lazy("Several answers"),
    Ask.TRUE_FALSE: gettext_lazy("True or false"),
    Ask.SHORT: gettext_lazy("A short answer"),
    Ask.NUMBER: gettext_lazy("A number"),
    Ask.MATCHING: gettext_lazy("Pairs"),
    Ask.ESSAY: gettext_lazy("A text"),
}
ROWS = {Ask.SINGLE: 4, Ask.MULTIPLE: 4, Ask.SHORT: 1, Ask.NUMBER: 1, Ask.MATCHING: 3}
LISTED = frozenset({Ask.SINGLE, Ask.MULTIPLE, Ask.SHORT})


@dataclass(frozen=True)
class Row:
    """One answer, or one pair (`text` and `other`), as it is typed."""

    text: str = ""
    other: str = ""  # the right-hand side of a pair
    share: str = "0"  # percent
    hint: str = ""


@dataclass(frozen=True)
class Sheet:
    """A question as it is typed."""

    ask: Ask
    title: str = ""
    points: str = "1"
    text: str = ""
    feedback: str = ""
    rows: tuple[Row, ...] = ()
    decoys: tuple[str, ...] = ()
    tolerance: str = "0"
    truth: bool = True

    @property
    def name(self) -> str | Promise:
        """What such a question is called."""
        return NAMES[self.ask]

    @property
    def listed(self) -> bool:
        """Whether its answers are a list that grows."""
        return self.ask in LISTED


@dataclass
class Typed:
    """How texts were written, by the HTML that came of it."""

    known: dict[str, str] = field(default_factory=dict)

    def html(self, text: str) -> str:
        """Return the HTML of Markdown, and remember how it was written."""
        made = prose.rendered(text) if text.strip() else ""
        if made and prose.source(made) != text:
            self.known[made] = text
        return made

    def source(self, html: str) -> str:
        """Return how HTML was written, or can be."""
        return self.known.get(html) or prose.source(html)


def blank(ask: Ask) -> Sheet:
    """Return an empty form."""
    rows = tuple(Row(share="100" if not at else "0") for at in range(ROWS.get(ask, 0)))
    return Sheet(ask, rows=rows)


def opened(question: Question, typed: Typed) -> Sheet:
    """Return a question in its form."""
    ask = question.ask
    sheet = Sheet(
        ask,
        title=question.title,
        points=bare(question.points),
        text=typed.source(question.text),
        feedback=typed.source(question.feedback),
        decoys=tuple(typed.source(decoy) for decoy in question.decoys),
        tolerance=bare(question.tolerance),
    )
    if ask is Ask.MATCHING:
        pairs = [(typed.source(pair.left), typed.source(pair.right)) for pair in question.pairs]
        return replace(sheet, rows=tuple(Row(left, right) for left, right in pairs))
    choices = list(question.choices)
    if ask is Ask.TRUE_FALSE:
        choices = list(true_false(question))
        sheet = replace(sheet, truth=bool(choices[0].share))
    words = ask in {Ask.SHORT, Ask.NUMBER, Ask.TRUE_FALSE}
    rows = (
        Row(
            plain(one.text) if words else typed.source(one.text),
            share=percent(one.share),
            hint=typed.source(one.feedback),
        )
        for one in choices
    )
    return replace(sheet, rows=tuple(rows))


def sent(form: QueryDict, ask: Ask) -> Sheet:
    """Return what was typed into the form."""
    columns = [form.getlist(name)[:MOST] for name in ("answer", "other", "share", "hint")]
    longest = max(map(len, columns))
    told = [[*column, *[""] * (longest - len(column))] for column in columns]
    return Sheet(
        ask,
        title=form.get("title", ""),
        points=form.get("points", ""),
        text=form.get("text", ""),
        feedback=form.get("feedback", ""),
        rows=tuple(Row(*row) for row in zip(*told, strict=True)),
        decoys=tuple(form.getlist("decoy")[:MOST]),
        tolerance=form.get("tolerance", ""),
        truth=form.get("truth") == "true",
    )


def changed(sheet: Sheet, act: str) -> tuple[Sheet, int]:
    """Return the form after "add", "drop:2", "up:2" or "down:2", and the row to go on in."""
    rows, (deed, _colon, told) = list(sheet.rows), act.partition(":")
    at = int(told) if told.isdecimal() and int(told) < len(rows) else 0
    if deed == "add" and len(rows) < MOST:
        rows.append(Row())
        at = len(rows) - 1
    elif deed == "drop" and rows:
        rows.pop(at)
        at = min(at, len(rows) - 1)
    elif deed in {"up", "down"}:
        to = at + (1 if deed == "down" else -1)
        if 0 <= to < len(rows):
            rows[at], rows[to] = rows[to], rows[at]
            at = to
    elif deed == "decoy" and len(sheet.decoys) < MOST:
        return replace(sheet, decoys=(*sheet.decoys, "")), -1
    return replace(sheet, rows=tuple(rows)), at


def made(sheet: Sheet, typed: Typed) -> tuple[Question, list[str | Promise]]:
    """Return the question that a form makes, and what is wrong with it, in words."""
    points, off = number(sheet.points), number(sheet.tolerance or "0")
    rows = [row for row in sheet.rows if row.text.strip() or row.other.strip() or row.hint.strip()]
    wrong: list[str | Promise] = []
    if points is None or points > MOST_POINTS:
        wrong.append(_("points are a number from 0 upwards"))
    if off is None:
        wrong.append(_("how far it may be off is a number from 0 upwards"))
    choices = list(_choices(sheet, rows, typed))
    if any(choice is None for choice in choices):
        wrong.append(_("what an answer gives is a number of percent"))
    question = Question(
        ask=sheet.ask,
        title=" ".join(sheet.title.split()),
        points=points or Decimal(0),
        text=typed.html(sheet.text),
        feedback=typed.html(sheet.feedback),
        choices=tuple(choice for choice in choices if choice is not None),
        pairs=_pairs(sheet, rows, typed),
        decoys=tuple(typed.html(one) for one in sheet.decoys if one.strip()),
        tolerance=off or Decimal(0),
    )
    return question, wrong or faults(question)


def _choices(sheet: Sheet, rows: Iterable[Row], typed: Typed) -> Iterable[Choice | None]:
    if sheet.ask is Ask.TRUE_FALSE:
        hints = [*(typed.html(row.hint) for row in sheet.rows), "", ""]
        yield Choice(text=TRUE, share=Decimal(sheet.truth), feedback=hints[0])
        yield Choice(text=FALSE, share=Decimal(not sheet.truth), feedback=hints[1])
    elif sheet.ask is Ask.NUMBER:
        for row in rows:
            value = number(row.text)
            text = bare(value) if value is not None else escaped(row.text.strip())
            yield Choice(text=text, share=Decimal(1), feedback=typed.html(row.hint))
    elif sheet.ask in LISTED:
        for row in rows:
            share = number(row.share or "0")
            short = sheet.ask is Ask.SHORT
            text = escaped(" ".join(row.text.split())) if short else typed.html(row.text)
            hint = typed.html(row.hint)
            told = {"text": text, "feedback": hint}
            yield None if share is None else Choice(share=share / 100, **told)


def _pairs(sheet: Sheet, rows: Iterable[Row], typed: Typed) -> tuple[Pair, ...]:
    if sheet.ask is not Ask.MATCHING:
        return ()
    return tuple(Pair(left=typed.html(row.text), right=typed.html(row.other)) for row in rows)
