"""A platform's roster becomes people and places; nobody is ever deleted."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lti import roster
from lti.models import CourseService
from lti.nrps import GROUPS, GROUPS_SCOPE, SCOPE
from tests import factories
from tests.lti.platform import INSTRUCTOR, LEARNER
from tests.lti.scripted import PERSON, Answer, Place, version
from tutorai.errors import (
    LMSError,
    LMSMisunderstood,
    LMSNotFound,
    LMSRefused,
    LMSThrottled,
    LMSUnavailable,
    NotFound,
)
from tutorai.lmsdm.models import CourseGroup, Enrolment, Identity, User
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


def pages(place: Place, *answers: Answer) -> None:
    """Order the pages of a roster, each leading to the next."""
    on = [f'<{place.url}{MEMBERS}?p={n}>; rel="next"' for n in range(2, len(answers) + 1)]
    led = [
        Answer(body=one.body, headers={"Link": link})
        for one, link in zip(answers[:-1], on, strict=True)
    ]
    place.says("GET", MEMBERS, *led, answers[-1])


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


def place_of(place: Place, name: str = "Person 1") -> Enrolment:
    """Return somebody's place in the course."""
    return Enrolment.objects.get(course=place.service.course, user__name=name)


def test_who_left_is_marked_with_the_day_and_who_returns_is_active_again(place: Place) -> None:
    one, other, gone = member(1), member(2), member(2, status="INACTIVE")
    place.says("GET", MEMBERS, page(one, other), page(one), page(one, other), page(one, gone))
    told = []
    for _ in range(4):
        roster.read(place.service.course)
        row = place_of(place, "Person 2")
        told.append((row.active, row.left_at is not None))

    assert told == [(True, False), (False, True), (True, False), (False, True)]
    assert row.left_at == CourseService.objects.get(pk=place.service.pk).members_at


def test_where_rosters_understate_roles_a_launch_counts_until_the_roster_changes(
    place_on: Callable[..., Place],
) -> None:
    place = place_on("moodle")
    factories.an_enrolment(place.service.course, place.person(), Role.TEACHER)
    learner, teacher = member(1, "Learner"), member(1, "Instructor")
    away, back = member(2), member(1, "Learner", name="Ada")
    sent = [page(learner), page(away), page(back), page(back), page(teacher), page(learner)]
    place.says("GET", MEMBERS, *sent)
    told = []
    for number in range(6):
        roster.read(place.service.course)
        row = Enrolment.objects.get(course=place.service.course, user__name__in=["Ada", "Person 1"])
        told.append((row.role, row.active))
        if number == 0:  # seen long ago, so that the next roster may take them out
            Enrolment.objects.filter(pk=row.pk).update(seen_at=timezone.now() - timedelta(days=9))

    assert told == [
        ("teacher", True),  # an assistant: a learner in the roster, an instructor in launches
        ("teacher", False),
        ("teacher", True),  # returned, and still
        ("teacher", True),
        ("teacher", True),
        ("student", True),  # and this is a demotion
    ]


def test_whoever_is_told_twice_is_there_if_once(place: Place) -> None:
    gone = member(1, INSTRUCTOR, status="Inactive")
    place.says("GET", MEMBERS, page(gone, member(1), gone))

    roster.read(place.service.course)

    assert enrolled(place) == {"Person 1": ("student", True)}


def test_a_name_that_no_database_holds_costs_nobody_the_roster(place: Place) -> None:
    cut = page(member(1), member(2, name="Zo\ud83d"), member(3, name="N\0ul", email="\0"))
    place.says("GET", MEMBERS, cut)

    roster.read(place.service.course)

    assert set(enrolled(place)) == {"Person 1", "Zo\ufffd", "Nul"}


def test_a_course_of_a_thousand_takes_as_few_statements_as_one_of_three(place: Place) -> None:
    def statements(count: int, **fields: Any) -> int:
        people = [member(number, **fields) for number in range(count)]
        pages(place, *(page(*people[n : n + 250]) for n in range(0, count, 250)))
        with CaptureQueriesContext(connection) as asked:
            assert roster.read(place.service.course) == count
        return len(asked)

    few = statements(3)
    many = statements(1000)
    same = statements(1000)
    left = statements(3)

    assert many <= few + 4  # people who are known already are looked up as well
    assert same < many
    assert left <= few + 4
    assert Enrolment.objects.filter(course=place.service.course, active=True).count() == 3
    assert Enrolment.objects.filter(course=place.service.course).count() == 1000


# --- groups and sections -----------------------------------------------------------------------


def parts(place: Place) -> dict[tuple[str, str], str]:
    """Return the parts of the course's people, and what they are called."""
    rows = CourseGroup.objects.filter(course=place.service.course)
    return {(row.kind, row.external_id): row.name for row in rows}


def groups(*told: dict[str, Any]) -> dict[str, Any]:
    """Return the groups that a member is in."""
    return {"group_enrollments": list(told)}


def test_blackboards_groups_are_kept_with_the_names_that_course_groups_tells(
    place_on: Callable[..., Place],
) -> None:
    place = place_on("blackboard")
    place.service.groups_url = f"{place.url}/groups"
    place.service.save()
    one, two = {"group_id": "_1_1"}, {"group_id": 2, "name": "Blue"}
    place.says(
        "GET",
        MEMBERS,
        page(member(1, **groups(one, two)), member(2, **groups()), member(3)),
        page(member(1, **groups(one)), member(2), member(3)),
    )
    red = {"groups": [{"id": "_1_1", "name": "Red"}, {"id": "9", "name": "Empty"}]}
    place.says("GET", "/groups", Answer(body=json.dumps(red)), Answer(body='{"groups": []}'))

    roster.read(place.service.course)

    assert parts(place) == {("group", "_1_1"): "Red", ("group", "2"): "Blue"}
    assert place_of(place).groups == ["2", "_1_1"]
    assert place_of(place, "Person 2").groups == []
    assert place.asked(MEMBERS)[0].path.endswith("?groups=true")
    assert place.asked("/groups")[0].headers["Accept"] == GROUPS
    assert GROUPS_SCOPE in [one.form["scope"] for one in place.asked("/token")]

    roster.read(place.service.course)

    assert parts(place) == {("group", "_1_1"): "Red", ("group", "2"): "Blue"}
    assert place_of(place).groups == ["_1_1"]


def test_a_group_that_is_called_something_else_now_is_renamed(place: Place) -> None:
    for name in ("Red", "Green", ""):
        place.says("GET", MEMBERS, page(member(1, **groups({"group_id": "1", "name": name}))))
        roster.read(place.service.course)

    assert parts(place) == {("group", "1"): "Green"}


@pytest.mark.parametrize(
    "answer", [Answer(403), Answer(body="[]"), Answer(503)], ids=["refused", "list", "ill"]
)
def test_a_roster_counts_without_the_names_of_groups(place: Place, answer: Answer) -> None:
    place.service.groups_url = f"{place.url}/groups"
    place.service.save()
    place.says("GET", MEMBERS, page(member(1, **groups({"group_id": "1"}))))
    place.says("GET", "/groups", answer)

    roster.read(place.service.course)

    assert parts(place) == {("group", "1"): ""}


@pytest.mark.parametrize(
    "told",
    ["many", [7], [{"group_id": ""}], [{"group_id": "x" * 256}], [{}]],
    ids=["words", "numbers", "empty", "long", "nameless"],
)
def test_groups_that_are_none_are_not_told(place: Place, told: Any) -> None:
    place.says("GET", MEMBERS, page(member(1, group_enrollments=told)))

    roster.read(place.service.course)

    assert (parts(place), place_of(place).groups) == ({}, [])


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
    assert parts(canvas) == {("section", "8"): "", ("section", "9"): ""}


def test_a_roster_is_asked_by_one_link_alone(canvas: Place) -> None:
    canvas.service.members_url += "?rlid=another&x=1"
    canvas.service.save()
    canvas.says("GET", MEMBERS, page(member(1)))

    roster.read(canvas.service.course)

    assert canvas.asked(MEMBERS)[0].path.endswith("?x=1&limit=50&rlid=context-1")


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
    [
        "[]",
        '{"members": 7}',
        '{"members": [{"roles": []}]}',
        '{"members": [{"roles": [], "user_id": ""}]}',
        '{"members": []}',
    ],
    ids=["list", "number", "no id", "empty id", "nobody"],
)
def test_a_roster_that_is_none_changes_nothing(place: Place, body: str) -> None:
    place.says("GET", MEMBERS, page(member(1)), Answer(body=body))
    roster.read(place.service.course)

    with pytest.raises(LMSMisunderstood):
        roster.read(place.service.course)

    assert enrolled(place) == {"Person 1": ("student", True)}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(0), LMSMisunderstood),
        (Answer(503), LMSUnavailable),
        (Answer(429), LMSThrottled),
        (Answer(403), LMSRefused),
        (Answer(404), LMSNotFound),
        (Answer(302, headers={"Location": "/login"}), LMSMisunderstood),
        (Answer(body="<!DOCTYPE html><title>Sign in</title>"), LMSMisunderstood),
        (Answer(body='{"members": [{"user_id": "person-7", "ro'), LMSMisunderstood),
    ],
    ids=["cut", "ill", "throttled", "refused", "gone", "redirect", "html", "truncated"],
)
def test_a_platform_that_fails_on_page_7_of_10_removes_nobody_and_writes_nothing(
    place: Place, answer: Answer, kind: type[LMSError]
) -> None:
    pages(place, *(page(member(number)) for number in range(10)))
    roster.read(place.service.course)
    before, asked = written(place), len(place.asked(MEMBERS))
    began = CourseService.objects.get(pk=place.service.pk).members_at
    renamed = [page(member(number, name="Other")) for number in range(6)]
    pages(place, *renamed, answer)

    with pytest.raises(kind):
        roster.read(place.service.course)

    assert len(place.asked(MEMBERS)) - asked >= 7
    assert written(place) == before
    assert len(enrolled(place)) == 10
    assert CourseService.objects.get(pk=place.service.pk).members_at == began


def test_a_roster_that_is_refused_changes_nothing(place: Place) -> None:
    place.says("GET", MEMBERS, Answer(403))

    with pytest.raises(LMSRefused):
        roster.read(place.service.course)


def test_a_course_without_a_roster_has_none(place_on: Callable[..., Place]) -> None:
    place = place_on("other", members_url="")

    with pytest.raises(NotFound):
        roster.read(place.service.course)
