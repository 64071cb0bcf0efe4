"""core_course_get_contents and core_courseformat_get_state: what a course is made of.

Moodle 4.5 recordings, ws_course_contents*, ws_setting_fileurl; of state, Moodle's
course/format/classes/output/local/state/section.php
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from connectors.moodle.fake import handed, layout, restricting
from connectors.moodle.fake.caller import Caller, Told, Wrong
from connectors.moodle.fake.layout import Activity, Section
from connectors.sandbox import settings
from connectors.sandbox.models import Assignment, Course, File, Page, Visible

SINCE = 1795344466  # what a theme's pictures are known by
PURPOSES = {"forum": "collaboration", "assign": "assessment", "quiz": "assessment", "lti": "other"}
PLURALS = {
    "label": "Text and media areas",
    "forum": "Forums",
    "page": "Pages",
    "url": "URLs",
    "assign": "Assignments",
    "quiz": "Quizzes",
    "lti": "External tools",
    "resource": "Files",
    "folder": "Folders",
    "book": "Books",
    "subsection": "Subsections",
}
FLAGS = ("excludemodules", "excludecontents", "includestealthmodules")
NUMBERS = ("sectionid", "sectionnumber", "cmid", "modid")


def contents(caller: Caller, courseid: int, options: dict[str, str]) -> Any:
    """Tell a course's sections with their activities, as far as the caller sees them."""
    if unknown := set(options) - {*FLAGS, *NUMBERS, "modname"}:
        raise Wrong("errorinvalidparam", f"Invalid parameter: {min(unknown)}")
    course = caller.course(courseid)
    found = []
    for section in layout.laid_out(course):
        if not (section.visible or caller.staff(course)):
            continue
        if options.get("sectionid", str(section.id)) != str(section.id):
            continue
        if options.get("sectionnumber", str(section.number)) != str(section.number):
            continue
        found.append(_section(caller, course, section, options))
    return found


def _section(caller: Caller, course: Course, section: Section, options: dict[str, str]) -> Told:
    inner = (section.row.restriction if section.row else None) or {}
    return {
        "id": section.id,
        "name": caller.name(section.name),
        "visible": int(section.visible),
        "summary": inner.get("summary", ""),
        "summaryformat": 1,
        "section": section.number,
        "hiddenbynumsections": 0,
        "uservisible": True,
        "component": inner.get("component"),
        "itemid": inner.get("itemid"),
        "modules": [
            _module(caller, course, one, options)
            for one in section.activities
            if options.get("excludemodules") != "1" and _wanted(caller, course, one, options)
        ],
    }


def _wanted(caller: Caller, course: Course, one: Activity, options: dict[str, str]) -> bool:
    asked = {"cmid": str(one.cmid), "modname": one.kind, "modid": str(one.instance)}
    return _seen(caller, course, one) and all(
        options.get(name, own) == own for name, own in asked.items()
    )


def _seen(caller: Caller, course: Course, one: Activity) -> bool:
    """Whether the caller is told of it; who may see hidden things is told of all."""
    if caller.staff(course):
        return True
    return one.visible and (one.thing is None or caller.sight(course).sees(one.thing))


def _module(caller: Caller, course: Course, one: Activity, options: dict[str, str]) -> Told:
    bare = one.kind in ("label", "subsection")
    told: Told = {"id": one.cmid}
    if not bare:
        told["url"] = f"{settings.SANDBOX_URL}/mod/{one.kind}/view.php?id={one.cmid}"
    told |= {"name": caller.name(_named(one)), "instance": one.instance, "contextid": one.context}
    if one.kind == "label":
        text = one.told.get("html", one.name)
        told["description"] = text if caller.raw else f'<div class="no-overflow">{text}</div>'
    told |= {
        "visible": int(one.visible),
        "uservisible": True,
        "visibleoncoursepage": int(one.told.get("visibleoncoursepage", 1)),
        "modicon": _icon(one),
        "modname": one.kind,
        "purpose": PURPOSES.get(one.kind, "content"),
        "branded": False,
        "modplural": PLURALS.get(one.kind, one.kind),
    }
    if caller.staff(course):
        told["availability"] = restricting.availability(one.thing) if one.thing else None
    told |= {"indent": 0, "onclick": "", "afterlink": None}
    if one.kind in ("forum", "resource"):
        told["activitybadge"] = []
    told |= {
        "customdata": json.dumps(_custom(one), separators=(",", ":")),
        "noviewlink": bare,
        "completion": 0,
        "downloadcontent": 1,
        "dates": _dates(one),
        "groupmode": 0,
    }
    files = list(_contents(caller, one))
    if files:
        told["contents"] = [] if options.get("excludecontents") == "1" else files
        told["contentsinfo"] = _info(files)
    return told


def _named(one: Activity) -> str:
    """A label goes by the beginning of its text."""
    return one.name[:50] if one.kind == "label" else one.name


def _icon(one: Activity) -> str:
    theme = f"{settings.SANDBOX_URL}/theme/image.php/boost"
    if isinstance(one.thing, File) and one.thing.content_type == "application/pdf":
        return f"{theme}/core/{SINCE}/f/pdf?filtericon=1"
    return f"{theme}/{one.kind}/{SINCE}/monologo?filtericon=1"


def _custom(one: Activity) -> Any:
    """Return what an activity's kind keeps for itself: JSON in a string."""
    if one.kind == "forum":
        return {"trackingtype": "1"}
    if one.kind == "url":
        return {"display": 4, "filtericon": True}
    if one.kind == "resource":
        shown = 'a:1:{s:10:"printintro";i:0;}'
        return {"filtericon": True, "displayoptions": f"{shown}", "display": 5}
    if isinstance(one.thing, Assignment) and one.thing.due_at:
        work = one.thing
        told = {"duedate": handed.seconds(work.due_at)}
        later = {"cutoffdate": work.lock_at, "allowsubmissionsfromdate": work.unlock_at}
        return told | {name: str(handed.seconds(at)) for name, at in later.items() if at}
    return ""


def _dates(one: Activity) -> list[Told]:
    work = one.thing
    if not isinstance(work, Assignment):
        return []
    named = [
        ("Opened:", work.unlock_at, "allowsubmissionsfromdate"),
        ("Due:", work.due_at, "duedate"),
    ]
    return [
        {"label": label, "timestamp": handed.seconds(at), "dataid": name}
        for label, at, name in named
        if at
    ]


def address(path: str) -> str:
    """Return where a file is to be had with a token, also where texts keep theirs as stored.

    Moodle 4.5 recordings, ws_setting_fileurl.
    """
    return f"{settings.SANDBOX_URL}/webservice/pluginfile.php/{quote(path, safe='/')}"


def _contents(caller: Caller, one: Activity) -> Iterator[Told]:
    base = f"{one.context}/mod_{one.kind}/content"
    if isinstance(one.thing, Page):
        at = handed.seconds(one.thing.updated_at)
        yield from (_file(f"{base}/0", given, at) for given in one.told.get("files", []))
        yield _text(f"{address(f'{base}/index.html')}?forcedownload=1", "/", at, 1)
    elif isinstance(one.thing, File):
        row, at = one.thing, handed.seconds(one.thing.updated_at)
        given = {
            "name": row.display_name,
            "size": len(bytes(row.content)),
            "type": row.content_type,
        }
        yield _file(f"{base}/0", given, at)
    elif one.kind == "url":
        yield _link(one)
    elif one.kind == "folder":
        at = int(one.told.get("at", SINCE))
        yield from (_file(f"{base}/0", given, at) for given in one.told.get("files", []))
    elif one.kind == "book":
        yield from _book(caller, one)


def _file(base: str, given: Told, at: int) -> Told:
    size = given.get("size", len(given.get("text", "").encode()))
    url = address(f"{base}/{given['name']}")
    return {
        "type": "file",
        "filename": given["name"],
        "filepath": "/",
        "filesize": size,
        "fileurl": f"{url}?forcedownload=1",
        "timecreated": at,
        "timemodified": at,
        "sortorder": 0,
        "mimetype": given["type"],
        "isexternalfile": False,
        **NOBODYS,
    }


NOBODYS: Told = {"userid": None, "author": None, "license": None}


def _text(url: str, path: str, at: int, order: int) -> Told:
    """A text is a file of no bytes. Moodle 4.5 recordings, ws_course_contents."""
    told = {"type": "file", "filename": "index.html", "filepath": path, "filesize": 0}
    return {
        **told,
        "fileurl": url,
        "timecreated": None,
        "timemodified": at,
        "sortorder": order,
        **NOBODYS,
    }


def _link(one: Activity) -> Told:
    """A link's address is somebody else's; its name loses what no file may be called."""
    told = {"type": "url", "filename": re.sub(r"[:/\\?*|<>]", "", one.name), "filepath": None}
    at = int(one.told.get("at", SINCE))
    more = {"timecreated": None, "timemodified": at, "sortorder": None}
    return {**told, "filesize": 0, "fileurl": one.url, **more, **NOBODYS}


def _book(caller: Caller, one: Activity) -> Iterator[Told]:
    """A book's table of contents is JSON in a string; its chapters are files of no bytes."""
    at = int(one.told.get("at", SINCE))
    chapters = one.told.get("chapters", [])
    lines: list[Told] = [
        {
            "title": caller.name(chapter["title"]),
            "href": f"{chapter['id']}/index.html",
            "level": 0,
            "hidden": "1" if chapter.get("hidden") else "0",
            "subitems": [],
        }
        for chapter in chapters
    ]
    written = json.dumps(lines, separators=(",", ":")).replace("/", "\\/")
    same = {"filesize": 0, "timecreated": at, "timemodified": at, "sortorder": 0, **NOBODYS}
    told = {"type": "content", "filename": "structure", "filepath": "/", "fileurl": None}
    yield {**told, "content": written, **same}
    for chapter in chapters:
        path = f"{one.context}/mod_book/chapter/{chapter['id']}/index.html"
        told = {"type": "file", "filename": "index.html", "filepath": f"/{chapter['id']}/"}
        named = {"fileurl": address(path), "content": caller.name(chapter["title"])}
        yield {**told, **named, **same, "tags": []}


def _info(files: list[Told]) -> Told:
    kinds = [one["mimetype"] for one in files if "mimetype" in one]
    return {
        "filescount": len(files),
        "filessize": sum(one["filesize"] for one in files),
        "lastmodified": max(one["timemodified"] for one in files),
        "mimetypes": list(dict.fromkeys(kinds)),
        "repositorytype": "",
    }


def state(caller: Caller, courseid: int) -> str:
    """Tell what the course's editor knows, as JSON in a string: also which sections are restricted.

    Hidden sections have no sign of a restriction; who may not see hidden ones sees none at all.
    """
    course = caller.course(courseid)
    told = [
        {
            "id": str(section.id),
            "section": section.number,
            "title": caller.name(section.name),
            "visible": section.visible,
            "hasrestrictions": caller.staff(course) and section.visible and _restricted(section),
            "cmlist": [str(one.cmid) for one in section.activities],
        }
        for section in layout.laid_out(course)
    ]
    return json.dumps({"course": {"id": str(course.pk)}, "section": told, "cm": []})


def _restricted(section: Section) -> bool:
    row: Visible | None = section.row
    return row is not None and restricting.restriction(row) is not None
