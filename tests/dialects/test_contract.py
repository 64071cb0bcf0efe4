"""What every dialect must do, asked of each against its pretend LMS (connectors.md §8.8)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest

from connectors.base import Draft, Publishing
from tests.conftest import Running
from tests.dialects.contract import Adapter, Asked
from tutorai.errors import (
    LMSError,
    LMSMisunderstood,
    LMSNotFound,
    LMSRefused,
    LMSThrottled,
    LMSUnauthorised,
    LMSUnavailable,
    TooBig,
)
from tutorai.ids import new_id
from tutorai.lmsdm import schema
from tutorai.lmsdm.schema import Ask, Handed, Kind, Role

REPORT = "Titration report"
FUTURE = datetime.now(UTC) + timedelta(days=1)


def report_of(lms: Adapter) -> schema.Assignment:
    """Return the assignment with everything on it."""
    return next(one for one in lms.client().assignments(lms.course_id) if one.title == REPORT)


def handed_in(lms: Adapter, key: str, since: datetime | None = None) -> list[schema.Submission]:
    """Return somebody's attempts at the report, in order."""
    work = report_of(lms).assignment_id
    listed = lms.client().submissions(lms.course_id, since)
    mine = [s for s in listed if (s.assignment_id, s.user_id) == (work, lms.person(key))]
    return sorted(mine, key=lambda one: one.attempt)


# --- reading ---------------------------------------------------------------------------------


def test_the_course_and_where_its_token_teaches(lms: Adapter) -> None:
    client = lms.client()

    course = client.course(lms.course_id)

    assert (course.course_id, course.title) == (lms.course_id, "Chemistry: Acids and Bases")
    assert lms.course_id in {one.course_id for one in client.courses()}


def test_whose_token_it_is_and_that_it_lacks_nothing(lms: Adapter) -> None:
    standing = lms.client().standing()

    assert standing.owner
    assert standing.lacks == ()


def test_the_table_of_contents_has_parents_before_children_in_order(lms: Adapter) -> None:
    nodes = lms.client().toc(lms.course_id)

    known: set[str | None] = {None}
    for node in nodes:
        assert node.parent_id in known
        known.add(node.node_id)
    titles = [node.title for node in nodes]
    wanted = ["Before you begin", "In the laboratory", REPORT, "Understanding it"]
    assert [title for title in titles if title in wanted] == wanted
    assert len({node.node_id for node in nodes}) == len(nodes)


def test_a_page_comes_with_its_text_and_a_file_with_its_bytes(lms: Adapter) -> None:
    client, to = lms.client(), BytesIO()
    items = {i.title: i for answer in client.listing(lms.course_id) for i in answer()}
    page, file = items["Choosing an indicator"], items["safety-rules.docx"]

    client.download(lms.course_id, file, to, 10**6)

    assert "Phenolphthalein" in (page.body or client.body(lms.course_id, page))
    assert (page.kind, file.kind, to.getvalue()[:2]) == (Kind.PAGE, Kind.FILE, b"PK")
    assert page.version
    assert file.version
    with pytest.raises(TooBig):
        client.download(lms.course_id, file, BytesIO(), 100)


def test_announcements_are_items_of_the_course(lms: Adapter) -> None:
    [found] = [item for item in lms.items if item.title == "Bring goggles"]

    assert found.kind is Kind.ANNOUNCEMENT
    assert "No goggles" in found.body
    assert found.version


def test_everybody_active_comes_once_with_their_role_sections_and_groups(lms: Adapter) -> None:
    listed = [one.user.user_id for one in lms.client().people(lms.course_id)]
    roles = {key: one.enrolment.role for key, one in lms.members.items()}
    student, honours = lms.members["student"].enrolment, lms.members["student5"].enrolment

    assert len(listed) == len(set(listed))
    assert roles["teacher"] is Role.TEACHER
    assert {roles[f"student{n}"] for n in ("", 2, 3, 4, 5)} == {Role.STUDENT}
    assert roles.get("observer", Role.OBSERVER) is not Role.STUDENT
    assert lms.members["student2"].user.name == "Lucía Fernández Ibáñez"
    if "sections" in lms.tells:
        assert len(student.sections or ()) == 2
        assert len(honours.sections or ()) == 1
    if "groups" in lms.tells:
        assert len(student.groups or ()) == 1
        assert honours.groups == ()


def test_the_parts_of_a_course_are_those_its_people_are_in(lms: Adapter) -> None:
    parts = lms.client().parts(lms.course_id)
    places = [one.enrolment for one in lms.members.values()]

    named = {part.part_id for part in parts if part.is_group}
    cut = {part.part_id for part in parts if not part.is_group}

    assert {name for place in places for name in place.groups or ()} <= named
    assert {name for place in places for name in place.sections or ()} <= cut
    if "groups" in lms.tells:
        assert {part.name for part in parts if part.is_group} == {"Bench 1", "Bench 2"}


def test_work_to_hand_in_says_how_and_until_when(lms: Adapter) -> None:
    report = report_of(lms)

    assert report.max_points == Decimal(20)
    assert report.due_date is not None
    assert "three runs" in report.content
    assert {"text", "file"} <= set(report.hand_in)
    if "attempts" in lms.tells:
        assert report.attempts == 3
    if "rubrics" in lms.tells:
        assert report.rubric is not None
        assert [(c.title, c.points) for c in report.rubric.criteria] == [
            ("Runs that agree", Decimal(8)),
            ("Uncertainty", Decimal(12)),
        ]
        assert [level.points for level in report.rubric.criteria[0].levels] == [8, 4, 0]


def test_other_dates_for_some_name_whom_they_are_for(lms: Adapter) -> None:
    if "overrides" not in lms.tells:
        assert report_of(lms).overrides == ()
        return
    report = report_of(lms)
    groups = {one.part_id for one in lms.client().parts(lms.course_id) if one.is_group}

    audiences = {(bool(o.sections), bool(o.groups), bool(o.people)) for o in report.overrides}

    assert audiences >= {(False, True, False), (False, False, True)}
    assert all(set(one.groups) <= groups for one in report.overrides)
    assert all(report.due_date and one.due_date != report.due_date for one in report.overrides)
    [own] = [one for one in report.overrides if one.people]
    assert own.people == (lms.person("student4"),)


# --- submissions -------------------------------------------------------------------------------


def test_every_attempt_that_is_told_is_one_submission(lms: Adapter) -> None:
    tries = handed_in(lms, "student")

    if "attempts" in lms.tells:
        assert [one.attempt for one in tries] == [1, 2]
        assert "0.08" in tries[0].body
    last = tries[-1]
    assert [file.name for file in last.files] == ["titration.txt"]
    assert (last.state, last.score) == (Handed.GRADED, Decimal("17.5"))
    assert last.submitted_at is not None
    assert len({one.submission_id for one in tries}) == len(tries)


def test_a_file_that_was_handed_in_can_be_had(lms: Adapter) -> None:
    client, to = lms.client(), BytesIO()
    listed = list(client.submissions(lms.course_id))
    [file] = [f for s in listed for f in s.files if f.name == "titration.txt"]

    item = schema.ContentItem(
        item_id=f"handed:{file.url}", course_id=lms.course_id, kind=Kind.FILE, url=file.url
    )
    client.download(lms.course_id, item, to, 10**6)

    assert b"0.0737" in to.getvalue()


def test_who_handed_in_late_nothing_or_is_excused(lms: Adapter) -> None:
    [late] = handed_in(lms, "student2")

    assert (late.state, late.score, late.attempt) == (Handed.SUBMITTED, None, 1)
    assert late.late or "late" not in lms.tells
    assert all(one.state is not Handed.SUBMITTED for one in handed_in(lms, "student5"))
    if "excused" in lms.tells:
        assert [one.state for one in handed_in(lms, "student3")] == [Handed.EXCUSED]


def test_since_a_moment_only_what_was_handed_in_or_graded_then_comes(lms: Adapter) -> None:
    assert handed_in(lms, "student", datetime.now(UTC) - timedelta(days=30))
    assert handed_in(lms, "student", datetime.now(UTC) + timedelta(days=1)) == []


# --- restrictions ------------------------------------------------------------------------------


def test_what_is_unpublished_is_seen_by_no_student(lms: Adapter) -> None:
    assert lms.sees("student", "Key to the titration questions") is False


def test_what_is_for_a_group_is_seen_by_nobody_else(lms: Adapter) -> None:
    title = "Instructions for Bench 2"

    assert lms.sees("student", title) is not True
    assert lms.sees("student5", title) is not True


def test_what_is_for_named_people_is_seen_by_nobody_else(lms: Adapter) -> None:
    assert lms.sees("student", "A second try at the laboratory") is not True


def test_what_opens_by_progress_is_shut_to_whose_progress_nobody_knows(lms: Adapter) -> None:
    assert lms.sees("student", "Titration, step by step") is not True


def test_what_is_free_is_seen_by_all(lms: Adapter) -> None:
    assert lms.sees("student", "Before you come to the laboratory") is True


# --- quizzes -----------------------------------------------------------------------------------


def test_a_quiz_comes_with_its_questions_where_the_api_tells_them(lms: Adapter) -> None:
    quizzes = {one.title: one for one in lms.client().quizzes(lms.course_id)}

    if "quizzes" not in lms.tells:
        assert not any(quiz.questions for quiz in quizzes.values())
        return
    quiz = quizzes["Acids and bases, checked"]
    asked = {one.ask for one in quiz.questions}
    assert {Ask.SINGLE, Ask.MULTIPLE, Ask.TRUE_FALSE, Ask.SHORT, Ask.NUMBER} <= asked
    [colour] = [one for one in quiz.questions if one.ask is Ask.SINGLE]
    assert [(c.text, c.share == 1) for c in colour.choices][:2] == [("pink", True), ("none", False)]
    assert not quizzes["Warm-up"].window.published


# --- lists and pages ---------------------------------------------------------------------------


@pytest.mark.parametrize("moving", [False, True], ids=["still", "moving"])
def test_every_page_of_a_list_is_followed_and_each_thing_comes_once(
    lms: Adapter, sandbox: Running, moving: bool
) -> None:
    crowd = type(lms).open(sandbox, filler_students=45, filler_pages=45)
    crowd.option(page_size=20, duplicates=moving, drop_last=True)
    client = crowd.client()

    people = [one.user.user_id for one in client.people(crowd.course_id)]
    pages = [
        item.item_id
        for answer in client.listing(crowd.course_id)
        for item in answer()
        if item.title.startswith("Extra page")
    ]

    assert len(people) == len(set(people)) >= 45
    assert len(pages) == len(set(pages)) == 45


# --- tokens and refusals -----------------------------------------------------------------------


def test_a_refused_token_is_replaced_by_its_successor_once(lms: Adapter) -> None:
    tokens = Asked("dead", lms.token)

    assert lms.client(tokens).course(lms.course_id).course_id == lms.course_id
    assert len(tokens.refused) == 1


def test_a_revoked_token_needs_a_person(lms: Adapter, sandbox: Running) -> None:
    own = type(lms).open(sandbox)
    own.client().course(own.course_id)
    own.revoke()

    with pytest.raises(LMSUnauthorised):
        own.client().course(own.course_id)


def test_a_missing_permission_is_no_dead_token(lms: Adapter) -> None:
    tokens = Asked(lms.poor)

    with pytest.raises(LMSRefused):
        list(lms.client(tokens).submissions(lms.course_id))

    assert tokens.refused == []


def test_what_is_not_there_is_not_found(lms: Adapter) -> None:
    with pytest.raises(LMSNotFound):
        lms.client().course(lms.number("999999999"))


# --- bad answers -------------------------------------------------------------------------------

FAULTS: dict[str, tuple[dict[str, Any], type[LMSError]]] = {
    "unavailable": ({"kind": "status", "status": 503}, LMSUnavailable),
    "a web page": ({"kind": "html", "status": 200}, LMSMisunderstood),
    "cut off": ({"kind": "truncate"}, LMSError),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_an_answer_that_is_none_is_told_as_what_it_is(own: Adapter, fault: str) -> None:
    how, error = FAULTS[fault]
    own.spoil("people", times=9, **how)

    with pytest.raises(error):
        list(own.client(patience=0).people(own.course_id))


def test_a_throttled_call_says_when_to_come_again(lms: Adapter, sandbox: Running) -> None:
    own = type(lms).open(sandbox)  # with a bucket of its own, where that is each token's
    own.spoil("people", times=9, **own.throttled)
    client = own.client(patience=0)

    with pytest.raises(LMSThrottled) as told:
        list(client.people(own.course_id))
    own.mend()

    assert told.value.retry_after


def test_what_passes_is_tried_again(own: Adapter) -> None:
    own.spoil("people", kind="status", status=502)

    assert list(own.client().people(own.course_id))


def test_the_clock_is_the_lms_s_own(own: Adapter) -> None:
    own.option(clock=300)
    client = own.client()

    assert client.clock() is None
    client.course(own.course_id)
    told = client.clock()
    assert told is not None
    assert told - datetime.now(UTC) > timedelta(minutes=4)


# --- writing -----------------------------------------------------------------------------------

QUIZ = schema.Quiz(
    title="Made of ours",
    questions=(
        schema.Question(
            ask=Ask.SINGLE,
            text="<p>Which?</p>",
            choices=(schema.Choice(text="this", share=Decimal(1)), schema.Choice(text="that")),
        ),
        schema.Question(ask=Ask.ESSAY, text="<p>Why?</p>"),
    ),
)


def drafted(draft: Draft) -> Publishing:
    """Return something to publish, with a mark of its own."""
    quiz = QUIZ if draft is Draft.QUIZ else None
    html = "" if quiz else "<p>Written with care.</p>"
    return Publishing(draft, f"m{new_id().hex[:16]}", "Made of ours", html, quiz)


@pytest.mark.parametrize("draft", list(Draft), ids=lambda draft: draft.value)
@pytest.mark.parametrize("kind", ["", "drop"], ids=["answered", "unanswered"])
def test_what_is_published_stands_there_once_and_is_found(
    own: Adapter, draft: Draft, kind: str
) -> None:
    publisher, what = own.publisher(), drafted(draft)
    if draft not in publisher.takes:
        with pytest.raises(LMSRefused):
            publisher.publish(own.course_id, what, None)
        return
    assert publisher.find(own.course_id, what) is None
    if kind:
        own.spoil(f"new {draft.value}", kind=kind, method="POST")
        with pytest.raises(LMSUnavailable):
            publisher.publish(own.course_id, what, None)

    begun = publisher.find(own.course_id, what)
    made = publisher.publish(own.course_id, what, begun)
    again = publisher.publish(own.course_id, what, publisher.find(own.course_id, what))

    assert (begun is not None) is bool(kind)
    assert made.whole
    assert (again.external_id, again.whole) == (made.external_id, True)
    assert made.url.startswith(own.url)
