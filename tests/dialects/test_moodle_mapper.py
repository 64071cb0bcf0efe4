"""Moodle's payloads as LMS-DM, where the recorded course has nothing of the kind."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors import outline
from connectors.linking import ADDRESSES
from connectors.moodle import address, functions, mapper, outlining, payloads, wire, working
from connectors.moodle.availability import Groups
from connectors.places import Place
from tutorai.lmsdm.schema import Handed, Kind, Role, Test, Unreadable, Window

WEEK = {"op": "&", "c": [{"type": "group", "id": 3}], "showc": [True]}
FREE = {"1": False, "2": False, "9": False}


def a_module(number: int, kind: str, **more: Any) -> dict[str, Any]:
    given = {"id": number, "name": f"{kind} {number}", "instance": number + 100, "modname": kind}
    return {
        **given,
        "url": f"https://x/mod/{kind}/view.php?id={number}",
        "availability": None,
        **more,
    }


def a_section(number: int, *modules: dict[str, Any], **more: Any) -> payloads.Section:
    told = {"id": number, "name": f"Week {number}", "section": number, "modules": modules, **more}
    return payloads.Section.model_validate(told)


def outlined(*sections: payloads.Section, restricted: Any = FREE) -> outlining.Outline:
    course = outlining.Course("6", "https://x", Groups(("3",)), restricted, 1000)
    return outlining.outlined(sections, course)


def seen(made: outlining.Outline) -> dict[str, Window]:
    """Return through what students see each thing, by title."""
    items = made.items + outline.bare(made.nodes, {item.item_id: item for item in made.items})
    return {item.title: item.window for item in outline.placed(items, made.nodes)}


def a_file(name: str, size: int = 10, **more: Any) -> dict[str, Any]:
    given = {"type": "file", "filename": name, "filepath": "/", "filesize": size}
    return {**given, "fileurl": f"https://x/{name}", "timemodified": 5, **more}


# --- the outline -------------------------------------------------------------------------------


def test_a_subsection_stands_in_its_section_and_is_shut_with_it() -> None:
    inner = a_section(9, a_module(31, "page"), component="mod_subsection", itemid=130)
    outer = a_section(1, a_module(30, "subsection", availability=json.dumps(WEEK)))

    made = outlined(outer, inner)

    lines = {node.node_id: node.parent_id for node in made.nodes}
    assert lines == {"section:1": None, "section:9": "section:1", "cm:31": "section:9"}
    window = seen(made)["page 31"]
    assert window.condition is not None
    assert '"group"' in window.condition.model_dump_json()


def test_a_hidden_section_hides_what_is_in_a_book_and_a_folder() -> None:
    chapters = [{"title": "A &amp; B", "href": "4/index.html", "hidden": "0", "subitems": []}]
    book = a_module(
        31,
        "book",
        contents=[
            {"type": "content", "filename": "structure", "content": json.dumps(chapters)},
            a_file("index.html", 0, filepath="/4/"),
        ],
    )
    folder = a_module(32, "folder", contents=[a_file("a.pdf", mimetype="application/pdf")])

    windows = seen(outlined(a_section(1, book, folder, visible=0)))

    assert not windows["A & B"].published
    assert not windows["a.pdf"].published


def test_a_hidden_chapter_hides_those_below_it() -> None:
    below = {"title": "Below", "href": "5/index.html", "hidden": "0", "subitems": []}
    chapters = [{"title": "Draft", "href": "4/index.html", "hidden": "1", "subitems": [below]}]
    files = [a_file("index.html", 0, filepath=f"/{number}/") for number in (4, 5)]
    told = {"type": "content", "filename": "structure", "content": json.dumps(chapters)}

    windows = seen(outlined(a_section(1, a_module(31, "book", contents=[told, *files]))))

    assert not windows["Draft"].published
    assert not windows["Below"].published


def test_what_is_not_on_the_course_page_is_there_without_a_line() -> None:
    quiet = a_module(31, "page", visibleoncoursepage=0, availability=json.dumps(WEEK))

    made = outlined(a_section(1, quiet))

    assert [node.node_id for node in made.nodes] == ["section:1"]
    assert seen(made)["page 31"].condition is not None


@pytest.mark.parametrize(
    "more",
    [{"availability": "{"}, {"availabilityinfo": "Not before noon", "availability": None}],
    ids=["unreadable", "said in words alone"],
)
def test_a_restriction_we_cannot_read_shuts(more: dict[str, Any]) -> None:
    condition = seen(outlined(a_section(1, a_module(31, "page", **more))))["page 31"].condition

    assert condition is not None
    assert condition.test is Test.UNKNOWN


def test_what_a_token_may_not_know_of_is_shut() -> None:
    module = a_module(31, "page")
    del module["availability"]

    assert seen(outlined(a_section(1, module)))["page 31"].condition is not None
    assert seen(outlined(a_section(1, a_module(31, "page")), restricted=None))["page 31"].condition


def test_kinds_that_are_not_read_are_named() -> None:
    made = outlined(a_section(1, a_module(31, "scorm"), a_module(32, "lti"), a_module(33, "wiki")))

    unread = {item.title: item.unreadable for item in made.items}
    assert unread == {"scorm 31": Unreadable.UNSUPPORTED, "wiki 33": Unreadable.UNSUPPORTED}
    assert set(seen(made)) == {"scorm 31", "lti 32", "wiki 33"}


def test_a_file_s_activity_goes_by_its_main_file_and_its_own_name() -> None:
    files = [
        a_file("part.html", mimetype="text/html"),
        a_file("main.html", sortorder=1, mimetype="text/html"),
        a_file("big.pdf", 2000, mimetype="application/pdf"),
        a_file("elsewhere.pdf", mimetype="application/pdf", isexternalfile=True),
    ]

    made = outlined(a_section(1, a_module(31, "resource", name="Notes", contents=files)))

    told = {item.title: (item.item_id, item.unreadable) for item in made.items}
    assert told["Notes"] == ("file:31", None)
    assert told["part.html"] == ("file:31:/part.html", None)
    assert told["big.pdf"][1] is Unreadable.TOO_BIG
    assert told["elsewhere.pdf"][1] is Unreadable.EXTERNAL
    assert made.urls["file:31"] == "https://x/main.html"


# --- people, announcements, work ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "role"),
    [
        (["student", "editingteacher"], Role.TEACHER),
        (["teacher"], Role.TA),
        (["student"], Role.STUDENT),
        (["manager"], Role.ADMIN),
        (["mentor"], Role.GUEST),
        ([], Role.GUEST),
    ],
)
def test_a_role_is_known_by_its_short_name(names: list[str], role: Role) -> None:
    told = payloads.Person.model_validate({"id": 5, "roles": [{"shortname": n} for n in names]})

    member = mapper.member(told, "6", {"5": ("3",)})

    assert (member.enrolment.role, member.enrolment.groups) == (role, ("3",))
    assert mapper.member(told, "6", None).enrolment.groups is None


def test_an_announcement_for_a_group_or_later_is_seen_by_nobody_else() -> None:
    told = payloads.Discussion(discussion="4", name="Labs &amp; more", groupid=3, timestart=9)

    item = mapper.announcement(
        told, course_id="6", around=Window(published=False), base="https://x"
    )

    assert (item.kind, item.title) == (Kind.ANNOUNCEMENT, "Labs & more")
    assert item.window.condition is not None
    assert item.window.condition.ids == ("3",)
    assert item.window.available_from == datetime.fromtimestamp(9, UTC)
    assert not item.window.published


def a_work(**more: Any) -> payloads.Work:
    return payloads.Work.model_validate({"id": 5, "cmid": 33, "grade": 20, **more})


def handed(work: payloads.Work, *grades: payloads.Grade, **more: Any) -> list[Any]:
    given = {"id": 1, "userid": 7, "attemptnumber": 1, "timemodified": 100, "status": "submitted"}
    attempt = payloads.Attempt.model_validate({**given, **more})
    team = working.Team({"3": ("7", "8"), "0": ("9",)})
    return list(working.submissions(work, [attempt], grades, team))


def a_grade(points: str, **more: Any) -> payloads.Grade:
    given = {"userid": 7, "attemptnumber": 1, "grade": points, "timemodified": 200}
    return payloads.Grade.model_validate({**given, **more})


def test_an_attempt_is_counted_from_one_and_late_after_its_date() -> None:
    [told] = handed(a_work(duedate=99), a_grade("17.50000"))

    assert (told.attempt, told.state, told.score, told.late) == (
        2,
        Handed.GRADED,
        Decimal("17.5"),
        True,
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("new", Handed.MISSING),
        ("draft", Handed.DRAFT),
        ("reopened", Handed.DRAFT),
        ("submitted", Handed.SUBMITTED),
        ("odd", Handed.MISSING),
    ],
)
def test_a_status_says_how_work_stands(status: str, state: Handed) -> None:
    [told] = handed(a_work(), a_grade("-1.00000"), status=status)

    assert (told.state, told.score) == (state, None)
    assert (told.submitted_at is not None) is (state is Handed.SUBMITTED)


def test_a_team_s_work_is_everybody_s_in_it() -> None:
    team = a_work(teamsubmission=1)

    assert [one.user_id for one in handed(team, userid=0, groupid=3)] == ["7", "8"]
    assert [one.user_id for one in handed(team, userid=0, groupid=0)] == ["9"]
    assert handed(team, userid=0, groupid=4) == []


def test_a_grade_that_is_not_released_or_no_points_is_not_told() -> None:
    [marked] = handed(a_work(markingworkflow=1), a_grade("9"), gradingstatus="inmarking")
    [released] = handed(a_work(markingworkflow=1), a_grade("9"), gradingstatus="released")
    [scaled] = handed(a_work(grade=-2), a_grade("3"))

    assert (marked.score, marked.state) == (None, Handed.SUBMITTED)
    assert released.score == Decimal(9)
    assert (scaled.score, scaled.state) == (None, Handed.GRADED)


def test_a_rubric_has_its_levels_best_first() -> None:
    levels = [{"id": 1, "score": 0, "definition": "No"}, {"id": 2, "score": 8, "definition": "Yes"}]
    rubric = {"rubric_criteria": [{"id": 1, "description": "Runs", "levels": levels}]}
    area = {
        "cmid": 33,
        "activemethod": "rubric",
        "definitions": [{"method": "rubric", "rubric": rubric}],
    }

    found = working.rubrics([payloads.Area.model_validate(area)])

    [criterion] = found["33"].criteria
    assert (criterion.title, criterion.points) == ("Runs", Decimal(8))
    assert [level.points for level in criterion.levels] == [8, 0]


# --- the wire and addresses --------------------------------------------------------------------


def test_a_form_says_things_as_php_reads_them() -> None:
    given = {"courseids": [6, 7], "options": [{"name": "a", "value": True}], "since": 0}

    assert wire.flat(given) == [
        ("courseids[0]", "6"),
        ("courseids[1]", "7"),
        ("options[0][name]", "a"),
        ("options[0][value]", "1"),
        ("since", "0"),
    ]


@pytest.mark.parametrize(
    ("text", "base", "course"),
    [
        ("https://x.edu/course/view.php?id=7", "https://x.edu", "7"),
        ("https://x.edu/moodle/course/view.php?id=7&section=2#x", "https://x.edu/moodle", "7"),
        ("https://x.edu/a/b/mod/page/view.php?id=9", "https://x.edu/a/b", ""),
        ("https://X.edu:443/moodle/", "https://x.edu/moodle", ""),
        ("https://x.edu/moodle/index.php", "https://x.edu/moodle", ""),
        ("https://x.edu/course/view.php?id=7x", "https://x.edu", ""),
        ("https://x.edu", "https://x.edu", ""),
    ],
)
def test_an_address_names_site_and_course(text: str, base: str, course: str) -> None:
    assert address.read(text) == Place(base, course, "moodle")


def test_what_is_no_address_is_none() -> None:
    for text in ("moodle", "ftp://x.edu/course/view.php?id=7", "https://["):
        with pytest.raises(ValueError, match=r".*"):
            address.read(text)


def test_an_address_says_where_it_leads() -> None:
    place = Place("https://x.edu/moodle", "7", "moodle")

    assert ADDRESSES["moodle"].read(ADDRESSES["moodle"].url(place)) == place


def test_each_function_that_is_missing_says_what_it_is_for() -> None:
    lacks = functions.lacking(["core_course_get_contents"], downloads=0)

    assert "mod_assign_save_grade" in lacks
    assert "core_course_get_contents" not in lacks
    assert all(functions.why(name) for name in lacks)
    assert functions.lacking(functions.FUNCTIONS, 1) == ()
