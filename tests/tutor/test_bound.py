"""A link bound to a part of the course: the tutor looks there first, and begins with it."""

import pytest
from django.utils import timezone

from agents import retrieve
from agents.tutor import suggest
from lti import sessions
from lti.models import LaunchSession, Placement
from tests import factories
from tests.retrieval import making
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import Assignment, ContentItem, Course, TocNode
from tutorai.lmsdm.schema import Actor, Role

SAME = "<h2>Energy {n}</h2><p>Energy is conserved in a closed system.</p>"


@pytest.fixture
def course() -> Course:
    """Three pages that say the same; the second is two modules deep, the third is of a work."""
    pages = {f"Page {n}": SAME.format(n=n) for n in ("one", "two", "three")}
    made = making.filled(pages, opened_at=timezone.now())
    fields = {"course": made, "source": "test"}
    unit = TocNode.objects.create(**fields, source_id="m", kind="heading", title="Unit")
    inner = TocNode.objects.create(**fields, source_id="i", kind="heading", parent=unit)
    two = ContentItem.objects.get(course=made, title="Page two")
    TocNode.objects.create(**fields, source_id="n", kind="page", parent=inner, item=two)
    Assignment.objects.create(**fields, source_id="Page three", title="Energy in a closed system")
    return made


def bound(course: Course, about: str) -> Actor:
    """A student whose link is about a module, an item or an assignment of the course."""
    rows = {
        "module": TocNode.objects.filter(course=course, parent=None),
        "item": ContentItem.objects.filter(course=course, title="Page one"),
        "assignment": Assignment.objects.filter(course=course),
    }
    pk = rows[about].get().pk
    return making.an_actor(course, about=about, about_id=pk)


@pytest.mark.parametrize(
    ("about", "title"), [("item", "Page one"), ("module", "Page two"), ("assignment", "Page three")]
)
def test_what_a_link_is_bound_to_is_looked_in_first_and_not_alone(
    course: Course, about: str, title: str
) -> None:
    actor = bound(course, about)

    found = retrieve.search(actor, "Is energy conserved?", near=scope.place(actor))

    assert found.passages[0].title == title
    assert {one.title for one in found.passages} == {"Page one", "Page two", "Page three"}


def test_the_first_questions_are_about_it(course: Course) -> None:
    assert suggest.questions(bound(course, "item")) == ["Can you explain “Energy one”?"]
    assert suggest.questions(bound(course, "module")) == ["Can you explain “Energy two”?"]
    about_work = suggest.questions(bound(course, "assignment"))
    assert len(suggest.questions(making.an_actor(course))) == 3
    assert about_work
    assert all("Energy in a closed system" in one for one in about_work)


def test_where_it_is_gone_or_hidden_the_whole_course_is_asked_about(course: Course) -> None:
    actor = bound(course, "item")
    pk = actor.about_id or course.pk
    ContentItem.objects.filter(pk=pk).update(published=False)

    assert scope.place(actor) is None
    assert scope.thing(actor, "item", pk) is None
    assert len(suggest.questions(actor)) == 2


def test_nothing_of_another_course_is_bound_to(course: Course) -> None:
    there = making.an_actor(making.filled(), about="item")
    for about in ("item", "module", "assignment", "nonsense"):
        pk = bound(course, about).about_id if about != "nonsense" else course.pk
        assert pk
        assert scope.thing(there, about, pk) is None


def test_a_session_knows_what_its_link_is_about() -> None:
    row = factories.an_item()
    placed = Placement.objects.create(course=row.course, kind="item", target=row.pk)
    whole = Placement.objects.create(course=row.course, kind="tutor")
    session = factories.a_session(row.course, Role.STUDENT).session

    def actor(placement: Placement) -> Actor:
        LaunchSession.objects.filter(pk=session.pk).update(placed=placement)
        return sessions.actor_of(session.pk)

    assert (actor(placed).about, actor(placed).about_id) == ("item", row.pk)
    assert (actor(whole).about, actor(whole).about_id) == ("", None)
