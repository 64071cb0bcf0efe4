"""Canvas's payloads → LMS-DM, without a server."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import outline
from connectors.canvas import mapper, payloads
from tutorai.errors import LMSMisunderstood
from tutorai.lmsdm.conditions import Facts, holds
from tutorai.lmsdm.schema import ContentItem, Kind, TocNode, Unreadable, Window

MONDAY, TUESDAY = datetime(2026, 9, 7, tzinfo=UTC), datetime(2026, 9, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOWHERE: dict[str, Any] = {"course_id": "1", "slugs": {}}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=8,
)


def a_file(**fields: Any) -> payloads.File:
    told = {"id": "7", "display_name": "a.pdf", "content-type": "application/pdf", "size": 10}
    return payloads.read(payloads.File, {**told, **fields})


def mapped(
    file: payloads.File, dates: payloads.Dates | None = None, **folders: payloads.Folder
) -> ContentItem:
    known = {folder.id: folder for folder in folders.values()}
    return mapper.file(
        file,
        dates or payloads.Dates(),
        course_id="1",
        folders=known,
        url="https://lms/files/7",
        cap=1000,
    )


def a_module(**fields: Any) -> payloads.Module:
    return payloads.read(payloads.Module, {"id": 7, "name": "Week 1", **fields})


def a_page(**fields: Any) -> ContentItem:
    return ContentItem(item_id="page:1", course_id="1", kind=Kind.PAGE, **fields)


def line(node_id: str, parent: str | None = None, **fields: Any) -> TocNode:
    told: dict[str, Any] = {"kind": Kind.PAGE, "item_id": "page:1", **fields}
    return TocNode(node_id=node_id, course_id="1", parent_id=parent, **told)


def test_a_course_that_is_closed_to_the_token_is_little_more_than_its_id() -> None:
    told = mapper.course({"id": 21070000000000123, "access_restricted_by_date": True})

    assert (told.course_id, told.title) == ("21070000000000123", "")


@given(JSON)
@settings(max_examples=100, deadline=None)
def test_no_payload_breaks_the_mapper_otherwise_than_by_saying_so(payload: Any) -> None:
    for kind in (payloads.Page, payloads.File, payloads.Module, payloads.Work, payloads.Dates):
        try:
            payloads.read(kind, payload)
        except LMSMisunderstood:
            continue


def test_of_several_dates_the_strictest_hold() -> None:
    dates = payloads.read(
        payloads.Dates,
        {
            "unlock_at": MONDAY,
            "only_visible_to_overrides": True,
            "overrides": [
                {"course_section_id": 5, "unlock_at": TUESDAY, "lock_at": None},
                {"student_ids": ["9"], "lock_at": TUESDAY},
            ],
        },
    )

    found = mapper.window(dates, published=True)

    assert (found.available_from, found.available_until) == (TUESDAY, TUESDAY)
    assert found.sections == ("5",)


def test_overrides_for_named_students_alone_open_a_thing_to_nobody() -> None:
    dates = payloads.read(
        payloads.Dates, {"only_visible_to_overrides": True, "overrides": [{"student_ids": ["9"]}]}
    )

    assert mapper.window(dates, published=True).sections == ()


@pytest.mark.parametrize(
    "folder",
    [{"locked": True}, {"hidden": True}],
    ids=str,
)
def test_a_file_in_a_shut_folder_is_shut_however_deep(folder: dict[str, Any]) -> None:
    outer = payloads.Folder(id="1", **folder)
    inner = payloads.Folder(id="2", parent_folder_id="1")

    found = mapped(a_file(folder_id="2"), outer=outer, inner=inner)

    assert not found.window.published
    assert mapped(a_file(folder_id="2"), inner=inner).window.published


def test_folders_that_hold_each_other_end() -> None:
    one = payloads.Folder(id="1", parent_folder_id="2")
    two = payloads.Folder(id="2", parent_folder_id="1")

    assert mapped(a_file(folder_id="1"), one=one, two=two).window.published


def test_a_file_we_cannot_read_or_that_is_too_big_says_so() -> None:
    assert mapped(a_file(**{"content-type": "video/mp4"})).unreadable is Unreadable.UNSUPPORTED
    odd = {"content-type": "application/octet-stream", "display_name": "script.py"}
    assert mapped(a_file(**odd)).unreadable is None
    assert mapped(a_file(size=1001)).unreadable is Unreadable.TOO_BIG
    assert mapped(a_file(**{"content-type": "text/plain; charset=utf-8"})).unreadable is None


def test_a_quiz_keeps_its_questions_to_itself() -> None:
    work = {
        "id": 3,
        "name": "Test",
        "description": "<p>Which?</p>",
        "submission_types": ["online_quiz"],
        "quiz_id": 4,
    }

    found = mapper.assignment_item(payloads.read(payloads.Work, work), course_id="1")

    assert (found.item_id, found.kind, found.body) == ("quiz:4", Kind.QUIZ, "")
    assert found.unreadable is Unreadable.UNSUPPORTED


def test_a_page_in_a_hidden_module_is_hidden() -> None:
    nodes = [line("m", item_id=None, window=Window(published=False)), line("i", "m")]

    [found] = outline.placed([a_page()], nodes)

    assert not found.window.published


def test_a_page_in_an_open_and_a_hidden_module_follows_the_open_one() -> None:
    nodes = [
        line("m", item_id=None, window=Window(published=False)),
        line("n", item_id=None),
        line("i", "m"),
        line("j", "n"),
    ]

    [found] = outline.placed([a_page()], nodes)

    assert found.window == Window()


def test_a_page_in_modules_of_two_sections_is_for_each_as_its_own_module_says() -> None:
    nodes = [
        line("m", item_id=None, window=Window(sections=("1",), available_from=MONDAY)),
        line("n", item_id=None, window=Window(sections=("2",), available_until=TUESDAY)),
        line("i", "m"),
        line("j", "n"),
    ]

    [found] = outline.placed([a_page(window=Window(sections=("2", "3")))], nodes)

    def sees(section: str, at: datetime) -> bool | None:
        assert found.window.condition is not None
        return holds(found.window.condition, Facts(at, sections=frozenset({section})))

    assert found.window.sections == ("2", "3")
    assert [sees("1", MONDAY - HOUR), sees("1", MONDAY), sees("2", MONDAY), sees("2", TUESDAY)] == [
        False,
        True,
        True,
        False,
    ]


def test_links_and_quizzes_that_only_the_modules_know_are_listed_as_unreadable() -> None:
    nodes = [
        line("a", item_id="link:1", kind=Kind.LINK),
        line("b", item_id="quiz:1", kind=Kind.QUIZ),
        line("c", item_id="page:1"),
    ]

    found = outline.bare(nodes, {"page:1": None})

    assert {item.item_id: item.unreadable for item in found} == {
        "link:1": Unreadable.EXTERNAL,
        "quiz:1": Unreadable.UNSUPPORTED,
    }


def test_sections_a_thing_was_taken_from_do_not_see_it() -> None:
    dates = payloads.read(
        payloads.Dates,
        {
            "only_visible_to_overrides": True,
            "overrides": [
                {"course_section_id": "5"},
                {"course_section_id": "6", "unassign_item": True},
            ],
        },
    )

    assert mapper.window(dates, published=True).sections == ("5",)


@pytest.mark.parametrize("audience", [{"course_section_id": "6"}, {"student_ids": ["9"]}], ids=str)
@pytest.mark.parametrize("restricted", [False, True])
def test_what_is_for_all_but_some_we_cannot_name_is_for_nobody(
    audience: dict[str, Any], restricted: bool
) -> None:
    others = [{"course_section_id": "5"}] if restricted and "student_ids" in audience else []
    dates = payloads.read(
        payloads.Dates,
        {
            "only_visible_to_overrides": restricted,
            "overrides": [*others, {**audience, "unassign_item": True}],
        },
    )

    assert mapper.window(dates, published=True).sections == ()


def test_a_graded_discussion_is_hidden_with_the_module_it_stands_in() -> None:
    work = payloads.read(
        payloads.Work,
        {
            "id": 3,
            "description": "<p>Discuss.</p>",
            "submission_types": ["discussion_topic"],
            "discussion_topic": {"id": 8},
        },
    )
    module = a_module(
        published=False, items=[{"id": 2, "type": "Discussion", "content_id": 8, "title": "Talk"}]
    )

    item = mapper.assignment_item(work, course_id="1")
    [found] = outline.placed([item], mapper.toc([(module, payloads.Dates())], **NOWHERE))

    assert (found.kind, found.body) == (Kind.ASSIGNMENT, "<p>Discuss.</p>")
    assert not found.window.published


@pytest.mark.parametrize(
    ("fields", "required", "open_"),
    [
        ({}, True, True),
        ({"prerequisite_module_ids": [], "require_sequential_progress": True}, False, True),
        ({"prerequisite_module_ids": [6]}, False, False),
        ({"require_sequential_progress": True}, True, False),
        ({"prerequisite_module_ids": None, "require_sequential_progress": None}, True, True),
    ],
)
def test_a_module_that_opens_by_a_students_progress_is_shut(
    fields: dict[str, Any], required: bool, open_: bool
) -> None:
    line = {"id": 2, "type": "Assignment", "content_id": 3}
    requirement = {"completion_requirement": {"type": "must_view"}} if required else {}
    module = a_module(items=[{**line, **requirement}], **fields)

    node, *_ = mapper.toc([(module, payloads.Dates())], **NOWHERE)

    assert node.window.published is open_
