"""Canvas's payloads → LMS-DM, without a server."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import outline
from connectors.canvas import gates, mapper, payloads, questions, work
from connectors.canvas.windows import window
from tutorai.errors import LMSMisunderstood
from tutorai.lmsdm.conditions import Facts, holds
from tutorai.lmsdm.schema import (
    Ask,
    Choice,
    Condition,
    ContentItem,
    Handed,
    Kind,
    Pair,
    Question,
    Quiz,
    Test,
    TocNode,
    Unreadable,
    Window,
)

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
    url = "https://lms/files/7"
    told = mapper.file(file, course_id="1", folders=known, url=url, cap=1000)
    return mapper.dated(told, dates or payloads.Dates())


def dated(*overrides: dict[str, Any], only: bool = False, **base: Any) -> payloads.Dates:
    told = {"only_visible_to_overrides": only, "overrides": overrides, **base}
    return payloads.read(payloads.Dates, told)


def sees(dates: payloads.Dates, at: datetime = MONDAY, **known: str | None) -> bool | None:
    """Whether somebody of these sections, groups and this id sees a thing at that moment."""
    ids = {
        name: None if told is None else frozenset(told.split())
        for name, told in {"sections": "", "groups": "", "people": "0", **known}.items()
    }
    return holds(outline.as_condition(window(dates, published=True)), Facts(at, **ids))


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


def test_a_thing_without_overrides_has_its_own_dates_and_no_condition() -> None:
    found = window(dated(unlock_at=MONDAY, lock_at=TUESDAY), published=True)

    assert found == Window(available_from=MONDAY, available_until=TUESDAY)


def test_sections_with_the_same_dates_are_a_plain_window() -> None:
    found = window(
        dated({"course_section_id": 6}, {"course_section_id": 5}, only=True), published=True
    )

    assert found == Window(sections=("5", "6"))
    assert window(dated(only=True), published=True).sections == ()


def test_each_audience_has_its_own_dates_and_the_others_everyones() -> None:
    dates = dated(
        {"course_section_id": "5", "unlock_at": TUESDAY},
        {"group_id": "7", "lock_at": None},
        unlock_at=MONDAY,
        lock_at=TUESDAY,
    )

    assert sees(dates) is True
    assert sees(dates, sections="5") is False  # theirs begins later
    assert sees(dates, TUESDAY, groups="7") is True  # theirs does not end
    assert sees(dates, TUESDAY) is False
    assert sees(dates, sections=None) is None


def test_named_students_dates_come_before_those_of_their_section() -> None:
    dates = dated(
        {"course_section_id": "5"}, {"student_ids": ["9"], "unlock_at": TUESDAY}, only=True
    )

    assert sees(dates, sections="5", people="8") is True
    assert sees(dates, sections="5", people="9") is False
    assert sees(dates, TUESDAY, people="9") is True
    assert sees(dates, people="9") is False
    assert sees(dates, sections="5", people=None) is None


def test_more_time_for_some_needs_nobody_elses_id() -> None:
    dates = dated({"student_ids": ["9"], "lock_at": TUESDAY + timedelta(days=9)}, lock_at=TUESDAY)

    assert sees(dates, people=None) is True


def test_what_is_given_to_the_whole_course_is_for_everybody() -> None:
    assert sees(dated({"course_id": "1", "lock_at": TUESDAY}, only=True)) is True
    assert sees(dated({"course_id": "1", "lock_at": TUESDAY}, only=True), TUESDAY) is False


def test_an_audience_nobody_can_tell_is_nobody() -> None:
    assert sees(dated({"noop_id": 1}, only=True), people="9") is None


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
    told = {
        "id": 3,
        "name": "Test",
        "description": "<p>Which?</p>",
        "submission_types": ["online_quiz"],
        "quiz_id": 4,
    }

    found = work.item(payloads.read(payloads.Work, told), course_id="1")

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


@pytest.mark.parametrize("only", [False, True])
@pytest.mark.parametrize("audience", ["sections", "people", "groups"])
def test_a_thing_is_not_for_whom_it_was_taken_from(audience: str, only: bool) -> None:
    names: dict[str, dict[str, Any]] = {
        "sections": {"course_section_id": "6"},
        "people": {"student_ids": ["6"]},
        "groups": {"group_id": "6"},
    }
    dates = dated({"course_section_id": "5"}, {**names[audience], "unassign_item": True}, only=only)
    known: dict[str, Any] = {"sections": "5", audience: "5 6"}

    assert sees(dates, sections="5") is True
    assert sees(dates, **known) is False


def test_a_graded_discussion_is_hidden_with_the_module_it_stands_in() -> None:
    told = payloads.read(
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

    item = work.item(told, course_id="1")
    [found] = outline.placed([item], mapper.toc([(module, payloads.Dates())], **NOWHERE))

    assert (found.kind, found.body) == (Kind.ASSIGNMENT, "<p>Discuss.</p>")
    assert not found.window.published


def opened(*modules: payloads.Module) -> dict[str, Condition | None]:
    """Return what opens each line of the table of contents, by id."""
    lines = mapper.toc([(one, payloads.Dates()) for one in modules], **NOWHERE)
    return {line.node_id: line.window.condition for line in lines}


def lines(*kinds: str) -> list[dict[str, Any]]:
    """Return a module's lines; those with a kind ask for something."""
    return [
        {
            "id": n,
            "position": n,
            "type": "SubHeader",
            **({"completion_requirement": {"type": kind}} if kind else {}),
        }
        for n, kind in enumerate(kinds, 1)
    ]


def test_a_module_opens_when_what_those_before_it_ask_for_is_done() -> None:
    first = a_module(id=1, items=lines("must_view", "", "min_score"), items_count=3)
    second = a_module(id=2, prerequisite_module_ids=[1])
    third = a_module(id=3, prerequisite_module_ids=[2])

    found = opened(first, second, third)

    done = Condition(test=Test.DONE, ids=("item:1", "item:3"))
    assert (found["module:1"], found["module:2"], found["module:3"]) == (None, done, done)


def test_one_requirement_met_is_enough_where_canvas_says_so() -> None:
    first = a_module(id=1, items=lines("must_view", "must_submit"), requirement_type="one")

    found = opened(first, a_module(id=2, prerequisite_module_ids=[1]))["module:2"]

    assert found is not None
    assert holds(found, Facts(MONDAY, done=frozenset({"item:2"}))) is True
    assert holds(found, Facts(MONDAY, done=frozenset())) is False
    assert holds(found, Facts(MONDAY)) is None


def test_lines_in_sequence_open_one_after_the_other() -> None:
    told = a_module(items=lines("", "must_view", ""), require_sequential_progress=True)

    found = opened(told)

    assert (found["item:1"], found["item:2"]) == (None, None)
    assert found["item:3"] == Condition(test=Test.DONE, ids=("item:2",))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"prerequisite_module_ids": [], "require_sequential_progress": True},
        {"prerequisite_module_ids": None, "require_sequential_progress": None},
        {"prerequisite_module_ids": [8]},
    ],
    ids=str,
)
def test_a_module_that_asks_for_nothing_is_open(fields: dict[str, Any]) -> None:
    assert opened(a_module(id=8), a_module(id=9, **fields))["module:9"] is None


def test_a_module_that_waits_for_itself_or_for_one_nobody_told_of_ends() -> None:
    one = a_module(id=1, prerequisite_module_ids=[2], items=lines("must_view"))
    two = a_module(id=2, prerequisite_module_ids=[1])

    assert gates.of_modules([one, two]).keys() == {"1", "2"}
    found = opened(a_module(id=3, prerequisite_module_ids=[99]))["module:3"]
    assert found == Condition(test=Test.UNKNOWN, why="module")


# --- submissions ---------------------------------------------------------------------------------

ROW = {"id": 5, "assignment_id": 3, "user_id": 9, "workflow_state": "submitted", "attempt": 1}


def test_a_row_of_nothing_handed_in_is_no_submission() -> None:
    assert list(work.submissions({**ROW, "attempt": None, "workflow_state": "unsubmitted"})) == []


def test_a_grade_for_nothing_handed_in_is_one_and_a_tool_may_have_given_it() -> None:
    row = {**ROW, "attempt": None, "score": 7.5, "workflow_state": "graded", "grader_id": -4}

    [found] = work.submissions({**row, "submission_history": [row]})

    assert (found.state, found.score, found.attempt) == (Handed.GRADED, Decimal("7.5"), 1)


def test_feedback_is_the_graders_newest_and_stands_with_the_last_attempt() -> None:
    comments = [
        {"author_id": 1, "comment": "Again."},
        {"author_id": 1, "comment": "Better."},
        {"author_id": 9, "comment": "Thanks!"},
        {"author_id": None, "comment": "Late policy."},
    ]
    told = {**ROW, "attempt": 2, "submission_history": [ROW], "submission_comments": comments}

    assert [one.feedback for one in work.submissions(told)] == ["", "Better."]


def test_work_waiting_for_its_review_is_not_graded() -> None:
    [found] = work.submissions({**ROW, "score": 3, "workflow_state": "pending_review"})

    assert found.state is Handed.SUBMITTED


# --- quizzes -------------------------------------------------------------------------------------

ASKED = [
    Question(ask=Ask.SINGLE, text="?", choices=(Choice(text="<b>a</b>", share=Decimal(1)),)),
    Question(
        ask=Ask.MULTIPLE,
        text="?",
        choices=(Choice(text="a &lt; b", share=Decimal("0.5")), Choice(text="c")),
    ),
    Question(ask=Ask.NUMBER, text="?", choices=(Choice(text="0.5", share=Decimal(1)),)),
    Question(ask=Ask.MATCHING, text="?", pairs=(Pair(left="a", right="b"),), decoys=("c", "d")),
    Question(ask=Ask.OTHER, text="?"),
]


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.ask.value)
def test_a_question_is_sent_under_canvas_names(asked: Question) -> None:
    form = questions.question_form(asked, 4)

    sent = {name: text for name, text in form.items() if "answers" in name}
    wanted = {
        Ask.SINGLE: {"answer_html": "<b>a</b>", "answer_text": "a", "answer_weight": "100"},
        Ask.MULTIPLE: {"answer_text": "a < b", "answer_weight": "100"},
        Ask.NUMBER: {"answer_exact": "0.5", "numerical_answer_type": "exact_answer"},
        Ask.MATCHING: {"answer_match_left": "a", "answer_match_right": "b"},
        Ask.OTHER: {},
    }[asked.ask]
    assert sent.items() >= {f"question[answers][0][{k}]": v for k, v in wanted.items()}.items()
    assert form["question[position]"] == "4"
    assert form.get("question[matching_answer_incorrect_matches]") == (
        "c\nd" if asked.decoys else None
    )


def test_a_quiz_is_sent_as_a_draft_that_carries_our_mark() -> None:
    form = questions.form(Quiz(title="Check", description="<p>Try.</p>", minutes=5), "m1")

    assert form["quiz[published]"] == "false"
    assert form["quiz[description]"] == '<div id="m1"><p>Try.</p></div>'
    assert (form["quiz[time_limit]"], form["quiz[allowed_attempts]"]) == ("5", "-1")


def test_a_range_is_a_number_with_a_tolerance_and_an_odd_question_keeps_its_text() -> None:
    span = {"numerical_answer_type": "range_answer", "start": 2, "end": 3}
    told = {"id": 1, "question_type": "numerical_question", "answers": [span]}
    odd = {"id": 2, "question_type": "calculated_question", "question_text": "<p>x?</p>"}

    number = questions.question(payloads.read(questions.Question, told))
    other = questions.question(payloads.read(questions.Question, odd))

    assert (number.choices[0].text, number.tolerance) == ("2.5", Decimal("0.5"))
    assert (other.ask, other.text, other.choices) == (Ask.OTHER, "<p>x?</p>", ())


def test_a_new_quiz_is_a_quiz_that_cannot_be_read() -> None:
    told = {"id": 3, "submission_types": ["external_tool"], "is_quiz_lti_assignment": True}

    found = work.item(payloads.read(payloads.Work, told), course_id="1")

    assert (found.item_id, found.kind) == ("assignment:3", Kind.QUIZ)
    assert found.unreadable is Unreadable.UNSUPPORTED


def test_an_announcement_for_sections_nobody_names_is_for_nobody() -> None:
    told = {"id": 3, "title": "News", "is_section_specific": True}

    unnamed = mapper.announcement(told, course_id="1")
    named = mapper.announcement({**told, "sections": [{"id": 5}]}, course_id="1")

    assert (unnamed.window.sections, named.window.sections) == ((), ("5",))
