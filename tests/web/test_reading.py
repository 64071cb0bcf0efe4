"""What a teacher is told about how far the course was read."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tutorai.ids import new_id
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import ContentItem, Course, Institution
from tutorai.lmsdm.schema import Unreadable
from tutorai.web import reading

pytestmark = pytest.mark.django_db


def a_course() -> Course:
    institution = Institution.objects.create(name="Hill", slug=f"hill-{new_id()}")
    return Course.objects.create(institution=institution, source="lti:x", source_id="1")


def item(title: str = "", **fields: str) -> ContentItem:
    return ContentItem(
        title=title, **{"kind": "page", "sha256": "a", "indexed_sha256": "a"} | fields
    )


def job(course: Course, kind: str = reading.SYNC, **fields: object) -> Job:
    return Job.objects.create(course=course, kind=kind, queue="sync", **fields)


def test_coverage_counts_what_can_be_read_what_waits_and_why_the_rest_cannot() -> None:
    items = [
        item("a"),
        item("b"),
        item("late", indexed_sha256=""),
        item("scan", unreadable="no_text"),
        item("film", unreadable="external"),
        item("site", unreadable="external"),
        item("Week 1", kind="heading"),
    ]

    found = reading.coverage(items)

    assert (found.total, found.readable, found.waiting, found.percent) == (6, 2, 1, 33)
    assert [(gap.reason, gap.titles) for gap in found.gaps] == [
        (Unreadable.EXTERNAL, ("film", "site")),
        (Unreadable.NO_TEXT, ("scan",)),
    ]


def test_an_empty_course_is_read_to_nought_percent() -> None:
    assert reading.coverage([]).percent == 0


def test_every_reason_has_words_and_one_act() -> None:
    assert set(reading.REMEDIES) == set(Unreadable)


def test_a_quiet_course_has_no_work() -> None:
    assert reading.work(a_course()) is None


def test_a_running_sync_tells_how_far_it_is() -> None:
    course = a_course()
    job(course, state="running", done=3, total=12)

    found = reading.work(course)

    assert found is not None
    assert (found.state, found.done, found.total, found.runs) == (
        "running",
        3,
        12,
        True,
    )


def test_a_sync_that_waits_for_the_lms_says_since_when() -> None:
    course = a_course()
    since = timezone.now() - timedelta(minutes=5)
    job(course, state="waiting", error="lms_unavailable", away_since=since)

    found = reading.work(course)

    assert found is not None
    assert (found.state, found.since) == ("waiting", since)


def test_a_sync_that_tries_again_after_a_mistake_of_ours_waits_for_no_lms() -> None:
    course = a_course()
    job(course, state="waiting", error="bug")

    found = reading.work(course)

    assert found is not None
    assert (found.state, found.since) == ("running", None)


def test_reading_uploads_is_told_without_a_number() -> None:
    course = a_course()
    job(course, reading.INDEX)

    found = reading.work(course)

    assert found is not None
    assert (found.words, found.total) == (reading.STEPS[reading.INDEX], 0)


def test_a_buried_sync_tells_its_cause_until_the_next_one() -> None:
    course = a_course()
    job(course, state="buried", error="lms_unauthorised")

    found = reading.work(course)

    assert found is not None
    assert (found.runs, str(found.words)[:31]) == (
        False,
        "Your learning platform no longe",
    )


def test_an_unknown_cause_has_words_too() -> None:
    course = a_course()
    job(course, state="buried", error="bug")

    found = reading.work(course)

    assert found is not None
    assert "Try again" in str(found.words)


def test_the_last_complete_reading_is_dated() -> None:
    course = a_course()
    at = timezone.now() - timedelta(hours=2)
    job(course, state="done", finished_at=at)

    assert reading.synced_at(course) == at
