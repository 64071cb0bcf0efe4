"""A course of the pretend Moodle, read and graded as a teacher connects it."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import pytest

from connectors import cells, columns
from connectors.models import Connector
from connectors.moodle import functions
from connectors.moodle.client import Moodle
from connectors.tokens import Given
from tests.conftest import Running
from tests.sync.making import School, a_school
from tutorai.errors import BadRequest, LMSRefused
from tutorai.ids import new_id
from tutorai.ledger.outcomes import Grade, Outcome
from tutorai.lmsdm import store
from tutorai.lmsdm.models import Identity, User

UNCHANGED = 14  # calls of a reading that finds nothing new, whatever the size of the course


@pytest.fixture(scope="module")
def school(sandbox: Running) -> School:
    """A school whose Moodle course was read."""
    made = a_school(sandbox, key="chemistry", join=False, dialect="moodle")
    host = made.url.partition("://")[2]
    store.identify(
        institution_id=made.course.institution_id,
        source=f"moodle:{new_id()}",
        kind=Identity.Of.COURSE,
        external_id=f"{host}/{made.external['id']}",
        row=made.course.pk,
    )
    connect(made)
    made.drain()
    return made


def connect(school: School, address: str = "") -> None:
    here = f"{school.url}/course/view.php?id={school.external['id']}"
    token = school.told["people"]["service"]["token"]
    school.connect(lms="moodle", base_url=address or here, token=token)


def test_a_course_is_read_whole(school: School) -> None:
    titles = set(school.course.items.values_list("title", flat=True))

    assert school.connector.base_url == school.url
    assert school.cursor.status == "ok", school.cursor.faults
    assert {"Before you come to the laboratory", "Bring goggles", "Titration report"} <= titles
    assert "Phenolphthalein" in school.item("Choosing an indicator").body
    assert school.item("Key to the titration questions").published is False
    assert school.item("Titration, step by step").condition is not None


def test_another_address_is_refused(school: School) -> None:
    with pytest.raises(BadRequest, match=r"course/view\.php\?id="):
        connect(school, f"{school.url}/course/view.php?id=1")


def test_a_reading_that_finds_nothing_new_writes_nothing_and_asks_little(school: School) -> None:
    school.forget()

    job = school.again()

    asked = [line["function"] for line in school.requests("/webservice/")]
    assert job.state == "done"
    assert school.cursor.changed == 0
    assert "mod_page_get_pages_by_courses" not in asked
    assert len(asked) == UNCHANGED, asked


def test_a_grade_goes_by_rest_where_ags_is_absent(school: School) -> None:
    columns.of_assignments(school.course)
    column = school.course.line_items.get(label="Titration report")
    student = school.told["people"]["student3"]
    person = User.objects.create(institution=school.course.institution, name="C")
    store.identify(
        institution_id=school.course.institution_id,
        source=f"moodle:{new_id()}",
        kind=Identity.Of.USER,
        external_id=f"{school.url.partition('://')[2]}/{student['id']}",
        row=person.pk,
    )
    connector = Connector.objects.get(course=school.course)
    cell = cells.cell(connector.pk, column, person.pk)
    assert cell is not None
    grade = Grade(Decimal(15), Decimal(20), "Good & <careful>", datetime.now(UTC))

    outcome = cell.rules.outcome(cell.send(cell.write(grade)))
    told = cell.read()
    over = cell.rules.outcome(cell.send(cell.write(replace(grade, points=Decimal(30)))))

    assert (outcome, told.points) == (Outcome.DELIVERED, Decimal(15))
    assert column.url.startswith(f"{school.url}/webservice/rest/server.php?assignmentid=")
    # It says yes to more than the maximum too, and keeps what there was: hence it is read back.
    assert (over, cell.read().points) == (Outcome.DELIVERED, Decimal(15))
    assert cell.rules.verify


FEW = "core_webservice_get_site_info core_course_get_contents mod_assign_get_assignments"


def test_a_service_with_less_reads_less_and_says_what_it_lacks(school: School) -> None:
    service, course = school.told["people"]["service"], school.external["id"]
    made = school.control("tokens", person=service["id"], scopes=f"{FEW} nodownloads")
    lms = Moodle(school.url, Given(made["value"]))
    items = {item.title: item for item in lms.listing(course)[0]()}

    lacks = lms.standing().lacks
    with pytest.raises(LMSRefused):
        lms.parts(course)
    assert list(lms.listing(course)[3]()) == []
    with pytest.raises(LMSRefused):
        lms.download(course, items["safety-rules.docx"], BytesIO(), 10**6)
    with pytest.raises(LMSRefused):
        lms.body(course, items["Choosing an indicator"])

    assert set(functions.FUNCTIONS) - set(lacks) == set(FEW.split())
    assert functions.DOWNLOADS in lacks
    assert all(node.window.condition for node in lms.toc(course) if node.parent_id is None)
    assert len(lms.assignments(course)) == 2
