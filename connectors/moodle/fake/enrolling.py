"""Who is in a course, and in which groups.

Moodle 4.5 recordings, ws_enrolled_users*, ws_groups, ws_users_by_field_*; of groups' members and
groupings, Moodle's group/externallib.php
"""

from __future__ import annotations

from typing import Any

from connectors.moodle.fake.caller import (
    Caller,
    Told,
    Wrong,
    courses_of,
    lacking,
    missing,
    role,
)
from connectors.moodle.fake.contents import SINCE
from connectors.sandbox import settings
from connectors.sandbox.models import Course, Enrolment, Group, Person

OPTIONS = {
    "withcapability",
    "groupid",
    "onlyactive",
    "onlysuspended",
    "userfields",
    "limitfrom",
    "limitnumber",
    "sortby",
    "sortdirection",
}
ALWAYS = ("id", "fullname")  # whatever was asked for
PRIVATE = ("username", "idnumber", "department")  # only who may see identities is told these
GRADERS = {"mod/assign:grade": {"TeacherEnrollment", "TaEnrollment"}}
FIELDS = {"id": "pk", "username": "login_id", "email": "email", "idnumber": "sis_id"}


def enrolled(caller: Caller, courseid: int, options: dict[str, str]) -> list[Told]:
    """Tell who is in a course, in the order of their ids; a page at a time, if asked so."""
    if set(options) - OPTIONS:
        raise Wrong("invalidparameter", "Invalid parameter value detected")
    course = caller.course(courseid)
    if not caller.staff(course) and options.get("onlyactive") == "1":
        raise lacking("Review course enrolments")
    rows = Enrolment.objects.filter(course=course).select_related("person").order_by("person_id")
    if options.get("onlyactive") == "1":
        rows = rows.filter(state="active")
    if needed := GRADERS.get(options.get("withcapability", "")):
        rows = rows.filter(type__in=needed)
    people: dict[Person, list[str]] = {}
    for row in rows:
        people.setdefault(row.person, []).append(row.type)
    start, count = int(options.get("limitfrom", 0)), int(options.get("limitnumber", 0))
    page = list(people.items())[start:]
    wanted = options.get("userfields", "")
    return [
        _enrolled(caller, course, person, kinds, wanted)
        for person, kinds in (page[:count] if count else page)
    ]


def _enrolled(
    caller: Caller, course: Course, person: Person, kinds: list[str], wanted: str
) -> Told:
    groups = [
        {"id": one.pk, "name": caller.name(one.name), "description": "", "descriptionformat": 0}
        for one in Group.objects.filter(course=course, people=person).order_by("id")
    ]
    told = user(person, caller.staff(course))
    told |= {"groups": groups} if groups else {}
    told["roles"] = list({role(kind)["roleid"]: role(kind) for kind in kinds}.values())
    told["enrolledcourses"] = [
        {"id": one.pk, "fullname": caller.name(one.name), "shortname": caller.name(one.code)}
        for one in courses_of(person)
    ]
    named = set(filter(None, wanted.split(",")))
    return {name: told[name] for name in told if not named or name in {*named, *ALWAYS}}


def user(person: Person, identities: bool) -> Told:
    """Tell somebody; names of people are not escaped."""
    pictures = f"{settings.SANDBOX_URL}/theme/image.php/boost/core/{SINCE}/u"
    told = {
        "id": person.pk,
        "username": person.login_id,
        "firstname": person.given_name,
        "lastname": person.family_name,
        "fullname": person.name,
        "email": person.email,
        "department": "",
        "idnumber": person.sis_id,
        "firstaccess": 0,
        "lastaccess": 0,
        "lastcourseaccess": 0,
        "city": "",
        "country": "",
        "profileimageurlsmall": f"{pictures}/f2",
        "profileimageurl": f"{pictures}/f1",
    }
    empty = {"idnumber"} if not person.sis_id else set()
    hidden = empty if identities else {*empty, *PRIVATE}
    return {name: value for name, value in told.items() if name not in hidden}


def by_field(caller: Caller, field: str, values: list[str]) -> list[Told]:
    """Find people. Moodle 4.5 recordings, ws_users_by_field_bad_field."""
    if field not in FIELDS:
        words = "Coding error detected, it must be fixed by a programmer: invalid field parameter"
        raise Wrong("codingerror", words)
    rows = Person.objects.filter(world=caller.person.world_id).order_by("id")
    found = rows.filter(**{f"{FIELDS[field]}__in": values})
    away = {"lastcourseaccess"}
    return [
        {name: value for name, value in user(one, caller.everywhere).items() if name not in away}
        for one in found
    ]


def _managed(caller: Caller, courseid: int) -> Course:
    course = caller.course(courseid)
    if not caller.staff(course):
        raise lacking("Manage groups")
    return course


def groups(caller: Caller, courseid: int) -> list[Told]:
    """Tell a course's groups."""
    course = _managed(caller, courseid)
    return [
        {
            "id": one.pk,
            "courseid": course.pk,
            "name": caller.name(one.name),
            "description": "",
            "descriptionformat": 1,
            "enrolmentkey": None,
            "idnumber": "",
            "visibility": 0,
            "participation": True,
        }
        for one in Group.objects.filter(course=course).order_by("id")
    ]


def group_members(caller: Caller, groupids: list[int]) -> list[Told]:
    """Tell who is in groups; one that is not there fails the whole call."""
    found = []
    for number in groupids:
        one = Group.objects.filter(course__world=caller.person.world_id, id=number).first()
        if one is None:
            raise missing("groups")
        _managed(caller, one.course_id)
        people = one.people.order_by("id").values_list("id", flat=True)
        found.append({"groupid": one.pk, "userids": list(people)})
    return found


def groupings(caller: Caller, courseid: int) -> list[Told]:
    """Tell a course's groupings: the college has none."""
    _managed(caller, courseid)
    return []


def groupings_of(caller: Caller, groupingids: list[int], returngroups: bool) -> Any:
    """Tell groupings by their ids: there are none."""
    raise missing("groupings")
