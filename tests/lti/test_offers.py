"""What launches tell of a course's services: its gradebook and its roster."""

from typing import Any

import pytest

from lti import claims
from lti.claims import GRADES, ROSTER, Launch
from lti.models import CourseService
from tests.lti.platform import LTI, Platform
from tests.lti.scripted import version
from tutorai.lmsdm.models import Course, LineItem

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
URL = "https://lms.example/6/lineitems"
MEMBERS = {"context_memberships_url": "https://lms.example/6/members?x=1"}
COLUMN = f"{URL}/29/lineitem?type_id=1"


def grades(**fields: Any) -> dict[str, Any]:
    """Return the claim of a gradebook."""
    return {
        "scope": [f"{AGS}score", f"{AGS}lineitem"],
        "lineitems": f"{URL}?type_id=1",
        "lineitem": COLUMN,
        **fields,
    }


def launch(platform: Platform, **told: Any) -> Course:
    """Launch with these claims; return the course."""
    begun = platform.login()
    token = platform.sign({**platform.claims(begun), **told})
    answer = platform.post(begun, token)
    assert answer.status_code == 200, answer.text
    return Course.objects.get(source_id="course-1", institution__name=platform.name)


def services(course: Course) -> tuple[str, list[str], str]:
    """Return what we know of a course's services."""
    row = CourseService.objects.get(course=course)
    return row.line_items_url, row.scopes, row.members_url


def test_a_launch_tells_of_gradebook_column_and_roster(platform: Platform) -> None:
    course = launch(platform, **{GRADES: grades(), ROSTER: MEMBERS})

    scopes = [f"{AGS}lineitem", f"{AGS}score"]
    assert services(course) == (f"{URL}?type_id=1", scopes, MEMBERS["context_memberships_url"])
    assert str(course.service) == str(course.service.pk)
    column = LineItem.objects.get(course=course)
    assert (column.url, column.label, column.resource_link_id) == (COLUMN, "Tutor", "link-1")
    assert column.source == f"lti:{course.service.deployment_id}"
    assert column.assignment is not None
    assert (column.assignment.title, column.assignment.max_points) == ("Tutor", None)


def test_a_launch_that_brings_nothing_new_writes_nothing(platform: Platform) -> None:
    told = {GRADES: grades(), ROSTER: MEMBERS}
    course = launch(platform, **told)
    rows = [course.service, LineItem.objects.get(course=course)]
    before = [version(row) for row in rows]

    launch(platform, **told)
    launch(platform, sub="person-2", name="Ben", given_name="Ben", **told)

    assert [version(row) for row in rows] == before


def test_what_a_launch_leaves_out_stays_and_what_it_tells_anew_is_written(
    platform: Platform,
) -> None:
    course = launch(platform, **{GRADES: grades(), ROSTER: MEMBERS})
    before = services(course)

    launch(platform)
    assert services(course) == before

    launch(platform, **{GRADES: grades(lineitem=None, lineitems=f"{URL}?type_id=2")})
    assert services(course) == (f"{URL}?type_id=2", *before[1:])


def test_a_new_person_of_a_known_course_may_bring_its_services(platform: Platform) -> None:
    course = launch(platform)
    assert not CourseService.objects.filter(course=course).exists()

    launch(platform, sub="person-2", **{GRADES: grades()})

    assert services(course)[0] == f"{URL}?type_id=1"


def test_a_column_that_is_known_keeps_its_name_and_comes_back(platform: Platform) -> None:
    course = launch(platform, **{GRADES: grades()})
    rows = LineItem.objects.filter(course=course)
    rows.update(label="As the gradebook says", gone_at=course.created_at, resource_link_id="")

    launch(platform, **{GRADES: grades()})

    column = rows.get()
    assert (column.label, column.gone_at) == ("As the gradebook says", None)
    assert column.resource_link_id == "link-1"


def test_the_courses_own_link_is_no_activity(platform: Platform) -> None:
    link = {"id": "course-1", "title": "Tutor"}

    course = launch(platform, **{GRADES: grades(), f"{LTI}resource_link": link})

    assert LineItem.objects.get(course=course).resource_link_id == ""


def test_a_launch_without_a_course_tells_of_no_services(platform: Platform) -> None:
    begun = platform.login()
    told = {**platform.claims(begun), GRADES: grades(), ROSTER: MEMBERS}
    del told[f"{LTI}context"]

    answer = platform.post(begun, platform.sign(told))

    assert answer.status_code == 200
    assert not CourseService.objects.filter(deployment__registration=platform.registration).exists()


@pytest.mark.parametrize(
    "broken",
    [
        None,
        7,
        [],
        {"lineitems": 7, "lineitem": ["x"], "scope": "score"},
        {"lineitems": "ftp://lms.example/", "lineitem": "javascript:alert(1)", "scope": [7, ""]},
        {"lineitems": "https://" + "x" * 2000 + ".example", "scope": ["x" * 300]},
        {"context_memberships_url": "no address"},
    ],
    ids=["null", "number", "list", "types", "no addresses", "too long", "words"],
)
def test_a_claim_that_is_none_is_not_there_and_fails_no_launch(broken: Any) -> None:
    told = read({GRADES: broken, ROSTER: broken})

    assert (told.line_items_url, told.line_item_url, told.members_url) == ("", "", "")
    assert told.scopes == ()


def test_scopes_are_told_in_order_and_once() -> None:
    assert read({GRADES: {"scope": ["b", "a", "b", 7]}}).scopes == ("a", "b")


def read(more: dict[str, Any]) -> Launch:
    """Read the claims of a launch that has these besides."""
    told = {
        f"{LTI}version": "1.3.0",
        f"{LTI}message_type": "LtiResourceLinkRequest",
        f"{LTI}roles": [],
        f"{LTI}deployment_id": "1",
        f"{LTI}target_link_uri": "https://tool.example",
        f"{LTI}resource_link": {"id": "1"},
        "sub": "1",
        **more,
    }
    return claims.read(told, tool_url="https://tool.example")
