"""A quiz's own pages: its settings and the list of its questions, and a form for each of them."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from connectors.base import Draft
from tutorai import publishing
from tutorai.errors import BadRequest, Conflict, NotFound
from tutorai.ledger.models import Proposal
from tutorai.lmsdm.schema import Actor, Ask, Question, Quiz
from tutorai.publishing import Wish
from tutorai.web import asking, drafted
from tutorai.web.asking import Sheet, Typed
from tutorai.web.teacher import page

LONGEST = 24 * 60  # minutes


def _quiz(proposal: Proposal) -> Quiz:
    found = publishing.quiz(proposal)
    if found is None:
        raise NotFound()
    return found


def _change(request: HttpRequest, actor: Actor, proposal: UUID) -> HttpResponse:
    """Take what is typed of the quiz itself, and one deed: up, down, drop or edit a question."""
    found = publishing.one(actor, proposal)
    deed, _colon, told = request.POST.get("act", "").partition(":")
    quiz, at = _quiz(found), int(told) if told.isdecimal() else 0
    typed = Typed(dict(found.payload.get("typed", {})))
    try:
        written = _settings(request, quiz, typed)
        questions, focus = _moved(list(written.questions), deed, at)
        written = written.model_copy(update={"questions": tuple(questions)})
        wish = Wish(Draft.QUIZ, written.title, quiz=written, typed=typed.known)
        found = publishing.revise(actor, proposal, wish, request.POST.get("seen", ""))
    except (BadRequest, Conflict) as error:
        typed_in = {**request.POST.dict(), "shuffle": "shuffle" in request.POST}
        return drafted.shown(request, actor, found, typed=typed_in, refusal=str(error))
    if deed == "send":
        return drafted.summary(request, actor, found)
    if deed == "edit":
        return _asked(request, actor, found, at)
    if deed == "new":
        return _asked(request, actor, found, len(questions), request.POST.get("ask", ""))
    return drafted.shown(request, actor, found, said=_("Saved. Nothing was sent."), focus=focus)


def _settings(request: HttpRequest, quiz: Quiz, typed: Typed) -> Quiz:
    """Return the quiz with what the form says of it; raise BadRequest."""
    return quiz.model_copy(
        update={
            "title": request.POST.get("title", ""),
            "description": typed.html(request.POST.get("description", "")),
            "minutes": _whole(request.POST.get("minutes", ""), LONGEST),
            "attempts": _whole(request.POST.get("attempts", ""), 100),
            "shuffle": "shuffle" in request.POST,
        }
    )


def _whole(text: str, most: int) -> int | None:
    told = text.strip()
    if not told:
        return None
    if not told.isdecimal() or not 0 < int(told) <= most:
        raise BadRequest(why=_("time and attempts are whole numbers, or empty for no limit"))
    return int(told)


def _moved(questions: list[Question], deed: str, at: int) -> tuple[list[Question], int]:
    """Return the questions after a deed, and the one to go on at."""
    to = at + {"up": -1, "down": 1}.get(deed, 0)
    if not 0 <= at < len(questions):
        return questions, -1
    if deed == "drop":
        questions.pop(at)
        return questions, min(at, len(questions) - 1)
    if deed in {"up", "down"} and 0 <= to < len(questions):
        questions[at], questions[to] = questions[to], questions[at]
        return questions, to
    return questions, -1


def _asked(
    request: HttpRequest, actor: Actor, found: Proposal, at: int, ask: str = ""
) -> HttpResponse:
    """The form of a question that is there, or of a new one."""
    quiz, typed = _quiz(found), Typed(dict(found.payload.get("typed", {})))
    if at < len(quiz.questions):
        if quiz.questions[at].ask not in asking.NAMES:
            raise NotFound()
        sheet = asking.opened(quiz.questions[at], typed)
    elif ask in asking.NAMES:
        sheet = asking.blank(Ask(ask))
    else:
        raise NotFound()
    told = {**drafted.facts(actor), **_form(found, at, sheet)}
    return render(request, "teacher/publish_question.html", told)


def _form(found: Proposal, at: int, sheet: Sheet, **more: Any) -> dict[str, Any]:
    seal = publishing.seal(found)
    told = {"proposal": found, "at": at, "n": at + 1, "sheet": sheet, "seal": seal, "focus": -2}
    return {**told, **more}


def _question(request: HttpRequest, actor: Actor, proposal: UUID, at: int) -> HttpResponse:
    """Take what is typed of one question: its answers change here, and "save" keeps it."""
    found = publishing.one(actor, proposal)
    if request.method == "GET":
        return _asked(request, actor, found, at, request.GET.get("ask", ""))
    ask = request.POST.get("ask", "")
    if ask not in asking.NAMES:
        raise NotFound()
    sheet, act = asking.sent(request.POST, Ask(ask)), request.POST.get("act", "")
    if act != "save":
        sheet, focus = asking.changed(sheet, act)
        return _form_again(request, found, at, sheet, focus=focus)
    typed = Typed(dict(found.payload.get("typed", {})))
    question, wrong = asking.made(sheet, typed)
    if wrong:
        return _form_again(request, found, at, sheet, wrong=wrong)
    try:
        found = _kept(actor, found, at, question, typed, request.POST.get("seen", ""))
    except (BadRequest, Conflict) as error:
        return _form_again(request, found, at, sheet, wrong=[str(error)])
    said = _("Question %(n)s is saved.") % {"n": at + 1}
    answer = drafted.shown(request, actor, found, said=said, focus=at)
    answer["HX-Retarget"], answer["HX-Reswap"] = "#app", "innerHTML"
    return answer


def _form_again(
    request: HttpRequest,
    found: Proposal,
    at: int,
    sheet: Sheet,
    *,
    wrong: list[str | Promise] | list[str] | None = None,
    focus: int = -2,
) -> HttpResponse:
    told = _form(found, at, sheet, wrong=wrong or [], focus=focus)
    told["seal"] = request.POST.get("seen", "")  # of what was opened
    return render(request, "teacher/_question_form.html", told)


def _kept(
    actor: Actor, found: Proposal, at: int, question: Question, typed: Typed, seen: str
) -> Proposal:
    quiz = _quiz(found)
    questions = [*quiz.questions[:at], question, *quiz.questions[at + 1 :]]
    written = quiz.model_copy(update={"questions": tuple(questions)})
    wish = Wish(Draft.QUIZ, written.title, quiz=written)
    return publishing.revise(actor, found.pk, replace(wish, typed=typed.known), seen)


change = page(_change, require_POST)
question = page(_question, require_http_methods(["GET", "POST"]))
