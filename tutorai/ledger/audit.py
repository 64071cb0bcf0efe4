"""Write down who did or read what; keep the record's months.

An event is a row of the caller's transaction: what was rolled back never happened. Once that
stands, the logger `tutorai.audit` says the same in a line of JSON (AUDIT_SINK).
"""

import json
import logging
import re
from collections.abc import Iterable
from enum import StrEnum
from functools import partial
from hashlib import sha256
from uuid import UUID

from django.db import connection, transaction

from tutorai.ledger.trail import AuditEvent
from tutorai.lmsdm.schema import Actor

logger = logging.getLogger("tutorai.audit")
AHEAD = 3  # months whose partitions stand ready
LMS_ID = re.compile(r"[0-9~]{1,40}")  # of Canvas; "10~77": of person 77 of another account


class Verb(StrEnum):
    """All that is written down."""

    LAUNCH_AS = "launch.as"  # somebody in the LMS came as another person
    COURSE_OPEN = "course.open"
    COURSE_CLOSE = "course.close"
    COURSE_CONNECT = "course.connect"
    COURSE_DISCONNECT = "course.disconnect"
    SCHOOL_CONNECT = "school.connect"  # a school's own way into its LMS
    SCHOOL_DISCONNECT = "school.disconnect"
    APPLICATION_SET = "application.set"  # what an LMS knows us by
    APPLICATION_REMOVE = "application.remove"
    LINK_PLACE = "link.place"  # a link to us, by deep linking
    UPLOAD_ADD = "upload.add"
    UPLOAD_REMOVE = "upload.remove"
    FILE_READ = "file.read"  # another person's upload
    TALK_READ = "talk.read"  # another person's conversation
    GRADES_READ = "grades.read"
    WORK_READ = "work.read"  # one student's, as a review opens it
    PROGRESS_READ = "progress.read"  # a student's, by their observer
    HOLDINGS_READ = "holdings.read"  # what is held of a person
    PERSON_EXPORT = "person.export"  # all that is held of somebody, by the operator
    PERSON_ERASE = "person.erase"
    COURSE_COPY = "course.copy"  # what another course had set up, into this one
    OBSERVERS_ALLOW = "observers.allow"  # an institution lets them see, or not any more
    OBSERVERS_REFUSE = "observers.refuse"
    LINK_MEND = "link.mend"  # what a copied link opens
    GRADE_APPROVE = "grade.approve"
    GRADE_UNDO = "grade.undo"
    GRADE_RELEASE = "grade.release"
    GRADE_RETRY = "grade.retry"  # what was given up
    GRADE_OVERWRITE = "grade.overwrite"  # over what a person changed in the LMS
    GRADE_DELIVERED = "grade.delivered"
    DRAFT_MAKE = "draft.make"  # of a page, an announcement or a quiz
    DRAFT_DISCARD = "draft.discard"
    DRAFT_APPROVE = "draft.approve"
    DRAFT_RETRY = "draft.retry"  # what was given up
    DRAFT_PUBLISHED = "draft.published"  # it stands in the LMS
    COLUMN_MAKE = "column.make"  # of the gradebook
    COLUMN_CHANGE = "column.change"
    COLUMN_DELETE = "column.delete"
    PEOPLE_INVITE = "people.invite"  # to an office of an institution
    PEOPLE_REVOKE = "people.revoke"  # an invitation
    PEOPLE_JOIN = "people.join"
    PEOPLE_ROLE = "people.role"
    PEOPLE_REMOVE = "people.remove"
    SIGN_IN_SET = "sign_in.set"  # an institution's own sign-in
    SIGN_IN_REMOVE = "sign_in.remove"
    SIGN_IN_DECLARE = "sign_in.declare"  # that it asks for a second factor
    SIGN_IN_WITHDRAW = "sign_in.withdraw"  # that declaration
    ACCOUNT_SIGN_IN = "account.sign_in"
    ACCOUNT_FACTOR_ADD = "account.factor_add"  # a second factor
    ACCOUNT_FACTOR_REMOVE = "account.factor_remove"
    ACCOUNT_PASSWORD = "account.password"  # a new one
    ACCOUNT_LINK = "account.link"  # to an institution's own sign-in
    ACCOUNT_UNLINK = "account.unlink"
    INVITE_MAKE = "invite.make"  # a link by which a platform registers itself
    INVITE_WITHDRAW = "invite.withdraw"
    PLATFORM_REGISTER = "platform.register"  # by itself, with an invite of this account's
    PLATFORM_RENEW = "platform.renew"  # likewise, one that was registered before
    PLATFORM_ADD = "platform.add"  # by hand
    PLATFORM_CHANGE = "platform.change"
    PLATFORM_DISABLE = "platform.disable"
    PLATFORM_ENABLE = "platform.enable"
    PLATFORM_KEY = "platform.key"  # a key pair of its own, or none any more
    DEPLOYMENT_APPROVE = "deployment.approve"  # an installation, for an institution
    DEPLOYMENT_REFUSE = "deployment.refuse"  # or close, or take a claim back
    DEPLOYMENT_CLAIM = "deployment.claim"  # of a registration that schools share
    DEPLOYMENT_REPLACE = "deployment.replace"  # a new installation takes the place of an old one
    BREAKER_CLOSE = "breaker.close"  # calls to an LMS go out again
    OWN_MAKE = "own.make"  # a course that lives in no LMS
    OWN_CHANGE = "own.change"
    OWN_ENTER = "own.enter"  # as its teacher, from an office
    OWN_FILL = "own.fill"  # a web page or a packed course, into one
    OWN_EXPORT = "own.export"
    JOIN_OPEN = "join.open"  # a link by which students come in
    JOIN_CLOSE = "join.close"
    MOVE_DECIDE = "move.decide"  # into which course of an LMS one moves, or that it stays
    MOVE_CHOOSE = "move.choose"  # which of two that differ is kept
    MOVE_BEGIN = "move.begin"
    MOVE_DONE = "move.done"
    MOVE_UNDO = "move.undo"
    HINTS_READ = "hints.read"  # how far the tutor helped each student, by who grades them
    SKILL_ADD = "skill.add"
    SKILL_CHANGE = "skill.change"  # its words, its pages, whether students see it
    SKILL_REMOVE = "skill.remove"
    PROGRAM_GRANT = "program.grant"  # a place in a course, to a program
    PROGRAM_REVOKE = "program.revoke"
    PROGRAM_PROPOSE = "program.propose"  # what it wrote waits for a person; see what stands beside
    PLEA_MAKE = "plea.make"  # a student's wish for a person, or a sign of distress
    PLEA_READ = "plea.read"
    PLEA_REPLY = "plea.reply"
    PLEA_CLOSE = "plea.close"
    CARE_SET = "care.set"  # whom an institution names for students in distress
    TUTOR_SET = "tutor.set"  # how it teaches in a course
    TUTOR_OFF = "tutor.off"  # all of it, or one thing that it does
    TUTOR_ON = "tutor.on"
    PERSONA_LIVE = "persona.live"  # a teacher's words to the tutor passed, and are in force
    VAULT_READ = "vault.read"  # solutions and common mistakes, by who set the course up
    VAULT_SET = "vault.set"  # one of them, new or changed
    VAULT_REMOVE = "vault.remove"
    ACTIVITY_SET = "activity.set"  # how it helps there, and whether that is an exam
    LOCK_RELEASE = "lock.release"  # a student was let out of an exam's lock
    LOCK_AGAIN = "lock.again"
    MODEL_ADD = "model.add"  # an endpoint of a language model, to an institution's
    MODEL_CHANGE = "model.change"
    MODEL_REMOVE = "model.remove"
    MODEL_ON = "model.on"
    MODEL_OFF = "model.off"
    CAP_SET = "cap.set"  # what may be spent on models in a month
    CAP_REMOVE = "cap.remove"
    JOB_REPLAY = "job.replay"
    JOB_DISCARD = "job.discard"


def record(
    *,
    verb: Verb,
    actor: Actor | None = None,
    account: UUID | None = None,
    object_kind: str = "",
    object_id: UUID | None = None,
    subject: UUID | None = None,
    institution: UUID | None = None,
    course: UUID | None = None,
) -> None:
    """Write down one event, in the caller's transaction.

    By `actor` (a session's), or by the `account` of that id (the staff site's), else by the
    system. `subject` is the person it tells of. `institution` and `course` are the actor's where
    none is named. `object_kind` is a word like "job": lower case letters, `_` and `.`.
    """
    record_many(
        verb=verb,
        actor=actor,
        account=account,
        object_kind=object_kind,
        of=[(object_id, subject)],
        institution=institution,
        course=course,
    )


def record_many(
    *,
    verb: Verb,
    of: Iterable[tuple[UUID | None, UUID | None]],
    actor: Actor | None = None,
    account: UUID | None = None,
    object_kind: str = "",
    institution: UUID | None = None,
    course: UUID | None = None,
) -> None:
    """Write down an event for each (object, subject) of `of`, as for a class at once."""
    kind, who = AuditEvent.By.SYSTEM, None
    if actor is not None:
        kind, who = AuditEvent.By.USER, actor.user_id
        institution, course = institution or actor.institution_id, course or actor.course_id
    elif account is not None:
        kind, who = AuditEvent.By.ACCOUNT, account
    events = [
        AuditEvent(
            verb=Verb(verb).value,
            institution=institution,
            actor_kind=kind.value,
            actor=who,
            acted_by=_opaque(actor.acted_by) if actor else "",
            object_kind=object_kind,
            object=object_id,
            subject=subject,
            course=course,
        )
        for object_id, subject in of
    ]
    AuditEvent.objects.bulk_create(events)  # save() would try an UPDATE, which nobody may
    transaction.on_commit(partial(_tell, events))


def keep() -> None:
    """Make the coming months' partitions; drop what every institution's retention lets go."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_ahead(%s), audit_retire()", [AHEAD])


def _opaque(lms_id: str) -> str:
    """An id of Canvas as it is; what may be a name or an address, only as its digest."""
    if not lms_id or LMS_ID.fullmatch(lms_id):
        return lms_id
    return f"sha256:{sha256(lms_id.encode()).hexdigest()[:32]}"


def _tell(events: list[AuditEvent]) -> None:
    for event in events:
        told = {
            field.attname: value
            for field in AuditEvent._meta.concrete_fields
            if (value := getattr(event, field.attname)) not in {None, ""}
        }
        logger.info("%s", json.dumps(told, default=str))
