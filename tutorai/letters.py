"""Dead letters: jobs that were buried. What they were about, in words; retried or discarded.

Who did so is remembered (tutorai.ledger.audit).
"""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agents import evaluation
from lti import lineage, notices
from tutorai import caring, flows, gradebook, inbox, practising
from tutorai.ledger import audit, grades, jobs, outbox
from tutorai.ledger.audit import Verb
from tutorai.ledger.models import Job
from tutorai.standalone import filling, moving

KINDS: Mapping[str, Promise] = {
    flows.SYNC: _("Read a course from its learning platform"),
    flows.INDEX: _("Make an item of a course searchable"),
    flows.EMBED: _("Make a course searchable by meaning"),
    practising.FIND: _("Find what a course teaches"),
    practising.DRAW: _("Make practice questions from passages of a course"),
    grades.KIND: _("Send a grade to its learning platform"),
    outbox.KIND: _("Publish a page, an announcement or a quiz"),
    gradebook.ROSTER: _("Read the gradebook of a course"),
    inbox.KIND: _("Tell administrators of an installation"),
    evaluation.KIND: _("Try a teacher's words to the tutor"),
    caring.KIND: _("Tell people that a student needs somebody"),
    lineage.KIND: _("Bring a copied course what its teacher had set up"),
    notices.KIND: _("Ask a learning platform to tell of copied courses"),
    filling.KIND: _("Read a packed course"),
    moving.KIND: _("Move a course into its learning platform, or back"),
}


def kind(code: str) -> str:
    """Return a kind of job in words; the code itself when nobody knows it any more."""
    return str(KINDS.get(code, code))


def about(job: Job) -> str:
    """Return what the job was to do, and to what: ids only, never the name of a person."""
    ids = {name: told for name, told in job.payload.items() if isinstance(told, str)}
    if job.course_id is not None:
        ids = {"course": str(job.course_id), **ids}
    named = ", ".join(f"{name} {told}" for name, told in ids.items())
    return f"{kind(job.kind)}: {named}" if named else kind(job.kind)


@transaction.atomic
def retry(job: Job, *, by: UUID | None = None) -> bool:
    """Dig the job up; False when the same was asked for anew meanwhile, so that it stays buried.

    `by` is an account; None is whoever may run commands on the server.
    """
    dug = jobs.replay(job).pk == job.pk
    if dug:
        _remember(Verb.JOB_REPLAY, job, by)
    return dug


@transaction.atomic
def discard(job: Job, *, by: UUID, reason: str) -> bool:
    """Say that the job need not happen any more, and why; False when it is not buried any more."""
    gone = jobs.discard(job, by=by, reason=reason)
    if gone:
        _remember(Verb.JOB_DISCARD, job, by)
    return gone


def _remember(verb: Verb, job: Job, by: UUID | None) -> None:
    audit.record(
        verb=verb,
        account=by,
        object_kind="job",
        object_id=job.pk,
        institution=job.institution_id,
        course=job.course_id,
    )
