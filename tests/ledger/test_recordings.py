"""What Moodle 4.5 was recorded saying to grades, over real HTTP: each drives a grade to its end."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from connectors import tokens
from connectors.base import Grant
from connectors.models import Connector
from connectors.moodle import grading
from lti import ags
from tests.ledger.gradebook import Place, a_cell
from tests.lti import scripted
from tests.lti.scripted import Answer, Scripted, a_place
from tutorai.lmsdm.models import LineItem

RECORDINGS = Path(__file__).parent / "recordings"
PATH = "/mod/lti/services.php/6/lineitems/29/lineitem"
REST = "/webservice/rest/server.php"
OURS = "what was sent"
NOTHING = "no grade"
DELIVERED = ("delivered", "")
OVERRIDDEN = ("superseded", "overridden")
BY_A_PERSON = ("superseded", "superseded")
STRANGER = ("rejected", "not_gradable")
REFUSED = ("rejected", "grade_refused")
GONE = ("rejected", "column_gone")
FORBIDDEN = ("dead", "lms_refused")
FAILED = ("dead", "grade_failed")


@dataclass(frozen=True)
class Story:
    """Recordings that belong together, and how the last grade sent there ends.

    `sent`: the answers to the scores we send; `shown`: what the gradebook shows at each look, the
    last again and again: a recording, or OURS or NOTHING; `before`: points of a grade of ours that
    was there before.
    """

    end: tuple[str, str]
    sent: tuple[str, ...]
    shown: tuple[str, ...] = (NOTHING, OURS)
    before: str = ""

    @property
    def files(self) -> set[str]:
        """The recordings in it."""
        return {*self.sent, *self.shown} - {OURS, NOTHING}


AGS = [
    *[
        Story(DELIVERED, (f"ags_score_{name}",))
        for name in (
            "clear",  # FullyGraded without points clears; the same answer to points does not
            "locked_1_first",
            "pending_1_first_graded",
            "manual_column_1_future_ts",
            "post_newer_timestamp",
            "post_no_score_only_progress",
            "post_now_offset_format",
            "post_ok",
            "post_ok_pretty_printed_json",
            "post_over_max",  # shown as the column's maximum
            "post_scaled",
            "post_suspended_user",
            "post_ts_no_tz",
        )
    ],
    Story(DELIVERED, ("ags_score_post_string_given",), (NOTHING, "ags_results_get_lineitem1")),
    # 409, and the gradebook shows this very grade: it had arrived.
    Story(DELIVERED, ("ags_score_post_duplicate_same_timestamp",)),
    # 409, and it shows our last one, or none: the clocks disagree.
    Story(
        DELIVERED,
        ("ags_score_manual_column_2_now", "ags_score_manual_column_4_same_second_future"),
        ("ags_score_manual_column_3_result", "ags_score_manual_column_3_result", OURS),
        before="50",
    ),
    Story(
        DELIVERED,
        ("ags_score_post_newer_after_future", "ags_score_post_ok"),
        ("ags_results_get_user", "ags_results_get_user", OURS),
        before="90",
    ),
    Story(
        DELIVERED,
        ("ags_score_post_same_second", "ags_score_post_ok"),
        ("ags_results_get", "ags_results_get", OURS),
        before="90",
    ),
    Story(
        DELIVERED,
        ("ags_score_post_ts_nanos", "ags_score_post_ok"),
        (NOTHING, NOTHING, OURS),
    ),
    # 409, and it shows what is not ours.
    Story(BY_A_PERSON, ("ags_score_post_older_timestamp",), (NOTHING, "ags_results_get_user")),
    Story(BY_A_PERSON, (), ("ags_results_get_after_override",), before="70"),
    # Taken, but people see what a teacher gave, or nothing: a teacher's matter.
    Story(
        OVERRIDDEN,
        ("ags_score_post_on_overridden_grade",),
        (NOTHING, "ags_results_get_after_override"),
    ),
    Story(
        OVERRIDDEN, ("ags_score_post_on_locked_grade",), (NOTHING, "ags_results_get_after_override")
    ),
    Story(
        OVERRIDDEN,
        ("ags_score_pending_2_then_pending",),
        (OURS, "ags_score_pending_3_result_after"),
    ),
    Story(OVERRIDDEN, ("ags_score_post_pending",), (NOTHING, NOTHING)),
    Story(
        FAILED,
        ("ags_score_locked_2_post_while_locked",),
        ("ags_score_locked_3_result",),
        before="60",
    ),
    *[
        Story(STRANGER, (f"ags_score_post_{name}",))
        for name in (
            "err_malformed_json",  # the same words as for somebody who cannot be graded; and so
            "no_max",
            "teacher_user",
            "ts_invalid",
            "unknown_user",
        )
    ],
    *[
        Story(REFUSED, (f"ags_score_post_{name}",))
        for name in ("err_content_type", "err_pretty_printed_json", "wrong_url_query_position")
    ],
    *[
        Story(FORBIDDEN, (f"ags_score_post_{name}",))
        for name in ("err_bad_token", "err_no_token", "err_wrong_scope")
    ],
    Story(FORBIDDEN, (), ("ags_results_err_scope",)),
    Story(GONE, ("ags_score_post_err_no_such_lineitem",)),
]
WS = [
    Story(DELIVERED, ("ws_save_grade_ok",), (NOTHING, "ws_get_grades")),
    # `null` also for who is no student, and so it shows: people come from the roster only.
    Story(DELIVERED, ("ws_save_grade_teacher_as_student",), (NOTHING, "ws_get_grades")),
    Story(DELIVERED, ("ws_save_grade_unknown_user",), (NOTHING, "ws_get_grades")),
    Story(DELIVERED, ("ws_save_grade_no_plugindata",), (NOTHING, "ws_get_grades_after_over_max")),
    Story(
        DELIVERED,
        ("ws_save_grade_no_submission",),
        (NOTHING, "ws_get_grades_after_negative_one"),
    ),
    # `null`, and nothing stored.
    Story(
        OVERRIDDEN,
        ("ws_save_grade_over_max",),
        ("ws_get_grades_after_over_max",),
        before="70",
    ),
    Story(
        OVERRIDDEN, ("ws_save_grade_negative_one",), (NOTHING, "ws_get_grades_after_negative_one")
    ),
    Story(FORBIDDEN, ("ws_save_grade_as_student",), (NOTHING,)),
    Story(GONE, ("ws_save_grade_bad_assignment",), (NOTHING,)),
    Story(FAILED, ("ws_save_grade_err_no_plugindata_existing_comment",), (NOTHING,)),
    *[
        Story(REFUSED, (f"ws_save_grade_{name}",), (NOTHING,))
        for name in ("bool_true_string", "comma_decimal", "missing_param", "not_number")
    ],
]
NOT_OF_ONE_GRADE = {
    "ags_score_post_via_course_of_other_tool": "a list of columns, for another tool's token",
    "ws_save_grades_bulk": "many at once: we send one at a time, for it stops at the first fault",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Scripted]:
    """A Moodle that says what was recorded."""
    with scripted.scripted() as running:
        yield running


def recorded(name: str) -> Any:
    """A recorded exchange."""
    return json.loads((RECORDINGS / f"{name}.json").read_text())


def replayed(name: str) -> Answer:
    """What was answered then: status, reason phrase, headers and body."""
    said = recorded(name)["response"]
    text = said["body"] if isinstance(said["body"], str) else json.dumps(said["body"])
    kept = {
        header: value
        for header, value in said["headers"].items()
        if header not in {"Transfer-Encoding", "Content-Length"}  # the server's own
    }
    return Answer(said["status"], text, said["reason"], kept)


def score_of(story: Story) -> tuple[str, Decimal, Decimal]:
    """Who was graded in the story, with what, out of what."""
    name = (*story.sent, *story.shown)[0]
    asked = recorded(name)["request"]
    told = asked.get("json") or asked.get("form") or {}
    about = asked["url"].partition("user_id=")[2]
    person = str(told.get("userId") or told.get("userid") or about or 5)
    points = str(told.get("scoreGiven") or told.get("grade") or 50)
    worth = Decimal(points) if points.replace(".", "").isdecimal() else Decimal(50)
    return person, worth, Decimal(str(told.get("scoreMaximum", 100)))


def send(place: Place, story: Story) -> None:
    """Have the story's grade sent, as often as it takes."""
    _, points, maximum = score_of(story)
    if story.before:
        place.promise(story.before)
        long_ago = timezone.now() - timedelta(days=1)
        place.intents.update(state="delivered", stamp=long_ago, posted_at=long_ago)
        place.jobs.update(state="done")
    place.promise(str(points), maximum=maximum)
    while place.attempt().state == "waiting":
        pass


def ended(place: Place) -> tuple[str, str]:
    """How the last grade ended."""
    last = place.intents.latest("version")
    return last.state, last.error


def named(story: Story) -> str:
    """What a story is called in the tests' list."""
    return next(iter((*story.sent, *story.shown)))


@pytest.mark.parametrize("story", AGS, ids=named)
def test_a_recorded_score_ends_as_the_outcome_table_says(server: Scripted, story: Story) -> None:
    moodle = a_place(server, family="moodle")
    person, points, maximum = score_of(story)
    item = moodle.column(f"{PATH}?type_id=1")
    user = moodle.person(person)
    top = min(points, maximum)
    own = {"userId": person, "resultScore": float(top), "resultMaximum": float(maximum)}
    looks = {OURS: Answer(body=json.dumps([own])), NOTHING: Answer(body="[]")}
    shown = [looks.get(name) or replayed(name) for name in story.shown]
    moodle.says("GET", f"{PATH}/results", *shown)
    moodle.says("POST", f"{PATH}/scores", *map(replayed, story.sent))
    place = Place(item, user, a_cell("moodle"), ags.cell(item, user.pk))

    send(place, story)

    assert ended(place) == story.end
    posts = [asked.body for asked in moodle.asked(method="POST") if "/scores" in asked.path]
    assert all("\n" not in body for body in posts)


@pytest.mark.parametrize("story", WS, ids=named)
def test_a_recorded_web_service_answer_ends_as_the_outcome_table_says(
    server: Scripted, story: Story
) -> None:
    moodle = a_place(server, family="moodle")
    person, _, _ = score_of(story)
    user = moodle.person(person)
    course = moodle.service.course
    row = Connector.objects.create(
        institution=course.institution, course=course, lms="moodle", base_url=moodle.url
    )
    tokens.keep(row, Grant("token"))
    item = LineItem.objects.create(
        course=course, url=grading.column(row, "5"), source=row.source, maximum=Decimal(100)
    )
    empty = '{"assignments": [{"assignmentid": 5}], "warnings": []}'
    looks = {NOTHING: Answer(body=empty, headers={"Content-Type": "application/json"})}
    shown = [looks.get(name) or replayed(name) for name in story.shown]
    # One address for all: a look, a grade, a look, as often as it is tried.
    talk = [shown[0], replayed(story.sent[0]), shown[-1], replayed(story.sent[0])]
    moodle.says("POST", REST, *(talk if story.end != FAILED else talk[:2] * 4))
    place = Place(item, user, a_cell("moodle"), grading.Cell(row, item, person))

    send(place, story)

    assert ended(place) == story.end


def test_every_recording_of_a_grade_is_in_a_story() -> None:
    told = set().union(*(story.files for story in (*AGS, *WS)))

    assert told | set(NOT_OF_ONE_GRADE) == {path.stem for path in RECORDINGS.glob("*.json")}
    assert not told & set(NOT_OF_ONE_GRADE)
