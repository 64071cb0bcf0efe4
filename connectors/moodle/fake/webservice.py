"""Moodle's web services, REST protocol: one address, a function's name, errors with HTTP 200.

Sources: Moodle's webservice/rest/locallib.php; Moodle 4.5 recordings, ws_*
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from connectors.moodle.fake import assigning, contents, enrolling, forums, reading
from connectors.moodle.fake.caller import Caller, Wrong, caller, invalid, missing
from connectors.moodle.fake.forms import (
    Invalid,
    Parameter,
    anything,
    each,
    nested,
    number,
    options,
    real,
    switch,
    taken,
    text,
)

# Moodle 4.5 recordings, ws_site_info
HEADERS = {
    "Cache-Control": "private, must-revalidate, pre-check=0, post-check=0, max-age=0",
    "Expires": "Thu, 01 Jan 1970 00:00:00 GMT",
    "Pragma": "no-cache",
    "Accept-Ranges": "none",
    "Access-Control-Allow-Origin": "*",
}
SETTINGS = ("raw", "filter", "fileurl", "lang")


@dataclass(frozen=True)
class Function:
    """One function: what answers, and what it wants to be told."""

    answer: Callable[..., Any]
    wants: Mapping[str, Parameter]


def wanting(answer: Callable[..., Any], **wants: Any) -> Function:
    """Return a function; what may be left out is given with what then counts."""
    made = {
        name: Parameter(*one) if isinstance(one, tuple) else Parameter(one)
        for name, one in wants.items()
    }
    return Function(answer, made)


IDS = each(number)
GRADING: Mapping[str, Any] = {
    "userid": number,
    "grade": real,
    "attemptnumber": number,
    "addattempt": switch,
    "workflowstate": text,
    "applytoall": switch,
    "plugindata": (anything, {}),
    "advancedgradingdata": (anything, {}),
}
OPTIONAL: Any = (options, {})


def _by_courses(kind: str, name: str, describe: reading.One) -> Function:
    return wanting(reading.by_courses(kind, name, describe), courseids=(IDS, []))


def _site_info(asking: Caller, serviceshortnames: list[str]) -> Any:
    return reading.site_info(asking, list(FUNCTIONS))


FUNCTIONS: dict[str, Function] = {
    "core_webservice_get_site_info": wanting(_site_info, serviceshortnames=(anything, [])),
    "core_course_get_courses": wanting(reading.courses, options=(anything, {})),
    "core_course_get_courses_by_field": wanting(
        reading.courses_by_field, field=(text, ""), value=(text, "")
    ),
    "core_enrol_get_users_courses": wanting(
        reading.users_courses, userid=number, returnusercount=(switch, True)
    ),
    "core_course_get_contents": wanting(contents.contents, courseid=number, options=OPTIONAL),
    "core_courseformat_get_state": wanting(contents.state, courseid=number),
    "core_enrol_get_enrolled_users": wanting(enrolling.enrolled, courseid=number, options=OPTIONAL),
    "core_user_get_users_by_field": wanting(enrolling.by_field, field=text, values=each(text)),
    "core_group_get_course_groups": wanting(enrolling.groups, courseid=number),
    "core_group_get_group_members": wanting(enrolling.group_members, groupids=IDS),
    "core_group_get_course_groupings": wanting(enrolling.groupings, courseid=number),
    "core_group_get_groupings": wanting(
        enrolling.groupings_of, groupingids=IDS, returngroups=(switch, False)
    ),
    "core_completion_get_activities_completion_status": wanting(
        reading.nothing, courseid=number, userid=number
    ),
    "core_grading_get_definitions": wanting(
        assigning.definitions, cmids=IDS, areaname=text, activeonly=(switch, False)
    ),
    "mod_assign_get_assignments": wanting(
        assigning.assignments,
        courseids=(IDS, []),
        capabilities=(each(text), []),
        includenotenrolledcourses=(switch, False),
    ),
    "mod_assign_get_submissions": wanting(
        assigning.submissions,
        assignmentids=IDS,
        status=(text, ""),
        since=(number, 0),
        before=(number, 0),
    ),
    "mod_assign_get_grades": wanting(assigning.grades, assignmentids=IDS, since=(number, 0)),
    "mod_assign_save_grade": wanting(assigning.save_grade, assignmentid=number, **GRADING),
    "mod_assign_save_grades": wanting(
        assigning.save_grades, assignmentid=number, applytoall=switch, grades=each(anything)
    ),
    "mod_page_get_pages_by_courses": _by_courses("page", "pages", reading.page),
    "mod_label_get_labels_by_courses": _by_courses("label", "labels", reading.label),
    "mod_url_get_urls_by_courses": _by_courses("url", "urls", reading.link),
    "mod_resource_get_resources_by_courses": _by_courses("resource", "resources", reading.resource),
    "mod_folder_get_folders_by_courses": _by_courses("folder", "folders", reading.folder),
    "mod_book_get_books_by_courses": _by_courses("book", "books", reading.brief),
    "mod_lti_get_ltis_by_courses": _by_courses("lti", "ltis", reading.brief),
    "mod_quiz_get_quizzes_by_courses": _by_courses("quiz", "quizzes", reading.quiz),
    "mod_forum_get_forums_by_courses": wanting(forums.forums, courseids=(IDS, [])),
    "mod_forum_get_forum_discussions": wanting(
        forums.discussions,
        forumid=number,
        sortorder=(number, -1),
        page=(number, -1),
        perpage=(number, 0),
        groupid=(number, 0),
    ),
    "mod_forum_add_discussion": wanting(
        forums.add_discussion,
        forumid=number,
        subject=text,
        message=text,
        groupid=(number, 0),
        options=(anything, {}),
    ),
}


@csrf_exempt
def server(request: HttpRequest) -> HttpResponse:
    """Answer a call. A body that is no form says nothing (recording ws_err_json_body)."""
    given = nested({**request.GET.dict(), **request.POST.dict()})
    style = given.pop("moodlewsrestformat", "xml")
    written = _json if style == "json" else _xml
    try:
        return written(_answered(given))
    except Wrong as wrong:
        return written(wrong.told)


def _answered(given: dict[str, Any]) -> Any:
    asking = caller(str(given.pop("wstoken", "")))
    if asking is None:
        raise Wrong("invalidtoken", "Invalid token - token not found")
    name = str(given.pop("wsfunction", ""))
    # An unknown function is a missing row; one outside the service, a matter of access.
    if name not in FUNCTIONS and not name.startswith("core_user_create"):
        raise missing("external_functions")
    if name not in FUNCTIONS or (asking.functions and name not in asking.functions):
        raise Wrong("accessexception", "Access control exception")
    told = {one: str(given.pop(f"moodlewssetting{one}", "")) for one in SETTINGS}
    asking.raw = told["raw"] == "1"
    asking.rewritten = told["fileurl"] != "0"
    function = FUNCTIONS[name]
    try:
        return function.answer(asking, **taken(given, function.wants))
    except Invalid as wrong:
        raise invalid() from wrong


def _json(told: Any) -> HttpResponse:
    body = json.dumps(told, ensure_ascii=False).replace("/", "\\/")
    return HttpResponse(body, "application/json", headers=HEADERS)


def _xml(told: Any) -> HttpResponse:
    """Write what Moodle writes where nobody asked for JSON; errors too."""
    head = '<?xml version="1.0" encoding="UTF-8" ?>\n'
    if isinstance(told, dict) and "exception" in told:
        body = (
            f'<EXCEPTION class="{told["exception"]}">\n'
            f"<ERRORCODE>{told['errorcode']}</ERRORCODE>\n"
            f"<MESSAGE>{escape(told['message'])}</MESSAGE>\n</EXCEPTION>\n"
        )
    else:
        body = f"<RESPONSE>\n{_element(told)}</RESPONSE>\n"
    named = {"Content-Disposition": 'inline; filename="response.xml"'}
    return HttpResponse(head + body, "application/xml; charset=utf-8", headers={**HEADERS, **named})


def _element(told: Any) -> str:
    if isinstance(told, dict):
        keys = [f'<KEY name="{name}">{_element(part)}</KEY>\n' for name, part in told.items()]
        return f"<SINGLE>\n{''.join(keys)}</SINGLE>\n"
    if isinstance(told, list):
        return f"<MULTIPLE>\n{''.join(map(_element, told))}</MULTIPLE>\n"
    if told is None:
        return '<VALUE null="null"/>\n'
    return f"<VALUE>{escape(str(told))}</VALUE>\n"
