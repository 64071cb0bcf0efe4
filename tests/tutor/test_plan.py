"""The study plan: what is due when, in whose time, and what to read before."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import RequestFactory
from django.utils import timezone

from agents import plan
from tests.retrieval import making
from tutorai.errors import NotOpen, NotYours
from tutorai.lmsdm.models import Assignment, ContentItem, Course, TocNode
from tutorai.lmsdm.schema import Actor
from tutorai.web import studying

PAGES = {
    **making.PAGES,
    "Pendulums": "<p>A pendulum swings with a period that its length and gravity decide.</p>",
    "Pendulum report": "<p>Measure the period of a pendulum and report on its length.</p>",
}
NOON = datetime(2026, 3, 2, 12, tzinfo=ZoneInfo("UTC"))


@pytest.fixture
def course() -> Course:
    return making.filled(PAGES, opened_at=timezone.now())


def work(course: Course, title: str, days: float | None, **fields: Any) -> Assignment:
    """Work that is due in so many days."""
    due = None if days is None else timezone.now() + timedelta(days=days)
    told = {"source": "test", "source_id": title, "title": title, "due_date": due, **fields}
    return Assignment.objects.create(course=course, **told)


def a_unit(course: Course, *titles: str) -> None:
    """A module with these pages in it."""
    fields = {"course": course, "source": "test"}
    node = TocNode.objects.create(**fields, source_id="m", kind="heading", title="Unit")
    for place, title in enumerate(titles):
        item = ContentItem.objects.get(course=course, title=title)
        TocNode.objects.create(
            **fields, source_id=f"n{place}", kind="page", parent=node, item=item, position=place
        )


def page_of(actor: Actor) -> str:
    return studying.plan(RequestFactory().get("/"), actor).content.decode()


def test_what_is_coming_comes_soonest_first_and_what_is_past_latest_first(course: Course) -> None:
    for title, days in (("Late", 9.0), ("Soon", 1.0), ("Old", -9.0), ("Past", -1.0), ("Any", None)):
        work(course, title, days)

    made = plan.plan(making.an_actor(course))

    assert [one.title for one in made.coming] == ["Soon", "Late"]
    assert [one.title for one in made.past] == ["Past", "Old"]
    assert [one.title for one in made.undated] == ["Any"]
    assert made.order == []


def test_what_to_read_is_what_stands_before_and_what_is_like_it(course: Course) -> None:
    ContentItem.objects.filter(course=course, title="Pendulum report").update(kind="assignment")
    work(course, "Pendulum report", 3)
    a_unit(course, "Friction", "Recursion", "Pendulum report", "Photosynthesis")

    [one] = plan.plan(making.an_actor(course)).coming

    titles = [page.title for page in one.pages]
    assert titles == ["Friction", "Recursion", "Pendulums"]  # the last is in no module, but alike
    assert one.pages[0].url == "https://lms.example.edu/pages/friction"


def test_nobody_reads_of_what_they_may_not_see(course: Course) -> None:
    work(course, "Pendulum report", 3)
    work(course, "Hidden work", 3, published=False)
    ContentItem.objects.filter(course=course, title="Pendulums").update(published=False)

    for role in ("student", "teacher"):  # a teacher is shown what students get
        [one] = plan.plan(making.an_actor(course, role)).coming
        assert one.title == "Pendulum report"
        assert "Pendulums" not in [page.title for page in one.pages]


@time_machine.travel(NOON, tick=False)
def test_dates_are_in_the_readers_time_which_is_named(course: Course) -> None:
    work(course, "Report", 1)

    here = page_of(making.an_actor(course, time_zone="Asia/Tokyo"))
    Course.objects.filter(pk=course.pk).update(time_zone="Europe/Berlin")
    there = page_of(making.an_actor(course))
    Course.objects.filter(pk=course.pk).update(time_zone="Mars/Olympus")
    unknown = page_of(making.an_actor(course))

    assert "Asia/Tokyo (JST)" in here
    assert "9 p.m." in here
    assert "Europe/Berlin (CET)" in there
    assert "1 p.m." in there
    assert "the time of this device" in unknown
    assert '<time datetime="2026-03-03T12:00:00+00:00" data-show="moment">' in unknown


def test_without_any_work_the_course_is_read_in_its_order(course: Course) -> None:
    a_unit(course, "Recursion", "Friction")

    page = page_of(making.an_actor(course))

    assert "knows of no work to hand in" in page
    assert page.index("Recursion") < page.index("Friction")


def test_an_empty_course_says_that_it_knows_of_nothing() -> None:
    page = page_of(making.an_actor(making.a_course(opened_at=timezone.now())))

    assert "knows of no work to hand in" in page


def test_the_plan_is_for_those_who_may_ask_and_once_the_course_is_open(course: Course) -> None:
    with pytest.raises(NotYours):
        plan.plan(making.an_actor(course, "guest"))
    Course.objects.filter(pk=course.pk).update(opened_at=None)
    with pytest.raises(NotOpen):
        plan.plan(making.an_actor(course))
