"""The audit log: written with what it tells of, changed by nobody, let go by months."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import ProgrammingError, connection, connections, transaction
from django.utils import timezone

from tests import factories
from tutorai import rights
from tutorai.ids import new_id
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.ledger.models import AuditEvent
from tutorai.lmsdm.models import Institution
from tutorai.lmsdm.schema import Actor

NAME = "Ada of the audit"
OLD = 30  # months


def events(actor: Actor) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(institution=actor.institution_id).order_by("id"))


def lines(caplog: pytest.LogCaptureFixture, work: Callable[[], object]) -> list[dict[str, Any]]:
    """What the sink is told while `work` is done."""
    log = logging.getLogger("tutorai.audit")
    log.addHandler(caplog.handler)
    try:
        work()
    finally:
        log.removeHandler(caplog.handler)
    return [json.loads(one.getMessage()) for one in caplog.records if one.name == log.name]


def by_owner(statement: str) -> list[tuple[Any, ...]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def months_ago(count: int) -> datetime:
    """The 15th of a month."""
    now = timezone.now()
    years, month = divmod(now.year * 12 + now.month - 1 - count, 12)
    return datetime(years, month + 1, 15, tzinfo=UTC)


def part(at: datetime) -> str:
    return f"audit_logs_{at:%Y_%m}"


def parts() -> set[str]:
    found = by_owner(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_logs'::regclass"
    )
    return {name for (name,) in found}


def where(institution: Institution) -> dict[str, int]:
    """How many of a school's events lie in which partition."""
    found = by_owner(
        "SELECT tableoid::regclass::text, count(*) FROM audit_logs "
        f"WHERE institution = '{institution.pk}' GROUP BY 1"
    )
    return dict(found)


def an_event(institution: Institution, at: datetime) -> AuditEvent:
    row = AuditEvent(
        verb=Verb.FILE_READ, institution=institution.pk, actor_kind="system", created_at=at
    )
    return AuditEvent.objects.bulk_create([row])[0]


# --- what is written down -------------------------------------------------------------------


def test_an_event_says_who_did_what_of_whom_and_where() -> None:
    actor, thing, person = factories.an_actor(acted_by="77"), new_id(), new_id()

    audit.record(
        verb=Verb.GRADE_APPROVE, actor=actor, object_kind="intent", object_id=thing, subject=person
    )

    (event,) = events(actor)
    assert (event.verb, event.object_kind, event.object) == ("grade.approve", "intent", thing)
    assert (event.actor_kind, event.actor, event.acted_by) == ("user", actor.user_id, "77")
    assert (event.subject, event.course) == (person, actor.course_id)
    assert str(event) == f"grade.approve {event.id}"


def test_an_account_and_the_system_are_told_apart() -> None:
    school, account = factories.an_institution(), new_id()

    audit.record(verb=Verb.JOB_REPLAY, account=account, institution=school.pk)
    audit.record(verb=Verb.GRADE_DELIVERED, institution=school.pk)

    rows = AuditEvent.objects.filter(institution=school.pk).order_by("id")
    assert [(row.actor_kind, row.actor) for row in rows] == [("account", account), ("system", None)]


def test_a_class_is_written_down_at_once() -> None:
    actor, of = factories.an_actor(), [(new_id(), new_id()) for _ in range(3)]

    audit.record_many(verb=Verb.GRADE_RELEASE, actor=actor, object_kind="intent", of=of)

    assert {(event.object, event.subject) for event in events(actor)} == set(of)


@pytest.mark.parametrize("told", ["Ada Lovelace", "ada@example.edu", "ada"])
def test_who_acts_as_another_person_is_never_kept_by_name(told: str) -> None:
    actor = factories.an_actor(acted_by=told)

    audit.record(verb=Verb.LAUNCH_AS, actor=actor)

    (event,) = events(actor)
    assert event.acted_by.startswith("sha256:")
    assert told not in event.acted_by


def test_free_text_has_no_place_in_an_event() -> None:
    with pytest.raises(ValueError, match="not a valid Verb"):
        audit.record(verb="saw Ada's essay")  # type: ignore[arg-type]  # that is the point
    with pytest.raises(Exception, match="audit_codes_only"), transaction.atomic():
        audit.record(verb=Verb.TALK_READ, object_kind="Ada's essay")


def test_what_was_rolled_back_never_happened_and_is_not_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    actor = factories.an_actor()

    def work() -> None:
        with transaction.atomic():
            audit.record(verb=Verb.COURSE_OPEN, actor=actor)
            transaction.set_rollback(True)

    assert lines(caplog, work) == []
    assert events(actor) == []


def test_the_sink_is_told_the_same_in_a_line_without_names(
    caplog: pytest.LogCaptureFixture,
) -> None:
    actor = factories.an_actor(name=NAME, acted_by="77")

    (line,) = lines(caplog, lambda: audit.record(verb=Verb.COURSE_OPEN, actor=actor))

    (event,) = events(actor)
    assert line.pop("created_at") == str(event.created_at)
    assert line == {
        "id": str(event.id),
        "institution": str(actor.institution_id),
        "actor_kind": "user",
        "actor": str(actor.user_id),
        "acted_by": "77",
        "verb": "course.open",
        "course": str(actor.course_id),
    }
    assert NAME not in caplog.text


# --- rights ---------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["audit_logs", "audit_logs_rest", part(timezone.now())])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET verb = 'course.open'",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "DROP TABLE {}",
        "ALTER TABLE {} ADD COLUMN name text",
    ],
    ids=lambda statement: statement.split()[0],
)
def test_the_application_changes_nothing_that_was_written_down(statement: str, table: str) -> None:
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))


def test_a_month_is_reached_through_the_table_alone() -> None:
    months = {name for name in parts() if name != "audit_logs"}

    held = by_owner(
        "SELECT relname FROM pg_class WHERE relname LIKE 'audit_logs\\_%' AND relkind = 'r' "
        "AND has_table_privilege('tutor_app', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')"
    )

    assert part(timezone.now()) in months
    assert held == []


@pytest.mark.parametrize("call", ["audit_month('1999-01-01')", "pg_read_file('PG_VERSION')"])
def test_the_application_does_as_the_owner_only_what_two_functions_do(call: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied for function"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"SELECT {call}")


def test_the_two_functions_are_nobody_elses_to_call() -> None:
    found = by_owner(
        "SELECT proname FROM pg_proc WHERE proname IN ('audit_ahead', 'audit_retire') "
        "AND has_function_privilege('public', oid, 'EXECUTE')"
    )

    assert found == []


def test_the_application_owns_nothing_and_is_nobody_special() -> None:
    special = by_owner(
        "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls FROM pg_roles "
        "WHERE rolname = 'tutor_app'"
    )
    owned = by_owner("SELECT relname FROM pg_class WHERE relowner = 'tutor_app'::regrole")

    assert (special, owned) == ([(False,)], [])
    assert rights.parted()


# --- months ---------------------------------------------------------------------------------


def test_months_stand_ready_ahead_and_an_event_lands_in_its_own() -> None:
    school = factories.an_institution()
    audit.keep()

    for ahead in range(audit.AHEAD + 1):
        an_event(school, months_ago(-ahead))
    an_event(school, months_ago(-200))

    ready = {part(months_ago(-ahead)): 1 for ahead in range(audit.AHEAD + 1)}
    assert where(school) == {**ready, "audit_logs_rest": 1}


def test_a_month_that_came_before_its_partition_is_moved_into_it() -> None:
    school, at = factories.an_institution(), months_ago(-23)
    an_event(school, at)
    assert where(school) == {"audit_logs_rest": 1}

    by_owner("SELECT audit_ahead(23)")

    assert where(school) == {part(at): 1}


def test_each_school_keeps_what_it_says_and_only_sealed_months_go() -> None:
    short, long = factories.an_institution(audit_months=0), factories.an_institution()
    now, before = timezone.now(), months_ago(1)
    for school in (short, long):
        for at in (now, before, months_ago(23), months_ago(400)):
            an_event(school, at)

    audit.keep()

    left = AuditEvent.objects.filter(institution__in=[short.pk, long.pk])
    kept = sorted((row.institution == short.pk, row.created_at) for row in left)
    assert kept == [(False, months_ago(23)), (False, before), (False, now), (True, now)]


def test_a_month_nobody_keeps_any_more_is_dropped_and_one_that_somebody_keeps_is_not() -> None:
    school = factories.an_institution(audit_months=OLD)
    gone, kept = months_ago(OLD + 1), months_ago(OLD)
    for at in (gone, kept):
        by_owner(f"SELECT audit_month('{at:%Y-%m-01}')")
        an_event(school, at)
    AuditEvent.objects.bulk_create(
        [AuditEvent(verb=Verb.JOB_REPLAY, actor_kind="system", created_at=gone)]
    )
    assert where(school) == {part(gone): 1, part(kept): 1}

    audit.keep()

    assert where(school) == {part(kept): 1}
    assert part(gone) not in parts()
    assert {"audit_logs_rest", part(kept), part(timezone.now())} <= parts()
    Institution.objects.filter(pk=school.pk).delete()
