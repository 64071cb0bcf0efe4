"""Blackboard's payloads → LMS-DM, without a server."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.blackboard import address, mapper, payloads, release, work
from connectors.blackboard.payloads import Content, Criterion, Rule
from connectors.places import Place
from tutorai.errors import LMSMisunderstood
from tutorai.lmsdm.conditions import Facts, holds
from tutorai.lmsdm.schema import Ask, Condition, Handed, Kind, Role, Test, Unreadable, Window

MONDAY, TUESDAY = datetime(2026, 9, 7, tzinfo=UTC), datetime(2026, 9, 8, tzinfo=UTC)
FOLDER, DOCUMENT = "resource/x-bb-folder", "resource/x-bb-document"
UNKNOWN = Condition(test=Test.UNKNOWN, why="rules")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=8,
)
HERE: dict[str, Any] = {"base": "https://lms", "course_id": "_1_1"}


def a_content(name: str, parent: str = "", kind: str = DOCUMENT, **fields: Any) -> Content:
    handler = {"id": kind, **fields.pop("handler", {})}
    told = {"id": name, "parentId": parent, "title": name, "contentHandler": handler}
    return payloads.read(Content, {**told, **fields})


def a_rule(*criteria: dict[str, Any]) -> Rule:
    return Rule(criteria=[payloads.read(Criterion, one) for one in criteria])


def condition(*rules: Rule) -> Condition | None:
    return release.window(a_content("_1_1"), rules).condition


def met(*rules: Rule, **known: Any) -> bool | None:
    asked = condition(*rules)
    return True if asked is None else holds(asked, Facts(now=MONDAY, **known))


@given(JSON)
@settings(max_examples=100, deadline=None)
def test_no_payload_breaks_the_mapper_otherwise_than_by_saying_so(payload: Any) -> None:
    for kind in (Content, payloads.Course, payloads.Column, payloads.Membership, payloads.Attempt):
        try:
            payloads.read(kind, payload)
        except LMSMisunderstood:
            continue


# --- lines ----------------------------------------------------------------------------------


def test_a_page_of_ultra_is_one_line_with_the_document_in_it() -> None:
    told = [
        a_content("ultraDocumentBody", "_2_1", body="<p>Text</p>", modified=TUESDAY.isoformat()),
        a_content("_2_1", "_1_1", FOLDER, handler={"isBbPage": True}, modified=MONDAY.isoformat()),
        a_content("_1_1", "_0_1", FOLDER),
    ]

    folder, page = mapper.lines(told, {})

    assert (folder.kind, folder.item_id) == (Kind.HEADING, None)
    assert (page.kind, page.item_id, page.body) == (Kind.PAGE, "page:_2_1", "<p>Text</p>")
    assert page.version == TUESDAY.isoformat()  # the document changes, its folder does not


def test_a_page_whose_list_forgot_to_say_so_is_known_by_its_document() -> None:
    told = [a_content("_2_1", kind=FOLDER), a_content("_3_1", "_2_1", title="ultraDocumentBody")]

    [page] = mapper.lines(told, {})

    assert page.item_id == "page:_2_1"


def test_a_folder_of_original_with_documents_is_no_page() -> None:
    told = [a_content("_2_1", kind=FOLDER), a_content("_3_1", "_2_1")]

    assert [line.item_id for line in mapper.lines(told, {})] == [None, "page:_3_1"]


def test_lines_come_in_order_and_what_has_lost_its_parent_stands_at_the_top() -> None:
    told = [
        a_content("_4_1", "_9_1", position=2),
        a_content("_2_1", kind=FOLDER, position=1),
        a_content("_3_1", "_2_1"),
        a_content("_5_1", "_2_1", position=1),
    ]

    assert [line.told.id for line in mapper.lines(told, {})] == ["_2_1", "_3_1", "_5_1", "_4_1"]


@pytest.mark.parametrize(
    ("kind", "handler", "expected"),
    [
        ("resource/x-bb-assignment", {"gradeColumnId": "_7_1"}, "assignment:_7_1"),
        ("resource/x-bb-asmt-test-link", {"assessmentId": "_8_1"}, "quiz:_8_1"),
        ("resource/x-bb-externallink", {"url": "https://a"}, "link:_1_1"),
        ("resource/x-bb-blti-link", {}, "tool:_1_1"),
        ("resource/x-bb-forumlink", {}, "discussion:_1_1"),
        ("resource/x-bb-file", {}, "file:_1_1"),
        ("resource/x-unheard-of", {}, None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_handler_opens_its_own_kind_of_item(
    kind: str, handler: dict[str, str], expected: str | None
) -> None:
    [line] = mapper.lines([a_content("_1_1", kind=kind, handler=handler)], {})

    assert line.item_id == expected


def test_a_test_of_ultra_that_only_asks_to_hand_in_is_an_assignment() -> None:
    handler = {"assessmentId": "_8_1", "gradeColumnId": "_7_1"}
    told = a_content("_1_1", kind="resource/x-bb-asmt-test-link", handler=handler)

    [line] = mapper.lines([told], {}, written=["_8_1"])

    assert line.item_id == "assignment:_7_1"


def test_a_file_is_named_and_typed_by_its_handler() -> None:
    file = {"file": {"fileName": "a.pdf", "mimeType": "application/pdf"}}
    told = a_content("_1_1", kind="resource/x-bb-file", handler=file)

    [line] = mapper.lines([told], {})
    item = mapper.item(line, Window(), **HERE)

    assert (item.title, item.mime, item.unreadable) == ("a.pdf", "application/pdf", None)


def test_what_stands_elsewhere_is_an_item_that_cannot_be_read() -> None:
    told = a_content("_1_1", kind="resource/x-bb-externallink", handler={"url": "https://a"})
    [line] = mapper.lines([told], {})

    item = mapper.item(line, Window(), **HERE)

    assert (item.url, item.unreadable) == ("https://a", Unreadable.EXTERNAL)


def test_a_body_loses_its_editors_version_and_leads_to_the_site() -> None:
    body = (
        '<!-- {"bbMLEditorVersion":1} --><img src="@X@EmbeddedFile.requestUrlStub@X@bbcswebdav/a">'
    )

    assert mapper.html(body, "https://lms") == '<img src="https://lms/bbcswebdav/a">'


# --- the course and its people ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"availability": {"available": "Yes"}}, "available"),
        ({"availability": {"available": "Term"}}, "available"),
        ({"availability": {"available": "No"}}, "unpublished"),
        ({"availability": {"available": "Disabled"}}, "unpublished"),
        ({"availability": {"available": "Yes"}, "closedComplete": True}, "completed"),
    ],
    ids=["open", "by its term", "shut", "disabled", "over"],
)
def test_a_course_that_is_closed_is_over(fields: dict[str, Any], state: str) -> None:
    assert mapper.course({"id": "_1_1", **fields}).state == state


def a_member(**fields: Any) -> Any:
    user = {"id": "_5_1", "uuid": "abc", "userName": "ada", "name": {"given": "Ada"}}
    told = {"userId": "_5_1", "courseRoleId": "Student", "user": user}
    return mapper.member({**told, **fields}, course_id="_1_1", groups={"_5_1": ["_7_1"]})


def test_a_member_carries_the_id_of_rest_and_that_of_lti() -> None:
    told = a_member(childCourseId="_3_1")

    assert (told.user.user_id, told.uuid, told.user.name) == ("_5_1", "abc", "Ada")
    assert (told.enrolment.sections, told.enrolment.groups) == (("_3_1",), ("_7_1",))


@pytest.mark.parametrize(
    ("role", "expected"),
    [("Instructor", Role.TEACHER), ("Grader", Role.TA), ("Custom_12", Role.GUEST)],
    ids=["teacher", "grader", "of the school's own"],
)
def test_a_role_that_is_not_blackboards_own_gives_no_power(role: str, expected: Role) -> None:
    assert a_member(courseRoleId=role).enrolment.role is expected


def test_whose_place_is_not_available_is_nobody() -> None:
    assert a_member(availability={"available": "Disabled"}) is None


# --- restrictions ----------------------------------------------------------------------------


def test_dates_and_availability_are_the_window() -> None:
    dates = {"start": MONDAY.isoformat(), "end": TUESDAY.isoformat()}
    told = a_content("_1_1", availability={"available": "No", "adaptiveRelease": dates})

    seen = release.window(told, ())

    assert seen == Window(published=False, available_from=MONDAY, available_until=TUESDAY)


def test_what_has_no_rules_is_for_everyone_and_unread_rules_are_for_nobody() -> None:
    assert condition() is None
    assert condition(a_rule()) is None  # a rule that asks nothing: all members
    assert release.window(a_content("_1_1"), None).condition == UNKNOWN


def test_whoever_a_membership_names_sees_it_and_nobody_else() -> None:
    named = a_rule({"type": "Memberships", "users": ["_5_1"], "groups": ["_7_1"]})

    assert met(named, people=frozenset({"_5_1"}), groups=frozenset()) is True
    assert met(named, people=frozenset({"_6_1"}), groups=frozenset({"_7_1"})) is True
    assert met(named, people=frozenset({"_6_1"}), groups=frozenset()) is False
    assert met(named) is None
    assert met(a_rule({"type": "Memberships"}), people=frozenset({"_5_1"})) is False


def test_all_criteria_of_one_rule_hold_or_those_of_another() -> None:
    later = {"type": "DateRange", "startDate": TUESDAY.isoformat()}
    mine = {"type": "Memberships", "users": ["_5_1"]}
    me = frozenset({"_5_1"})

    assert met(a_rule(later, mine), people=me, groups=frozenset()) is False
    assert met(a_rule(later), a_rule(mine), people=me, groups=frozenset()) is True


@pytest.mark.parametrize("kind", ["GradeRange", "GradeCompleted", "Whatever", "DateRange"])
def test_what_nobody_can_tell_stays_shut(kind: str) -> None:
    assert met(a_rule({"type": kind})) is None


def test_partly_visible_without_any_condition_is_not_open() -> None:
    told = a_content("_1_1", availability={"available": "PartiallyVisible"})

    assert release.window(told, ()) == Window(condition=UNKNOWN)


def test_what_was_given_to_groups_is_theirs() -> None:
    told = a_content("_1_1", hasAssociatedGroups=True)

    assert release.window(told, (), ["_7_1"]).condition == Condition(test=Test.GROUP, ids=("_7_1",))
    assert release.window(told, (), None).condition == Condition(test=Test.UNKNOWN, why="groups")


# --- work ------------------------------------------------------------------------------------


def a_column(**fields: Any) -> payloads.Column:
    grading = {"type": "Attempts", "due": MONDAY.isoformat(), "attemptsAllowed": 0}
    told = {"id": "_7_1", "name": "Report", "score": {"possible": 20}, "grading": grading}
    return payloads.read(payloads.Column, {**told, **fields})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"externalGrade": True}, False),
        ({"grading": {"type": "Calculated"}}, False),
        ({"scoreProviderHandle": "resource/x-bb-blti-link"}, False),
    ],
    ids=["work", "the total", "calculated", "a tool's own"],
)
def test_what_is_counted_or_a_tools_own_is_no_work(fields: dict[str, Any], expected: bool) -> None:
    assert work.is_work(a_column(**fields)) is expected


def test_points_of_a_rubric_in_percent_are_parts_of_what_the_work_is_worth() -> None:
    told = payloads.read(
        payloads.Rubric,
        {
            "id": "_1_1",
            "columns": [{"id": "_2_1", "header": "Good"}, {"id": "_3_1", "header": "Poor"}],
            "rows": [{"id": "_4_1", "header": "Style", "percentage": 50}],
            "cells": [
                {"id": "a", "rowId": "_4_1", "columnId": "_3_1", "percentage": {"value": 0}},
                {"id": "b", "rowId": "_4_1", "columnId": "_2_1", "percentage": {"value": 100}},
            ],
        },
    )

    [criterion] = work.rubric(told, Decimal(20)).criteria

    assert (criterion.title, criterion.points) == ("Style", Decimal(10))
    assert [(one.title, one.points) for one in criterion.levels] == [
        ("Good", Decimal(10)),
        ("Poor", Decimal(0)),
    ]


@pytest.mark.parametrize(
    ("status", "state", "score"),
    [
        ("Completed", Handed.GRADED, Decimal(15)),
        ("NeedsGrading", Handed.SUBMITTED, None),
        ("NeedsGradingAgain", Handed.SUBMITTED, None),
        ("InProgress", Handed.DRAFT, None),
    ],
)
def test_a_score_counts_once_the_attempt_is_completed(
    status: str, state: Handed, score: Decimal | None
) -> None:
    told = {"id": "_9_1", "userId": "_5_1", "status": status, "score": 15}
    attempt = payloads.read(payloads.Attempt, {**told, "attemptDate": TUESDAY.isoformat()})

    found = work.submission(attempt, 2, a_column(), (), base="https://lms")

    assert (found.state, found.score, found.attempt, found.late) == (state, score, 2, True)


def test_questions_of_ultra_come_with_what_is_right() -> None:
    asked = [
        {"id": "a", "text": "Read", "questionHandler": {"type": "Presentation"}},
        {
            "id": "b",
            "points": 2,
            "questionHandler": {
                "type": "MultipleAnswer",
                "answers": [{"text": "x", "correct": True}, {"text": "y", "correct": True}],
            },
        },
        {"id": "c", "questionHandler": {"type": "EitherOr", "answer": False}},
        {"id": "d", "questionHandler": {"type": "Hotspot"}},
    ]
    told = [payloads.read(payloads.Question, one) for one in asked]

    quiz = work.quiz(
        "Test", told, Window(), quiz_id="quiz:1", course_id="1", attempts=0, base="https://lms"
    )

    assert (quiz.description, quiz.attempts) == ("Read", None)
    assert [one.ask for one in quiz.questions] == [Ask.MULTIPLE, Ask.TRUE_FALSE, Ask.OTHER]
    assert [(one.text, one.share) for one in quiz.questions[1].choices] == [
        ("true", Decimal(0)),
        ("false", Decimal(1)),
    ]


@pytest.mark.parametrize(
    ("url", "course"),
    [
        ("https://learn.school.edu/ultra/courses/_12_1/outline", "_12_1"),
        ("https://learn.school.edu/webapps/blackboard/execute/a?course_id=_12_1&x=1", "_12_1"),
        ("https://learn.school.edu/ultra/stream", ""),
    ],
    ids=["ultra", "original", "elsewhere"],
)
def test_an_address_names_a_course(url: str, course: str) -> None:
    place = Place("https://learn.school.edu", course, "blackboard")

    assert address.read(url) == place
    assert address.url(place).startswith("https://learn.school.edu")
