"""The journeys of data through the house. Read this first.

Each is a few lines: who does what lives in lti, connectors and agents, and only LMS-DM passes
between them.

launch        id_token → person, course, role → a session    (lti.launch.arrive)
sync_course   LMS → LMS-DM → chunks → index                  (here)
upload        a teacher's file → LMS-DM → chunks → index     (here)
ask           question → passages → a checked answer         (agents.tutor.ask)
roll_over     a copied course → its teacher's files, its links   (here; lti.lineage)
fill          a web page or a package → a course of our own → index  (here; tutorai.standalone)
move          a course of our own → the LMS's → index        (here; tutorai.standalone.moving)
approve       proposal → held → the LMS's gradebook          (here; ledger.delivery)
approve_draft proposal → a page or quiz in the LMS           (here; connectors.publishing)

What takes long is a job of `WORK`: it is written down in the transaction that makes it
necessary, so whoever dies in between loses nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from agents import attached, evaluation, index, spend
from agents.tutor import endings
from connectors import consents, leaving, linking, uploads
from connectors.models import Connector, Consent
from connectors.places import Place
from lti import ags, lineage, notices, remains, roster, services
from lti.models import CourseService
from tutorai import (
    caring,
    connecting,
    embedding,
    gradebook,
    inbox,
    people,
    practising,
    publishing,
    rollover,
    syncing,
)
from tutorai.access import Officer
from tutorai.agency import delegations
from tutorai.celery import Queue
from tutorai.connecting import Opened
from tutorai.errors import NotFound
from tutorai.gradebook import Hold
from tutorai.ledger import audit, calls, delivery, grades, jobs, outbox
from tutorai.ledger.attempts import Work
from tutorai.ledger.audit import Verb
from tutorai.ledger.models import GradeIntent, Job, Proposal, Publication
from tutorai.lmsdm import cache, scope, store
from tutorai.lmsdm.models import ContentItem, Course, Institution
from tutorai.lmsdm.schema import Actor
from tutorai.standalone import courses, filling, moving, unpacking

SYNC, INDEX, EMBED = syncing.KIND, "index_item", embedding.KIND
SEND, ROSTER = grades.KIND, gradebook.ROSTER


def connect_course(actor: Actor, *, lms: str, base_url: str, token: str) -> Job:
    """Open the LMS's own way into the course with a teacher's token, and begin to read.

    Nothing is stored before the LMS has shown the course to that token. Raises BadRequest,
    UrlRefused, LMSError.
    """
    return _connect(connecting.by_token(actor, lms=lms, address=base_url, token=token))


def connect_through(actor: Actor) -> Job:
    """Open it by what the school has connected; raises BadRequest, LMSError."""
    return _connect(connecting.through_school(actor))


def connect_by_consent(consent: Consent, code: str) -> Job:
    """Open it with what the LMS gives for a teacher's consent; see `connecting.by_consent`."""
    return _connect(connecting.by_consent(consent, code))


def _connect(opened: Opened) -> Job:
    before = Connector.objects.filter(course=opened.course).first()
    ended = connecting.revocable(before) if before else []
    with transaction.atomic():
        if linking.elsewhere(opened.course, opened.place):
            _clear(opened.course, opened.place)
        row = connecting.keep(opened)
        job = syncing.ask(row, opened.course, by=opened.actor.user_id)
    if before:
        connecting.give_back(before.lms, before.base_url, *ended)
    return job


def _clear(course: Course, to: Place) -> None:
    """Take out what was read from the place that the course was connected to by mistake."""
    for row in Connector.objects.filter(course=course):
        for item in leaving.leave(row, to):
            _index(course, item.pk)


def disconnect_course(actor: Actor) -> bool:
    """Forget the token; what was read stays. Return whether the LMS ended it as well."""
    return connecting.disconnect(actor)


def sync_now(actor: Actor, *, anyway: bool = False) -> Job:
    """Read the course again, now; `anyway` takes out what is missing, however much it is.

    Raises Conflict where nothing is connected.
    """
    return syncing.now(actor, anyway=anyway)


def upload(actor: Actor, file: "UploadedFile[bytes]") -> ContentItem:
    """Take a teacher's file into the course; the same name again replaces it.

    Raises TooBig and BadRequest.
    """
    course = scope.authored_course(actor, actor.course_id or "")
    with transaction.atomic():
        item = _put(course, file, actor.user_id)
        audit.record(verb=Verb.UPLOAD_ADD, actor=actor, object_kind="item", object_id=item.pk)
    return item


def put_file(who: Officer, course: Course, file: "UploadedFile[bytes]") -> ContentItem:
    """`upload` from an office, into a course of our own."""
    with transaction.atomic():
        item = _put(course, file, None)
        courses.remember(Verb.UPLOAD_ADD, who, course.pk, object_kind="item", object_id=item.pk)
    return item


def _put(course: Course, file: "UploadedFile[bytes]", by: UUID | None) -> ContentItem:
    record = uploads.record(course, file)
    store.save_items(course_id=course.pk, source=uploads.SOURCE, items=[record])
    item = course.items.get(source=uploads.SOURCE, source_id=record.item_id)
    item.uploaded_by_id = by
    item.save(update_fields=["uploaded_by"])
    if store.save_blob(item, content=File(file.file), version=record.version):
        _reread(item)
    _index(course, item.pk)
    return item


def put_link(who: Officer, course: Course, address: str) -> ContentItem:
    """Fetch a web page or file into a course of our own. Raises BadRequest, UrlRefused, TooBig."""
    return filling.add_link(who, course, address, _index)


def fetch_again(who: Officer, course: Course, item_id: UUID) -> ContentItem:
    """Fetch once more what an item's address holds. Raises as `put_link`, and NotFound."""
    return filling.fetch_again(who, course, item_id, _index)


def take_out(who: Officer, course: Course, item_id: UUID) -> None:
    """Take an item out of a course of our own; raises NotFound."""
    filling.take_out(who, course, item_id, _index)


def read_cartridge(job: Job) -> None:
    """Make a course of our own say what a package says."""
    unpacking.read(job, told=_index)


def move_course(job: Job) -> datetime | None:
    """Bring a course of our own into the LMS's, or back; return when to go on, if later."""
    return moving.carry(job, told=_index)


def remove_upload(actor: Actor, item_id: UUID) -> None:
    """Take an uploaded file out of the course again; raises NotFound."""
    course = scope.authored_course(actor, actor.course_id or "")
    with transaction.atomic():
        mine = course.items.filter(pk=item_id, source=uploads.SOURCE, deleted_at=None)
        item = mine.first()
        if item is None or not mine.update(deleted_at=timezone.now(), blob="", sha256=""):
            raise NotFound()
        audit.record(
            verb=Verb.UPLOAD_REMOVE,
            actor=actor,
            object_kind="item",
            object_id=item_id,
            subject=item.uploaded_by_id,
        )
        transaction.on_commit(partial(item.blob.storage.delete, str(item.blob.name)))
        cache.changed(course.pk)
        _index(course, item_id)


def approve(actor: Actor, proposals: Iterable[UUID], hold: Hold | None = None) -> list[GradeIntent]:
    """Let what a person approves have its effect, once it was held: the only door there is.

    `hold` None: as long as the course usually does. What is no draft any more is passed over.
    Raises NotYours for who may not approve, and BadRequest.
    """
    course = scope.graded_course(actor, actor.course_id or "")
    until = (hold or gradebook.usual(course)).until(timezone.now())
    with transaction.atomic():
        rows = Proposal.objects.filter(pk__in=list(proposals), course=course, kind=gradebook.KIND)
        drafts = list(rows.filter(state=Proposal.State.DRAFT).select_for_update())
        told = {"approver": actor.user_id, "approved_at": timezone.now()}
        Proposal.objects.filter(pk__in=[one.pk for one in drafts]).update(
            state=Proposal.State.QUEUED, **told
        )
        drafts.sort(key=gradebook.cell)  # so that two who approve at once do not block each other
        places = {str(one.pk): one for one in course.line_items.all()}
        made = [
            gradebook.promise(actor, one, places[one.payload["line_item"]], until) for one in drafts
        ]
        return gradebook.remember(Verb.GRADE_APPROVE, actor, made)


def overwrite(actor: Actor, intents: Iterable[UUID]) -> list[GradeIntent]:
    """Send once more what gave way to a person's edit in the LMS, over that edit.

    What a newer grade has come after is passed over: the newest counts.
    """
    newest = grades.newest(gradebook.given(actor)).values("pk")
    superseded = gradebook.named(actor, intents).filter(state=GradeIntent.State.SUPERSEDED)
    with transaction.atomic():
        rows = superseded.filter(pk__in=newest)
        rows = rows.select_for_update(of=("self",)).select_related("proposal", "line_item")
        given_way = list(rows.order_by(*grades.CELL))
        pks = [row.proposal_id for row in given_way]
        Proposal.objects.filter(pk__in=pks).update(state=Proposal.State.QUEUED, reason="")
        now = timezone.now()
        made = [
            gradebook.promise(actor, row.proposal, row.line_item, now, overwrite=True)
            for row in given_way
        ]
        return gradebook.remember(Verb.GRADE_OVERWRITE, actor, made)


def approve_draft(actor: Actor, proposal: UUID, seen: str) -> Publication:
    """Let a draft that a person approves go to the LMS: the only door there is.

    `seen` is `publishing.seal` of what was looked at: what changed since is looked at first.
    Raises NotYours, NotFound, BadRequest for what cannot be published, and Conflict.
    """
    course = publishing.place(actor)
    with transaction.atomic():
        draft = publishing.fit(course, publishing.held(actor, proposal), seen)
        draft.state, draft.approver_id = Proposal.State.QUEUED, actor.user_id
        draft.approved_at = timezone.now()
        draft.save(update_fields=["state", "approver", "approved_at"])
        made = outbox.promise(draft, by=actor.user_id)
        audit.record(
            verb=Verb.DRAFT_APPROVE, actor=actor, object_kind="publication", object_id=made.pk
        )
        return made


def send_grade(job: Job) -> datetime | None:
    """Bring what was approved for one person's cell to the LMS; return when to go on, if later."""
    return delivery.deliver(job, gradebook.opened)


def read_gradebook(job: Job) -> None:
    """Make our people and columns of a course say what its LMS's services tell.

    Where the LMS does not allow it (any more), that is no failure to be tried again: it is noted,
    teachers see why, and a launch that tells of the services begins anew.
    """
    service = CourseService.objects.select_related("course").get(course=job.payload["course"])
    if service.members_url:
        with services.stopping(service):
            roster.read(service.course)
    if service.line_items_url and ags.READ & set(service.scopes):
        with services.stopping(service):
            ags.read_columns(service)


def sync_rosters() -> int:
    """Ask for the people of courses in use that were not asked for in a while; return how many.

    What was tried meanwhile is left alone, however it ended.
    """
    since = timezone.now() - timedelta(hours=settings.SYNC_HOURS)
    tried = Job.objects.filter(kind=ROSTER, created_at__gt=since).exclude(course=None)
    rows = list(roster.stale(since).exclude(course__in=tried.values("course")))
    for row in rows:
        gradebook.ask(row.course)
    return len(rows)


def sweep() -> int:
    """Nudge what is due; give a job to everything that should be on its way and has none."""
    for intent in grades.forsaken():
        grades.ask(intent)
    for publication in outbox.forsaken():
        outbox.ask(publication)
    return jobs.sweep()


def tidy() -> None:
    """Let go of what launches, jobs and answers left behind; give vectors to what lacks them."""
    remains.forget()
    jobs.forget()
    calls.forget()
    consents.forget()
    endings.end_silent()
    attached.tidy()
    spend.tidy()
    people.tidy()
    delegations.tidy()
    for institution_id in Institution.objects.values_list("pk", flat=True):
        embedding.catch_up(index.behind(institution_id))
    practising.catch_up()
    audit.keep()


def sync_course(job: Job) -> None:
    """Make the course say what its LMS says; each item that changed is indexed by a job of its own.

    Begun again after a crash, it reads only what it does not hold yet.
    """
    course = syncing.read(job, told=_index)
    if course is not None:
        embedding.catch_up(index.behind(course.institution_id).filter(pk=course.pk))


def roll_over(job: Job) -> None:
    """Bring a copied course the files of its teacher; aim its links at what it has of its own."""
    rollover.bring(job, told=_index)


def index_item(job: Job) -> None:
    """Make the index hold what the item says; words are searchable when this ends."""
    item = ContentItem.objects.select_related("course").get(pk=job.payload["item"])
    if index.index_item(item.pk):
        embedding.soon(item.course)
    practising.soon(item.course)


def _index(course: Course, item_id: UUID) -> None:
    jobs.add(
        INDEX,
        {"item": str(item_id)},
        queue=Queue.INTERACTIVE,
        key=str(item_id),
        institution_id=course.institution_id,
        course_id=course.pk,
    )


def _reread(item: ContentItem) -> None:
    """What reading found wrong with the old file says nothing of the new one."""
    if item.unreadable:
        item.unreadable = ""
        item.save(update_fields=["unreadable"])


WORK: Mapping[str, Work] = {
    SYNC: Work(sync_course),
    INDEX: Work(index_item),
    EMBED: Work(embedding.embed),
    practising.FIND: Work(practising.find),
    practising.DRAW: Work(practising.draw),
    SEND: Work(send_grade, buried=grades.bury),
    outbox.KIND: Work(publishing.bring, buried=outbox.bury),
    ROSTER: Work(read_gradebook),
    inbox.KIND: Work(inbox.tell),
    caring.KIND: Work(caring.tell),
    evaluation.KIND: Work(evaluation.attempt, buried=evaluation.gave_up),
    lineage.KIND: Work(roll_over),
    notices.KIND: Work(notices.subscribe),
    filling.KIND: Work(read_cartridge, buried=filling.gave_up),
    moving.KIND: Work(move_course),
}
