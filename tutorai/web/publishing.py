"""What a teacher writes for the class: drafts, what was sent, and how it stands in the LMS.

Fragments for the shell: every one needs the session's bearer token, and an author's role. Nothing
leaves before somebody approved it on the page that says what will happen.
"""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from connectors.base import Draft
from connectors.exchange import formats
from tutorai import errors, flows, prose, publishing
from tutorai.errors import BadRequest, NotFound, TooBig, TutorError
from tutorai.ledger.models import Proposal
from tutorai.lmsdm.schema import Actor, Quiz
from tutorai.publishing import Wish
from tutorai.threads import in_slow_thread
from tutorai.web import drafted
from tutorai.web.teacher import page

SHOWN = 100  # of drafts, and of what was sent
LARGEST = 8 * 1024 * 1024  # bytes of a file with questions


def listed(request: HttpRequest, actor: Actor, **more: Any) -> HttpResponse:
    """The list of drafts and of what was sent."""
    drafts: QuerySet[Proposal] = publishing.drafts(actor)[:SHOWN]
    sent = drafted.standings(actor)
    told = {
        "drafts": [(draft, drafted.KINDS[draft.kind]) for draft in drafts],
        "sent": sent,
        "soon": any(one.moving for one in sent),
    }
    return render(request, "teacher/publish.html", {**drafted.facts(actor), **told, **more})


def _write(request: HttpRequest, actor: Actor, kind: str) -> HttpResponse:
    """An empty draft of a kind; and what is typed into it, once it is sent."""
    if kind not in drafted.KINDS:
        raise NotFound()
    known = {**drafted.facts(actor), "kind": drafted.KINDS[kind], "new": kind, "typed": {}}
    template = "teacher/publish_begin.html" if kind == Draft.QUIZ else "teacher/publish_write.html"
    if request.method == "GET":
        return render(request, template, known)
    try:
        made = publishing.propose(actor, wish(request, Draft(kind)))
    except BadRequest as error:
        return render(request, template, {**known, "typed": request.POST, "refusal": str(error)})
    return _after(request, actor, made)


def wish(request: HttpRequest, draft: Draft) -> Wish:
    """Return what a form for a page or an announcement says."""
    text = request.POST.get("text", "")
    quiz = Quiz(title=request.POST.get("title", "")) if draft is Draft.QUIZ else None
    return Wish(draft, request.POST.get("title", ""), text=text, quiz=quiz)


def _draft(request: HttpRequest, actor: Actor, proposal: UUID) -> HttpResponse:
    """A draft; and what is typed into it, once it is sent."""
    found = publishing.one(actor, proposal)
    if request.method == "GET":
        return drafted.shown(request, actor, found)
    if found.kind == Draft.QUIZ:
        raise NotFound()  # its own forms change it
    try:
        written = wish(request, Draft(found.kind))
        found = publishing.revise(actor, proposal, written, request.POST.get("seen", ""))
    except TutorError as error:
        html = prose.rendered(request.POST.get("text", ""))
        return drafted.shown(
            request, actor, found, typed=request.POST, html=html, refusal=str(error)
        )
    return _after(request, actor, found)


def _after(request: HttpRequest, actor: Actor, proposal: Proposal) -> HttpResponse:
    if request.POST.get("act") == "send":
        return drafted.summary(request, actor, proposal)
    return drafted.shown(request, actor, proposal, said=_("Saved. Nothing was sent."))


def _summary(request: HttpRequest, actor: Actor, proposal: UUID) -> HttpResponse:
    return drafted.summary(request, actor, publishing.one(actor, proposal))


def _approve(request: HttpRequest, actor: Actor, proposal: UUID) -> HttpResponse:
    try:
        flows.approve_draft(actor, proposal, request.POST.get("seen", ""))
    except (BadRequest, errors.Conflict) as error:
        found = publishing.one(actor, proposal)
        return drafted.summary(request, actor, found, refusal=str(error))
    return listed(request, actor, said=_("Approved. It goes out now; below you see how it stands."))


def _act(request: HttpRequest, actor: Actor, proposal: UUID, act: str) -> HttpResponse:
    """Throw a draft away, write one anew from what was not taken, or try again."""
    match act:
        case "discard":
            publishing.discard(actor, proposal)
            return listed(request, actor, said=_("Thrown away. Nothing of it was sent."))
        case "copy":
            return drafted.shown(request, actor, publishing.copy(actor, proposal))
        case "retry":
            again = publishing.retry(actor, proposal)
            late = _("It was too late for this: look at how it stands now.")
            return listed(request, actor, said=_("It is tried again.") if again else late)
    raise NotFound()


def _import(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Make a draft of a file's questions; what could not be read of it is named."""
    file = request.FILES.get("file")
    try:
        publishing.place(actor)
        if file is None:
            raise BadRequest(why=_("choose a file first"))
        if (file.size or 0) > LARGEST:
            raise TooBig(limit=f"{LARGEST // 1024 // 1024} MB")
        taken = formats.read(file.read())
        title = taken.quiz.title.strip() or str(file.name).rpartition(".")[0] or _("Quiz")
        title = title[: publishing.TITLE]
        made = publishing.propose(actor, Wish(Draft.QUIZ, title, quiz=taken.quiz))
    except (BadRequest, TooBig) as error:
        return listed(request, actor, refusal=str(error))
    return drafted.shown(
        request, actor, made, left=taken.left, said=_("Read. Look at each question.")
    )


def _listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    return listed(request, actor)


both = require_http_methods(["GET", "POST"])
drafts = page(_listed)
write = page(_write, both)
draft = page(_draft, both)
send = page(_summary, require_GET)
approve = page(_approve, require_POST)
act = page(_act, require_POST)
take_in = page(_import, require_POST, in_slow_thread)
