"""Pages, announcements and quizzes: drafts, what may be approved, what became of them.

A draft is a Proposal; `flows.approve_draft` makes it a Publication, and no other way leads to an
LMS. HTML is cleaned here, where it enters.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from connectors import publishing as ways
from connectors.base import Draft
from connectors.exchange.formats import FORMATS
from connectors.exchange.markup import plain, sane
from connectors.exchange.terms import Limit, refusals
from tutorai import prose
from tutorai.errors import BadRequest, Conflict, NotFound, WritingAs
from tutorai.ledger import audit, outbox
from tutorai.ledger.audit import Verb
from tutorai.ledger.models import Job, Proposal, Publication
from tutorai.lmsdm import scope, store
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Actor, Choice, Pair, Question, Quiz

KINDS = tuple(draft.value for draft in Draft)
TITLE = 250  # characters; Canvas takes 255
LONGEST = 200_000  # characters of a text, and of all texts of a quiz
MOST = 300  # questions
DISCARDED = "discarded"  # why a draft was refused


@dataclass(frozen=True)
class Wish:
    """What somebody writes. `text` is Markdown; who has HTML already gives `html` instead.

    `typed` says how the texts of a quiz were written: HTML → Markdown.
    """

    draft: Draft
    title: str
    text: str = ""
    html: str = ""
    quiz: Quiz | None = None
    typed: Mapping[str, str] = field(default_factory=dict)


def place(actor: Actor) -> Course:
    """Return the course that the actor may write for; raise NotYours, NotFound."""
    course = scope.authored_course(actor, actor.course_id or "")
    if actor.acted_by:
        raise WritingAs()
    return course


def drafts(actor: Actor) -> QuerySet[Proposal]:
    """Return the drafts of the actor's course, the newest first."""
    rows = _all(actor).filter(state=Proposal.State.DRAFT)
    return rows.select_related("author").order_by("-created_at")


def published(actor: Actor) -> QuerySet[Publication]:
    """Return what was approved in the actor's course, the newest first."""
    rows = Publication.objects.filter(proposal__in=_all(actor).values("pk"))
    return rows.select_related("proposal").order_by("-created_at")


def _all(actor: Actor) -> QuerySet[Proposal]:
    course = scope.authored_course(actor, actor.course_id or "")
    return Proposal.objects.filter(course=course, kind__in=KINDS)


def one(actor: Actor, proposal: UUID) -> Proposal:
    """Return a proposal of the actor's course; raise NotFound."""
    found = _all(actor).filter(pk=proposal).first()
    if found is None or found.reason == DISCARDED:
        raise NotFound()
    return found


def held(actor: Actor, proposal: UUID) -> Proposal:
    """Return a draft, ours until the transaction ends; raise NotFound, and Conflict for none."""
    place(actor)
    found = _all(actor).select_for_update().filter(pk=proposal).first()
    if found is None:
        raise NotFound()
    if found.state != Proposal.State.DRAFT:
        raise Conflict()
    return found


def quiz(proposal: Proposal) -> Quiz | None:
    """Return the quiz of a proposal, if it is one."""
    told = proposal.payload.get("quiz")
    return Quiz.model_validate(told) if told is not None else None


@transaction.atomic
def propose(actor: Actor, wish: Wish, maker: Proposal.Maker = Proposal.Maker.PERSON) -> Proposal:
    """Write a draft down; nothing of it leaves before a person approves it.

    Raises NotYours for who may not set the course up, and BadRequest.
    """
    course = place(actor)
    made = Proposal.objects.create(
        institution_id=actor.institution_id,
        course=course,
        kind=wish.draft.value,
        made_by=maker,
        author_id=actor.user_id,
        payload=_payload(wish),
    )
    audit.record(verb=Verb.DRAFT_MAKE, actor=actor, object_kind="proposal", object_id=made.pk)
    return made


def draft_quiz(actor: Actor, title: str, quiz: Quiz) -> UUID:
    """Write down a quiz that a tool made; return the proposal. Raises as `propose` does."""
    return propose(actor, Wish(Draft.QUIZ, title[:TITLE], quiz=quiz), Proposal.Maker.AI).pk


@transaction.atomic
def revise(actor: Actor, proposal: UUID, wish: Wish, seen: str) -> Proposal:
    """Write a draft anew; raise NotFound, Conflict once it is no draft, BadRequest.

    `seen` is the seal of what was changed: nobody writes over another's words unawares.
    """
    found = held(actor, proposal)
    _as_seen(found, seen)
    found.payload = _payload(wish)
    found.save(update_fields=["payload"])
    return found


@transaction.atomic
def discard(actor: Actor, proposal: UUID) -> None:
    """Throw a draft away; raise NotFound and Conflict."""
    found = held(actor, proposal)
    found.state, found.reason = Proposal.State.REFUSED, DISCARDED
    found.save(update_fields=["state", "reason"])
    audit.record(verb=Verb.DRAFT_DISCARD, actor=actor, object_kind="proposal", object_id=found.pk)


@transaction.atomic
def copy(actor: Actor, proposal: UUID) -> Proposal:
    """Begin a new draft with what another one says, as after it was not taken."""
    place(actor)
    found = one(actor, proposal)
    again = Proposal.objects.create(
        institution_id=found.institution_id,
        course_id=found.course_id,
        kind=found.kind,
        made_by=found.made_by,
        author_id=actor.user_id,
        payload=found.payload,
    )
    audit.record(verb=Verb.DRAFT_MAKE, actor=actor, object_kind="proposal", object_id=again.pk)
    return again


@transaction.atomic
def retry(actor: Actor, proposal: UUID) -> bool:
    """Have another go at what was given up; whether it was."""
    place(actor)
    row = published(actor).filter(proposal=proposal).first()
    if row is None:
        raise NotFound()
    again = outbox.retry(row, by=actor.user_id)
    if again:
        audit.record(
            verb=Verb.DRAFT_RETRY, actor=actor, object_kind="publication", object_id=row.pk
        )
    return again


def bring(job: Job) -> datetime | None:
    """Bring what was approved to its LMS; return when to go on, if later."""
    return ways.deliver(job)


# --- what it says -------------------------------------------------------------------------------


def _payload(wish: Wish) -> dict[str, Any]:
    title = " ".join(sane(wish.title).split())
    if not title:
        raise BadRequest(why=_("it needs a title"))
    if len(title) > TITLE:
        raise BadRequest(why=_("a title has at most %(n)s characters") % {"n": TITLE})
    if len(wish.text) + len(wish.html) > LONGEST:
        raise BadRequest(why=_("it is too long: make two of it"))
    told: dict[str, Any] = {"title": title}
    if wish.draft is Draft.QUIZ:
        asked = cleaned(wish.quiz or Quiz(title=title)).model_copy(update={"title": title})
        written = asked.model_dump(mode="json", exclude_defaults=True)
        known = set(_texts(asked))
        typed = {html: text for html, text in wish.typed.items() if html in known}
        told |= {"quiz": written, "typed": typed}
        long = sum(map(len, known)) > LONGEST or len(asked.questions) > MOST
    else:
        told |= {"text": sane(wish.text), "html": store.clean(sane(wish.html)).strip()}
        told["html"] = told["html"] or prose.rendered(wish.text)
        long = len(told["html"]) + len(told["text"]) > LONGEST
    if long:
        raise BadRequest(why=_("it is too long: make two of it"))
    return told


def _texts(asked: Quiz) -> Iterator[str]:
    """Yield every text of a quiz that is HTML."""
    yield asked.description
    for question in asked.questions:
        yield from (question.text, question.feedback, *question.decoys)
        yield from (text for one in question.choices for text in (one.text, one.feedback))
        yield from (side for pair in question.pairs for side in (pair.left, pair.right))


def cleaned(asked: Quiz) -> Quiz:
    """Return a quiz with nothing in it that an LMS would not show; HTML is cleaned."""
    return asked.model_copy(
        update={
            "title": " ".join(sane(asked.title).split()),
            "description": _clean(asked.description),
            "questions": tuple(map(_cleaned, asked.questions)),
        }
    )


def _clean(html: str) -> str:
    return store.clean(sane(html)).strip()


def _cleaned(question: Question) -> Question:
    return question.model_copy(
        update={
            "title": " ".join(sane(question.title).split())[:TITLE],
            "text": _clean(question.text),
            "feedback": _clean(question.feedback),
            "choices": tuple(
                Choice(text=_clean(c.text), share=c.share, feedback=_clean(c.feedback))
                for c in question.choices
            ),
            "pairs": tuple(
                Pair(left=_clean(p.left), right=_clean(p.right)) for p in question.pairs
            ),
            "decoys": tuple(map(_clean, question.decoys)),
        }
    )


def seal(proposal: Proposal) -> str:
    """Return what stands for a proposal as it is: another after every change."""
    said = json.dumps(proposal.payload, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def _as_seen(proposal: Proposal, seen: str) -> None:
    if seal(proposal) != seen:
        raise BadRequest(why=_("somebody changed it meanwhile: open it anew and look at it"))


def lacks(proposal: Proposal) -> list[Limit]:
    """Return what a proposal still lacks before it can be approved, or written into a file."""
    asked = quiz(proposal)
    if asked is not None:
        return refusals(asked)
    if plain(proposal.payload.get("html", ""), pictures=True).strip():
        return []
    return [Limit(_("it says nothing yet"), refused=True)]


def fit(course: Course, draft: Proposal, seen: str) -> Proposal:
    """Return the draft if it can go out as it was seen; raise Conflict and BadRequest."""
    _as_seen(draft, seen)
    _lms, taken = ways.takes(course)
    if Draft(draft.kind) not in taken:
        raise BadRequest(why=_("your learning platform does not take it: download it instead"))
    if found := lacks(draft):
        raise BadRequest(why=str(found[0].words))
    return draft


def file(proposal: Proposal, name: str) -> tuple[str, str, bytes]:
    """Return the quiz of a proposal as a file: its ending, its kind, its bytes.

    Raises NotFound for what is no quiz or no format, BadRequest for what the format cannot say.
    """
    asked, form = quiz(proposal), FORMATS.get(name)
    if asked is None or form is None:
        raise NotFound()
    refused = [limit for limit in form.limits(asked) if limit.refused]
    if refused:
        raise BadRequest(why=str(refused[0].words))
    return form.name, form.mime, form.write(asked)
