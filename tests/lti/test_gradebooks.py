"""Grades and rosters against the three platforms that the sandbox plays."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from lti import ags, roster
from tests.conftest import Running
from tests.lti.gradebooks import CLIENT, Gradebook, a_grade, a_gradebook
from tutorai.errors import ColumnKept, LMSUnavailable, NotSent
from tutorai.ledger.outcomes import Outcome, same
from tutorai.lmsdm.models import Enrolment, Identity

DIALECTS = ["canvas", "moodle", "blackboard"]


@pytest.fixture
def gradebook_of(sandbox: Running, tool: Running) -> Callable[[str], Gradebook]:
    """Return a function that makes a course on a platform of that kind; the tool shows its keys."""
    assert CLIENT.get(f"{tool.url}/lti/jwks").status_code == 200  # a platform waits five seconds
    return lambda dialect: a_gradebook(sandbox, dialect)


@pytest.fixture
def canvas(gradebook_of: Callable[[str], Gradebook]) -> Gradebook:
    """A course on a Canvas."""
    return gradebook_of("canvas")


@pytest.fixture
def moodle(gradebook_of: Callable[[str], Gradebook]) -> Gradebook:
    """A course on a Moodle."""
    return gradebook_of("moodle")


def outcome(cell: ags.Cell, body: str) -> Outcome:
    """Send a score; return what the answer means."""
    return cell.rules.outcome(cell.send(body))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_grade_arrives_and_can_be_read_back(
    gradebook_of: Callable[[str], Gradebook], dialect: str
) -> None:
    cell = gradebook_of(dialect).cell()
    assert cell.read().points is None

    assert outcome(cell, cell.write(a_grade(comment="Good.\nMore."))) is Outcome.DELIVERED

    reading = cell.read()
    assert same(reading.points, reading.maximum, Decimal("8.10"), Decimal(10))
    assert "Good." in (reading.comment or "Good.")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_teacher_cannot_be_graded(gradebook_of: Callable[[str], Gradebook], dialect: str) -> None:
    cell = gradebook_of(dialect).cell("teacher")

    assert outcome(cell, cell.write(a_grade())) is Outcome.NOT_GRADABLE


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_column_of_a_resource_is_made_once(
    gradebook_of: Callable[[str], Gradebook], dialect: str
) -> None:
    gradebook = gradebook_of(dialect)

    assert gradebook.column() == gradebook.column()

    assert len(ags.listing(gradebook.service)) == 1
    assert ags.read_columns(gradebook.service) == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_column_of_ours_is_changed_keeps_its_names_and_goes_once_it_has_no_grades(
    gradebook_of: Callable[[str], Gradebook], dialect: str
) -> None:
    gradebook = gradebook_of(dialect)
    cell = gradebook.cell()

    changed = ags.update(cell.item, label="Report", maximum=Decimal(40), tag="final")
    (told,) = ags.listing(gradebook.service, resource_id="essay", tag="final")

    assert (told.label, told.maximum, told.url) == ("Report", Decimal(40), changed.url)
    assert outcome(cell, cell.write(a_grade())) is Outcome.DELIVERED
    assert [reading.points for reading in ags.shown(changed).values()] == [Decimal("32.4")]
    with pytest.raises(ColumnKept):
        ags.delete(changed)
    ags.delete(changed, with_grades=True)
    assert ags.listing(gradebook.service) == []
    ags.delete(changed)  # which it was


def test_canvas_takes_the_same_score_again_but_no_older_one(canvas: Gradebook) -> None:
    cell, now = canvas.cell(), timezone.now()
    body = cell.write(a_grade(at=now))

    assert outcome(cell, body) is Outcome.DELIVERED
    assert outcome(cell, body) is Outcome.DELIVERED
    older = cell.write(a_grade(at=now - timedelta(seconds=1)))
    assert outcome(cell, older) is Outcome.STALE


def test_moodle_takes_no_second_score_of_the_same_second(moodle: Gradebook) -> None:
    cell = moodle.cell()
    body = cell.write(a_grade())

    assert outcome(cell, body) is Outcome.DELIVERED
    assert outcome(cell, body) is Outcome.STALE


def test_moodle_takes_a_score_that_a_teacher_has_overridden_and_shows_the_teachers(
    moodle: Gradebook,
) -> None:
    cell = moodle.cell()
    moodle.enter(cell, points=3)

    soon = a_grade(at=timezone.now() + timedelta(seconds=2))
    assert outcome(cell, cell.write(soon)) is Outcome.DELIVERED

    assert cell.read().points == Decimal(3)


def test_a_locked_cell_fails_by_itself(moodle: Gradebook) -> None:
    cell = moodle.cell()
    moodle.enter(cell, locked=True)

    assert outcome(cell, cell.write(a_grade())) is Outcome.FAILED


def test_canvas_asks_to_slow_down_in_words(canvas: Gradebook) -> None:
    cell = canvas.cell()
    canvas.fault("throttle", "/scores")

    assert outcome(cell, cell.write(a_grade())) is Outcome.THROTTLED


def test_an_answer_that_was_lost_leaves_it_open_and_the_results_tell(canvas: Gradebook) -> None:
    cell = canvas.cell()
    canvas.fault("drop", "/scores")

    with pytest.raises(LMSUnavailable) as error:
        cell.send(cell.write(a_grade()))

    assert not isinstance(error.value, NotSent)
    assert cell.read().points == Decimal("16.2")


def test_a_token_that_was_killed_is_replaced(canvas: Gradebook) -> None:
    cell = canvas.cell()
    canvas.fault("status", "/scores", status=401)

    assert outcome(cell, cell.write(a_grade())) is Outcome.DELIVERED
    assert len(canvas.requests("/login/oauth2/token")) == 2


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_roster_is_read_with_all_its_pages(
    gradebook_of: Callable[[str], Gradebook], dialect: str
) -> None:
    gradebook = gradebook_of(dialect)

    count = roster.read(gradebook.service.course)

    places = Enrolment.objects.filter(course=gradebook.service.course)
    assert places.count() == count
    assert count >= 4
    assert places.filter(role="teacher").exists()
    assert places.filter(role="student").exists()


def test_a_canvas_roster_knows_people_as_rest_does_and_who_left(canvas: Gradebook) -> None:
    roster.read(canvas.service.course)
    student = canvas.told["people"]["student"]
    joined = Identity.objects.get(
        source=f"canvas:{canvas.service.deployment_id}", external_id__endswith=f"/{student['id']}"
    )
    place = Enrolment.objects.get(course=canvas.service.course, user_id=joined.row)
    assert (place.active, bool(place.sections)) == (True, True)

    canvas.control(f"enrolments/{canvas.course['enrolments']['student']}", state="deleted")
    roster.read(canvas.service.course)

    place.refresh_from_db()
    assert not place.active
