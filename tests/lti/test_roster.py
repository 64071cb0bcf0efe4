"""A platform's roster becomes people and places; nobody is ever deleted."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from lti import roster
from lti.nrps import SCOPE
from tests import factories
from tests.lti.platform import INSTRUCTOR, LEARNER
from tests.lti.scripted import PERSON, Answer, Place, version
from tutorai.errors import LMSMisunderstood, LMSRefused, NotFound
from tutorai.lmsdm.models import Enrolment, Identity, User
from tutorai.lmsdm.schema import Role

MEMBERS = "/members"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
CUSTOM = "https://purl.imsglobal.org/spec/lti/claim/custom"


def member(number: int = 1, *roles: str, **fields: Any) -> dict[str, Any]:
    """Return a member as a platform tells it."""
    told = {"user_id": f"person-{number}", "roles": list(roles) or [LEARNER]}
    return {**told, "name": f"Person {number}", "email": f"p{number}@school.example", **fields}


def page(*members: dict[str, Any], **headers: str) -> Answer:
    """Return a page of a roster."""
    return Answer(body=json.dumps({"id": "…", "members": members}), headers=headers)


def enrolled(place: Place) -> dict[str, tuple[str, bool]]:
    """Return who is in the course as what, by name."""
    rows = Enrolment.objects.filter(course=place.service.course).select_related("user")
    return {row.user.name: (row.role, row.active) for row in rows}


def written(place: Place) -> list[str]:
    """Return which version of their rows people and places have."""
    places = Enrolment.objects.filter(course=place.service.course).order_by("pk")
    return [version(row) for place in places for row in (place, place.user)]


def test_a_roster_becomes_people_with_places(place: Place) -> None:
    more = f'<{place.url}{MEMBERS}?page=2>; rel="next"'
    place.says(
        "GET",
        MEMBERS,
        page(member(1), member(2, INSTRUCTOR), Link=more),
        page(
            member(3, LEARNER, TEST_USER, name=None, given_name="Test", family_name="Student"),
            member(4, status="Inactive"),
            member(5, "Learner", status="active", name=None, email=None),
        ),
    )

    count = roster.read(place.service.course)

    place.service.refresh_from_db()
    assert count == 5
    assert enrolled(place) == {
        "Person 1": ("student", True),
        "Person 2": ("teacher", True),
        "Test Student": ("student", True),
        "Person 4": ("student", False),
        "": ("student", True),
    }
    assert place.service.members_at is not None
    assert place.service.members_at > timezone.now() - timedelta(minutes=1)
    tested = User.objects.filter(enrolments__course=place.service.course, is_test=True)
    assert [person.name for person in tested] == ["Test Student"]
    assert place.asked("/token")[0].form["scope"] == SCOPE
    asked = place.asked(MEMBERS)[0].headers["Accept"]
    assert asked == "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"


def test_the_same_roster_again_writes_nothing(place: Place) -> None:
    place.says("GET", MEMBERS, page(member(1), member(2, INSTRUCTOR)))
    roster.read(place.service.course)
    before = written(place)

    roster.read(place.service.course)

    assert written(place) == before


def test_who_changed_is_changed_and_who_is_missing_is_inactive(place: Place) -> None:
    place.says(
        "GET",
        MEMBERS,
        page(member(1), member(2), member(3)),
        page(member(1, INSTRUCTOR), member(3)),
    )
    roster.read(place.service.course)
    section = Enrolment.objects.get(course=place.service.course, user__name="Person 3")
    Enrolment.objects.filter(pk=section.pk).update(sections=["7"])

    roster.read(place.service.course)

    section.refresh_from_db()
    assert section.sections == ["7"]
    assert enrolled(place) == {
        "Person 1": ("teacher", True),
        "Person 2": ("student", False),
        "Person 3": ("student", True),
    }


def test_who_came_by_launch_today_stays_though_no_roster_names_them(place: Place) -> None:
    now = timezone.now()
    for name, ago in (("Today", timedelta(hours=1)), ("Last week", timedelta(days=7))):
        user = factories.a_user(place.service.course.institution, name=name)
        factories.an_enrolment(place.service.course, user, seen_at=now - ago)
    rest = factories.a_user(place.service.course.institution, name="By REST")
    factories.an_enrolment(place.service.course, rest, seen_from=Enrolment.From.REST)
    place.says("GET", MEMBERS, page(member(1)))

    roster.read(place.service.course)

    assert enrolled(place) == {
        "Person 1": ("student", True),
        "Today": ("student", True),
        "Last week": ("student", False),
        "By REST": ("student", True),
    }


def test_a_launch_that_came_while_the_roster_was_read_knows_better(place: Place) -> None:
    user = place.person()
    soon = timezone.now() + timedelta(minutes=5)
    factories.an_enrolment(place.service.course, user, Role.TEACHER, seen_at=soon)
    place.says("GET", MEMBERS, page(member(1)))

    roster.read(place.service.course)

    assert enrolled(place) == {"Person 1": ("teacher", True)}


@pytest.mark.parametrize(("family", "role"), [("moodle", "teacher"), ("other", "student")])
def test_moodles_roster_calls_an_assistant_learner_whom_a_launch_knows_better(
    place_on: Callable[..., Place], family: str, role: str
) -> None:
    place = place_on(family)
    factories.an_enrolment(place.service.course, place.person(), Role.TEACHER)
    place.says("GET", MEMBERS, page(member(1, "Learner")))

    roster.read(place.service.course)

    assert enrolled(place) == {"Person 1": (role, True)}


@pytest.mark.parametrize(("family", "name"), [("moodle", "Zoë & Co"), ("other", "Zoë &amp; Co")])
def test_moodle_escapes_names_in_rosters(
    place_on: Callable[..., Place], family: str, name: str
) -> None:
    place = place_on(family)
    place.says("GET", MEMBERS, page(member(1, name="Zoë &amp; Co")))

    roster.read(place.service.course)

    assert set(enrolled(place)) == {name}


def test_an_identity_whose_person_was_forgotten_gets_them_anew(place: Place) -> None:
    place.person().delete()
    place.says("GET", MEMBERS, page(member(1)))

    roster.read(place.service.course)

    assert enrolled(place) == {"Person 1": ("student", True)}
    assert Identity.objects.filter(
        institution=place.service.course.institution, external_id=PERSON
    ).exists()


# --- Canvas ----------------------------------------------------------------------------------


@pytest.fixture
def canvas(place_on: Callable[..., Place]) -> Place:
    """A course of a Canvas, which knows it by an id."""
    place = place_on("canvas")
    Identity.objects.create(
        institution_id=place.service.course.institution_id,
        source=f"lti:{place.service.deployment_id}",
        kind=Identity.Of.COURSE,
        external_id="context-1",
        row=place.service.course_id,
    )
    return place


def messages(**custom: str) -> dict[str, Any]:
    """Return what a member's launch would carry."""
    told = {"canvas_user_id": "77", "canvas_course_id": "5", "canvas_api_domain": "c.example"}
    return {"message": [{"locale": "en"}, {CUSTOM: {**told, **custom}}]}


def test_a_canvas_roster_joins_people_by_canvas_own_ids_and_tells_sections(canvas: Place) -> None:
    canvas.says("GET", MEMBERS, page(member(1, **messages(canvas_course_section_ids="9,8"))))

    roster.read(canvas.service.course)

    (asked,) = canvas.asked(MEMBERS)
    assert asked.path.endswith("?limit=50&rlid=context-1")
    joined = Identity.objects.get(source=f"canvas:{canvas.service.deployment_id}")
    place = Enrolment.objects.get(course=canvas.service.course)
    assert (joined.external_id, joined.row) == ("c.example/77", place.user_id)
    assert place.sections == ["8", "9"]


def test_a_canvas_that_does_not_know_the_course_by_its_link_is_asked_without(
    canvas: Place,
) -> None:
    canvas.says("GET", MEMBERS, Answer(400), page(member(1)))

    roster.read(canvas.service.course)

    assert [one.path.partition("?")[2] for one in canvas.asked(MEMBERS)] == [
        "limit=50&rlid=context-1",
        "limit=50",
    ]


def test_a_canvas_course_without_a_known_link_is_asked_without(
    place_on: Callable[..., Place],
) -> None:
    place = place_on("canvas")
    place.says("GET", MEMBERS, page(member(1)))

    assert roster.read(place.service.course) == 1


# --- what goes wrong -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    ["[]", '{"members": 7}', '{"members": [{"roles": []}]}', '{"members": []}'],
    ids=["list", "number", "nobody's id", "nobody"],
)
def test_a_roster_that_is_none_changes_nothing(place: Place, body: str) -> None:
    place.says("GET", MEMBERS, page(member(1)), Answer(body=body))
    roster.read(place.service.course)

    with pytest.raises(LMSMisunderstood):
        roster.read(place.service.course)

    assert enrolled(place) == {"Person 1": ("student", True)}


def test_a_roster_that_is_refused_changes_nothing(place: Place) -> None:
    place.says("GET", MEMBERS, Answer(403))

    with pytest.raises(LMSRefused):
        roster.read(place.service.course)


def test_a_course_without_a_roster_has_none(place_on: Callable[..., Place]) -> None:
    place = place_on("other", members_url="")

    with pytest.raises(NotFound):
        roster.read(place.service.course)
