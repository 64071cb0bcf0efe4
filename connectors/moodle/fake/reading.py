"""What a Moodle's site has: whose token it is, courses, and activities of one kind.

Moodle 4.5 recordings, ws_site_info*, ws_get_courses*, ws_users_courses_*, ws_pages_by_courses,
ws_quizs_by_courses, ws_labels_by_courses, ws_urls_by_courses, ws_books_by_courses,
ws_folders_by_courses, ws_resources_by_courses, ws_ltis_by_courses
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.moodle.fake import layout
from connectors.moodle.fake.answers import SITE
from connectors.moodle.fake.caller import Caller, Told, Wrong, courses_of, lacking, warning
from connectors.moodle.fake.contents import SINCE, address
from connectors.moodle.fake.handed import seconds
from connectors.moodle.fake.layout import Activity, Section
from connectors.sandbox import settings
from connectors.sandbox.models import Course, File, Page, Quiz
from connectors.sandbox.rows import new_secret

RELEASE = {"release": "4.5.6 (Build: 20250811)", "version": "2024100706"}
FIELDS = {"id": "pk", "shortname": "code", "idnumber": "sis_id"}


def site_info(caller: Caller, names: list[str]) -> Told:
    """Tell whose token it is and what it may call; one member is a secret of the person's."""
    person = caller.person
    offered = [name for name in names if not caller.functions or name in caller.functions]
    return {
        "sitename": SITE,
        "username": person.login_id,
        "firstname": person.given_name,
        "lastname": person.family_name,
        "fullname": person.name,
        "lang": person.locale,
        "userid": person.pk,
        "siteurl": settings.SANDBOX_URL,
        "userpictureurl": f"{settings.SANDBOX_URL}/theme/image.php/boost/core/{SINCE}/u/f1",
        "functions": [{"name": name, "version": RELEASE["version"]} for name in offered],
        "downloadfiles": int(caller.downloads),
        "uploadfiles": 1,
        **RELEASE,
        "mobilecssurl": "",
        "advancedfeatures": [{"name": "enablecompletion", "value": 1}],
        "usercanmanageownfiles": True,
        "userquota": 104857600,
        "usermaxuploadfilesize": 67108864,
        "userhomepage": 1,
        "userprivateaccesskey": new_secret(),
        "siteid": 1,
        "sitecalendartype": "gregorian",
        "usercalendartype": "gregorian",
        "userissiteadmin": person.admin,
        "theme": "boost",
        "limitconcurrentlogins": 0,
        "policyagreed": 0,
    }


def _course(caller: Caller, course: Course) -> Told:
    return {
        "id": course.pk,
        "shortname": caller.name(course.code),
        "categoryid": 1,
        "fullname": caller.name(course.name),
        "displayname": caller.name(course.name),
        "summary": course.description,
        "summaryformat": 0 if caller.raw else 1,
        "format": "topics",
        "startdate": seconds(course.created_at),
        "enddate": 0,
        "showactivitydates": False,
        "showcompletionconditions": True,
    }


def _visible(course: Course) -> Told:
    return {"visible": int(course.state != "unpublished")}


def courses(caller: Caller, options: dict[str, Any]) -> list[Told]:
    """Tell all courses, the site's own first; only who may look into all of them is told.

    Not whether they are hidden: that takes the right to change them (ws_get_courses_all).
    """
    if not caller.everywhere:
        raise lacking("View courses without participation")
    front = {"id": 1, "shortname": "SC", "categoryid": 0, "fullname": SITE, "displayname": SITE}
    rows = Course.objects.filter(world=caller.person.world_id).order_by("id")
    listed = [_course(caller, one) for one in rows]
    if "ids" in options:
        wanted = set(options["ids"].values())
        return [one for one in listed if str(one["id"]) in wanted]
    return [{**front, "summary": "", "format": "site", "startdate": 0, "enddate": 0}, *listed]


def courses_by_field(caller: Caller, field: str, value: str) -> Told:
    """Find courses; there is no error for one that is not there, or not to be seen."""
    rows = Course.objects.filter(world=caller.person.world_id).order_by("id")
    if field and field not in FIELDS:
        raise Wrong("invalidparameter", "Invalid parameter value detected")
    if field:
        known = value.isdecimal() and len(value) < 19 if field == "id" else True
        rows = rows.filter(**{FIELDS[field]: value}) if known else rows.none()
    found = [one for one in rows if caller.everywhere or caller.sight(one).member]
    told = [{**_course(caller, one), **_visible(one), "groupmode": 0} for one in found]
    return {"courses": told, "warnings": []}


def users_courses(caller: Caller, userid: int, returnusercount: bool) -> list[Told]:
    """Tell the courses somebody is enrolled in."""
    people = caller.person.world.person_set.filter(id=userid)
    found = courses_of(people[0]) if people else []
    if userid != caller.person.pk and not caller.everywhere:
        found = [one for one in found if caller.sight(one).member]
    return [
        {
            **_course(caller, one),
            **_visible(one),
            "idnumber": one.sis_id,
            "timemodified": seconds(one.created_at),
        }
        for one in found
    ]


# --- activities of one kind ------------------------------------------------------------------

One = Callable[[Caller, Course, Section, Activity], Told]


def by_courses(kind: str, name: str, describe: One) -> Callable[..., Told]:
    """Return a function that tells the activities of one kind, of several courses.

    A course that may not be entered gets a warning (recording ws_pages_bad_course).
    """

    def told(caller: Caller, courseids: list[int]) -> Told:
        found, warnings = [], []
        for number in courseids:
            try:
                course = caller.course(number)
            except Wrong:
                words = "No access rights in course context"
                warnings.append(warning("course", number, "1", words))
                continue
            found += [describe(caller, course, *at) for at in _seen(caller, course, kind)]
        return {name: found, "warnings": warnings}

    return told


def _seen(caller: Caller, course: Course, kind: str) -> list[tuple[Section, Activity]]:
    placed = [
        (section, one)
        for section in layout.laid_out(course)
        for one in section.activities
        if one.kind == kind
    ]
    if caller.staff(course):
        return placed
    return [
        (section, one)
        for section, one in placed
        if section.visible
        and one.visible
        and (one.thing is None or caller.sight(course).sees(one.thing))
    ]


def _common(caller: Caller, course: Course, section: Section, one: Activity) -> Told:
    return {
        "id": one.instance,
        "coursemodule": one.cmid,
        "course": course.pk,
        "name": caller.name(one.name),
        "intro": str(one.told.get("intro", "")),
        "introformat": 1,
        "introfiles": [],
        "section": section.number,
        "visible": one.visible,
        "groupmode": 0,
        "groupingid": 0,
        "lang": None,
    }


def page(caller: Caller, course: Course, section: Section, one: Activity) -> Told:
    """Tell a page with its whole text, in which addresses of files are this service's."""
    assert isinstance(one.thing, Page)
    base = address(f"{one.context}/mod_page/content") if caller.rewritten else "@@PLUGINFILE@@"
    return {
        **_common(caller, course, section, one),
        "content": one.thing.body.replace("@@PLUGINFILE@@", base),
        "contentformat": 1,
        "contentfiles": [],
        "revision": 0,
        "timemodified": seconds(one.thing.updated_at),
    }


def quiz(caller: Caller, course: Course, section: Section, one: Activity) -> Told:
    """Tell a quiz, without a question of it."""
    assert isinstance(one.thing, Quiz)
    row = one.thing
    more = {"overduehandling": "autosubmit", "preferredbehaviour": "deferredfeedback"}
    return {
        **_common(caller, course, section, one),
        "intro": row.description,
        "timeopen": seconds(row.unlock_at),
        "timeclose": seconds(row.lock_at),
        "timelimit": (row.minutes or 0) * 60,
        **more,
        "attempts": row.attempts or 0,
        "grademethod": 1,
        "grade": float(row.assignment.points_possible) if row.assignment else 10,
        "hasquestions": int(row.questions.exists()),
    }


def label(caller: Caller, course: Course, section: Section, one: Activity) -> Told:
    """Tell a text that stands in the course page."""
    told = _common(caller, course, section, one)
    return {**told, "intro": one.told.get("html", ""), "timemodified": int(one.told.get("at", 0))}


def link(caller: Caller, course: Course, section: Section, one: Activity) -> Told:
    """Tell a link."""
    told = _common(caller, course, section, one)
    return {**told, "externalurl": one.url, "timemodified": int(one.told.get("at", 0))}


def resource(caller: Caller, course: Course, section: Section, one: Activity) -> Told:
    """Tell a file's activity."""
    assert isinstance(one.thing, File)
    row = one.thing
    at = seconds(row.updated_at)
    path = f"{one.context}/mod_resource/content/0/{row.display_name}"
    file = {
        "filename": row.display_name,
        "filepath": "/",
        "filesize": len(bytes(row.content)),
        "fileurl": address(path),
        "timemodified": at,
        "mimetype": row.content_type,
        "isexternalfile": False,
    }
    told = _common(caller, course, section, one)
    return {**told, "contentfiles": [file], "timemodified": at}


def folder(caller: Caller, course: Course, section: Section, one: Activity) -> Told:
    """Tell a folder."""
    told = _common(caller, course, section, one)
    return {**told, "timemodified": int(one.told.get("at", 0))}


def brief(caller: Caller, course: Course, section: Section, one: Activity) -> Told:
    """Tell an activity of a kind that leaves out where it stands: books, tools."""
    away = {"section", "visible", "groupmode", "groupingid"}
    told = _common(caller, course, section, one)
    return {name: value for name, value in told.items() if name not in away}


def nothing(caller: Caller, **given: Any) -> Told:
    """Tell that nobody's progress is tracked. Moodle 4.5 recordings, ws_completion."""
    caller.course(given["courseid"])
    return {"statuses": [], "warnings": []}
