"""Columns that a teacher makes on the grades page, in a Canvas's and a Moodle's gradebook."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.db.models import QuerySet

from lti import ags
from lti.line_items import SCOPE
from lti.models import CourseService
from tests import factories
from tests.conftest import Running
from tests.lti.gradebooks import CLIENT, Gradebook, a_gradebook
from tutorai import flows, gradebook
from tutorai.gradebook import Entry, Hold
from tutorai.ids import new_id
from tutorai.ledger.trail import AuditEvent
from tutorai.lmsdm.models import Course, LineItem
from tutorai.lmsdm.schema import Role

DIALECTS = ["canvas", "moodle"]


class Maker:
    """Someone with a session in the course of a gradebook."""

    def __init__(self, tool: Running, book: Gradebook, role: Role = Role.TEACHER, **session: Any):
        self.url, self.book = tool.url, book
        self.begun = factories.a_session(book.service.course, role, **session)

    def call(self, method: str, path: str, **form: Any) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {self.begun.access_token}"}
        url = f"{self.url}/pages/grades{path}"
        return httpx.request(method, url, headers=bearer, data=form or None, timeout=60)

    def make(self, label: str, points: str = "20", named: UUID | None = None) -> httpx.Response:
        return self.call(
            "POST", "/columns", label=label, points=points, named=str(named or new_id())
        )

    def made(self, label: str) -> LineItem:
        """Make a column; return it."""
        assert "is in the gradebook" in self.make(label).text
        return self.rows().get(label=label)

    def change(self, item: LineItem, label: str, points: str) -> httpx.Response:
        return self.call(
            "POST", f"/columns/{item.assignment_id}/change", label=label, points=points
        )

    def delete(self, item: LineItem) -> httpx.Response:
        return self.call(
            "POST", f"/columns/{item.assignment_id}/delete", label=item.label, points="20"
        )

    def rows(self) -> "QuerySet[LineItem]":
        return LineItem.objects.filter(course=self.book.service.course, gone_at=None)

    def there(self, label: str) -> list[Any]:
        """The columns of that name that the platform has."""
        return [one for one in ags.listing(self.book.service) if one.label == label]


@pytest.fixture(scope="module")
def books(sandbox: Running, tool: Running) -> dict[str, Gradebook]:
    """One course on a platform of each kind."""
    assert CLIENT.get(f"{tool.url}/lti/jwks").status_code == 200  # a platform waits five seconds
    return {dialect: a_gradebook(sandbox, dialect) for dialect in DIALECTS}


@pytest.fixture
def maker(tool: Running, books: dict[str, Gradebook]) -> Callable[..., Maker]:
    """Return a function that gives a session in the course on a platform of that kind."""

    def make(dialect: str = "moodle", role: Role = Role.TEACHER, **session: Any) -> Maker:
        return Maker(tool, books[dialect], role, **session)

    return make


def refusal(answer: httpx.Response) -> str:
    """What a form says of why it was not taken."""
    assert answer.status_code == 200
    found = re.search(r'role="alert">([^<]*)', answer.text)
    return found[1] if found else ""


def verbs(item: LineItem) -> list[str]:
    rows = AuditEvent.objects.filter(object=item.pk, verb__startswith="column.")
    return list(rows.order_by("id").values_list("verb", flat=True))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_column_is_made_once_graded_changed_and_deleted(
    maker: Callable[..., Maker], dialect: str
) -> None:
    teacher, named = maker(dialect), new_id()
    with ThreadPoolExecutor(2) as both:
        presses = [both.submit(teacher.make, "Oral", "20", named) for _ in range(2)]
    assert {refusal(press.result()) for press in presses} == {""}
    (made,) = teacher.there("Oral")
    item = teacher.rows().get(label="Oral")
    page = teacher.call("GET", "").text
    assert f'id="column-{item.assignment_id}"' in page
    assert f"/pages/grades/columns/{item.assignment_id}/change" in page
    assert teacher.call("GET", f"/{item.assignment_id}").status_code == 200

    answer = teacher.change(item, "Oral  exam", "30,5")

    assert "The column is “Oral exam” now, with 30.5 points." in answer.text
    (changed,) = teacher.there("Oral exam")
    assert (changed.url, changed.maximum) == (made.url, Decimal("30.5"))
    assert changed.resource_id == made.resource_id == f"column-{named}"
    assert refusal(teacher.delete(item)) == ""
    assert teacher.there("Oral exam") == []
    assert f'id="column-{item.assignment_id}"' not in teacher.call("GET", "").text
    assert verbs(item) == ["column.make", "column.change", "column.delete"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_column_with_a_grade_in_it_or_on_its_way_is_not_deleted(
    maker: Callable[..., Maker], dialect: str
) -> None:
    teacher = maker(dialect)
    item, service = teacher.made("Graded"), teacher.book.service
    actor = factories.an_actor(service.course, Role.TEACHER)
    student = factories.an_enrolment(service.course).user
    (draft,) = gradebook.draft(actor, item, [Entry(student.pk, Decimal(7))])
    (held,) = flows.approve(actor, [draft.pk], Hold())

    assert "there are grades in it" in refusal(teacher.delete(item))

    gradebook.undo(actor, [held.pk])
    sub = str(teacher.book.told["people"]["student"]["sub"])
    teacher.book.enter(ags.Cell(item, sub, service), points=3)
    assert "there are grades in it" in refusal(teacher.delete(item))
    assert len(teacher.there("Graded")) == 1
    assert verbs(item) == ["column.make"]


def test_what_the_platform_does_not_take_comes_back_as_it_was_typed_and_is_made_at_the_next_try(
    maker: Callable[..., Maker],
) -> None:
    teacher, named = maker(), new_id()
    teacher.book.fault("status", "/lineitems", status=500)

    answer = teacher.make("Lab <1>", "7,5", named)

    assert "is not answering" in refusal(answer)
    for kept in (f'value="{named}"', 'value="Lab &lt;1&gt;"', 'value="7,5"'):
        assert kept in answer.text
    assert 'id="columns"' not in answer.text  # what is typed elsewhere stays

    assert refusal(teacher.make("Lab 1", "7.5", named)) == ""
    assert refusal(teacher.make("Lab 2", "8", named)) == ""  # corrected after a lost answer
    assert (teacher.there("Lab 1"), len(teacher.there("Lab 2"))) == ([], 1)
    item = teacher.rows().get(label="Lab 2")
    teacher.book.fault("status", "/lineitem", status=500)
    refused = teacher.change(item, "Lab 3", "9")
    assert "is not answering" in refusal(refused)
    assert 'value="Lab 3"' in refused.text
    assert verbs(item) == ["column.make"]


@pytest.mark.parametrize(
    ("label", "points", "why"),
    [
        (" \x00 ", "5", "needs a name"),
        ("x" * 256, "5", "at most 255 characters"),
        ("A", "0", "more than 0 points"),
        ("A", "many", "points are a number"),
        ("A", "9999999", "points are a number"),
    ],
    ids=["no name", "long", "nothing", "no number", "too many"],
)
def test_a_column_nobody_can_mean_is_refused_in_words(
    maker: Callable[..., Maker], label: str, points: str, why: str
) -> None:
    assert why in refusal(maker().make(label, points))


@pytest.mark.parametrize(
    ("role", "session"),
    [
        (Role.TA, {}),
        (Role.DESIGNER, {}),
        (Role.STUDENT, {}),
        (Role.TEACHER, {"masquerade": "7"}),
    ],
    ids=["assistant", "designer", "student", "acting as the teacher"],
)
def test_who_may_not_both_grade_and_set_up_makes_changes_and_deletes_none(
    maker: Callable[..., Maker], role: Role, session: dict[str, Any]
) -> None:
    item, other = maker().made(f"Mine {new_id()}"), maker(role=role, **session)

    answers = [other.make("Theirs"), other.change(item, "Theirs", "5"), other.delete(item)]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert other.there("Theirs") == []
    assert 'id="new-column"' not in other.call("GET", "").text


def test_a_column_that_was_not_made_here_is_not_touched(maker: Callable[..., Maker]) -> None:
    teacher = maker()
    placed = ags.find_or_make(
        teacher.book.service, label="Placed", maximum=Decimal(5), resource_id=str(new_id())
    )

    answers = [teacher.change(placed, "Other", "9"), teacher.delete(placed)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert len(teacher.there("Placed")) == 1
    assert f"{placed.assignment_id}/change" not in teacher.call("GET", "").text


def test_where_the_platform_lets_nobody_make_columns_there_is_no_form_and_a_refusal_in_words(
    tool: Running, sandbox: Running
) -> None:
    teacher = Maker(tool, a_gradebook(sandbox, "canvas"))
    assert 'id="new-column"' in teacher.call("GET", "").text
    item, service = teacher.made("Oral"), teacher.book.service
    service.scopes = [one for one in service.scopes if one != SCOPE]
    service.save(update_fields=["scopes"])

    assert 'id="new-column"' not in teacher.call("GET", "").text
    answers = [teacher.make("A"), teacher.change(item, "A", "5"), teacher.delete(item)]
    assert all("not granted Tutor.AI the right" in refusal(answer) for answer in answers)
    CourseService.objects.filter(pk=service.pk).delete()
    assert "not granted Tutor.AI the right" in refusal(teacher.make("A"))
    assert teacher.call("GET", "").status_code == 200


def test_in_a_course_that_is_over_no_column_changes(tool: Running, sandbox: Running) -> None:
    teacher = Maker(tool, a_gradebook(sandbox, "canvas"))
    item = teacher.made("Oral")
    Course.objects.filter(pk=item.course_id).update(state="completed")

    answers = [teacher.make("New"), teacher.change(item, "New", "5"), teacher.delete(item)]

    assert [answer.json()["code"] for answer in answers] == ["course_ended"] * 3
    page = teacher.call("GET", "").text
    assert 'id="new-column"' not in page
    assert "/change" not in page
    assert len(teacher.there("Oral")) == 1
