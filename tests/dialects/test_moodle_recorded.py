"""What a real Moodle 4.5.6 said, understood by our client and mapper over HTTP."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from pydantic import TypeAdapter

from connectors import outline
from connectors.errors import AdminToken
from connectors.moodle import client, payloads, roster, wire
from connectors.moodle.wire import Wire
from connectors.tokens import Given
from tests.dialects.recorded_moodle import FILES, TOKEN, WS, Recorded, forms, serving
from tests.sandbox.recorded import exchange, families
from tutorai import http
from tutorai.errors import (
    LMSError,
    LMSMisunderstood,
    LMSNotFound,
    LMSRefused,
    LMSUnauthorised,
    LMSUnavailable,
    TooBig,
)
from tutorai.lmsdm.schema import ContentItem, Handed, Kind, Role, Unreadable

BIOLOGY, CELLS = "6", "7"
STATE = (
    '{"section": [{"id": "15", "hasrestrictions": false}, {"id": "16", "hasrestrictions": false},'
    ' {"id": "17", "hasrestrictions": true}, {"id": "18", "hasrestrictions": false},'
    ' {"id": "19", "hasrestrictions": false}]}'
)
# Functions of ours, and what their answers are read as.
OURS: dict[str, Any] = {
    "core_webservice_get_site_info": payloads.Site,
    "core_course_get_contents": client.SECTIONS,
    "core_course_get_courses": client.COURSES,
    "core_course_get_courses_by_field": payloads.Courses,
    "core_enrol_get_users_courses": client.COURSES,
    "core_enrol_get_enrolled_users": roster.PEOPLE,
    "core_group_get_course_groups": roster.GROUPS,
    "mod_page_get_pages_by_courses": payloads.Pages,
    "mod_quiz_get_quizzes_by_courses": payloads.Quizzes,
    "mod_assign_get_assignments": payloads.Works,
    "mod_assign_get_submissions": payloads.Submitted,
    "mod_assign_get_grades": payloads.Graded,
}
REFUSED: dict[str, type[LMSError]] = {
    # by their errorcode
    "ws_err_bearer_header": LMSUnauthorised,
    "ws_err_expired_token": LMSUnauthorised,
    "ws_err_invalid_token": LMSUnauthorised,
    "ws_err_missing_token": LMSUnauthorised,
    "ws_err_ip_restricted": LMSRefused,
    "ws_err_function_not_in_service": LMSRefused,
    "ws_err_missing_cap_enrolled_onlyactive": LMSRefused,
    "ws_err_missing_cap_enrolled_withcapability": LMSRefused,
    "ws_err_missing_cap_grade_items": LMSRefused,
    "ws_err_missing_cap_groups": LMSRefused,
    "ws_err_missing_capability_participants": LMSRefused,
    "ws_err_capability_debug": LMSRefused,
    "ws_get_courses_as_teacher": LMSRefused,
    "ws_save_grade_as_student": LMSRefused,
    "ws_err_array_as_scalar": LMSRefused,
    "ws_err_invalid_parameter_debug": LMSRefused,
    "ws_err_invalid_parameter_type": LMSRefused,
    "ws_err_missing_parameter": LMSRefused,
    "ws_err_unexpected_parameter": LMSRefused,
    "ws_save_grade_bool_true_string": LMSRefused,
    "ws_save_grade_comma_decimal": LMSRefused,
    "ws_save_grade_missing_param": LMSRefused,
    "ws_save_grade_not_number": LMSRefused,
    "ws_users_by_field_bad_field": LMSRefused,
    "ws_login_token_bad_password": LMSRefused,
    "ws_login_token_bad_service": LMSRefused,
    "ws_err_nonexistent_course": LMSNotFound,
    "ws_err_nonexistent_course_enrolled": LMSNotFound,
    "ws_err_unknown_function": LMSNotFound,
    "ws_save_grade_bad_assignment": LMSNotFound,
    "ws_save_grade_err_no_plugindata_existing_comment": LMSUnavailable,
    # by a warning
    "ws_assignments": LMSRefused,
    "ws_assignments_nonexistent_course": LMSRefused,
    "ws_pages_bad_course": LMSRefused,
    "ws_submissions_as_student": LMSRefused,
    # by their form: XML, a web page, a download of text
    "ws_err_json_body": LMSMisunderstood,
    "ws_err_no_format_param_xml": LMSMisunderstood,
    "ws_ok_no_format_param_xml": LMSMisunderstood,
    "ws_upload_draft": LMSMisunderstood,
    "ws_err_rest_wrong_path": LMSNotFound,
}


@pytest.fixture(scope="module")
def server() -> Iterator[Recorded]:
    """One server for all; a test that makes it say something else makes it forget that."""
    with serving() as made:
        yield made


@pytest.fixture
def recorded(server: Recorded) -> Iterator[Recorded]:
    """The server with what was not recorded."""
    server.others = {
        "core_courseformat_get_state": STATE,
        "core_grading_get_definitions": {"areas": []},
        "core_group_get_group_members": [{"groupid": 3, "userids": [5, 6]}],
        "mod_forum_get_forums_by_courses": [{"id": 3, "cmid": 32, "type": "general"}],
        "core_enrol_get_enrolled_users": exchange("ws_enrolled_users")["response"]["body"],
    }
    yield server
    server.next = ""
    server.heard.clear()
    server.asked.clear()


def whole(answer: dict[str, Any]) -> bool:
    return answer["status"] == 200 and "body" not in answer


def spoken(recorded: Recorded) -> Wire:
    return Wire(recorded.url, Given(TOKEN), patience=0)


# --- every recording ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", families()[WS])
def test_every_recorded_answer_is_understood_or_refused_by_name(
    recorded: Recorded, name: str
) -> None:
    recorded.next = name
    function = forms().get(name, {}).get("wsfunction", "")
    ask = spoken(recorded)
    if name in REFUSED:
        with pytest.raises(LMSError) as told:
            ask.asked(payloads.Pages, function)
        assert type(told.value) is REFUSED[name]
        return

    answer = ask.ask(function)

    wire.heed(answer)
    kind = OURS.get(function)
    if isinstance(kind, TypeAdapter):
        assert client.listed(kind, answer) is not None
    elif kind is not None:
        assert wire.understood(kind, answer)


def test_the_token_is_in_the_form_and_nowhere_else(
    recorded: Recorded, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    lms = recorded.moodle()
    items = {item.title: item for item in lms.listing(BIOLOGY)[0]()}

    lms.download(BIOLOGY, items["Syllabus (PDF)"], BytesIO(), 10**6)

    tokens = [form.get("wstoken") or form.get("token") for form in recorded.heard]
    assert set(tokens) == {TOKEN}
    assert not any(TOKEN in path for path in recorded.asked)
    assert TOKEN not in caplog.text
    assert "userprivateaccesskey" not in caplog.text


# --- the site ----------------------------------------------------------------------------------


def test_a_service_says_whose_it_is_and_what_it_leaves_out(recorded: Recorded) -> None:
    standing = recorded.moodle().standing()

    assert (standing.owner, standing.site) == ("10", "Tutor Fixture University")
    assert "core_courseformat_get_state" in standing.lacks
    assert "mod_forum_add_discussion" in standing.lacks
    assert "core_course_get_contents" not in standing.lacks
    assert "downloadfiles" not in standing.lacks


def test_an_administrator_s_token_is_refused(recorded: Recorded) -> None:
    recorded.next = "ws_site_info_admin"

    with pytest.raises(AdminToken):
        recorded.moodle().standing()


def test_a_course_is_named_as_it_is_meant(recorded: Recorded) -> None:
    biology = recorded.moodle().course(BIOLOGY)

    assert (biology.title, biology.code, biology.state) == (
        "Introduction to Biology",
        "BIO101",
        "available",
    )
    assert biology.end_at == datetime(2027, 1, 1, tzinfo=UTC)
    recorded.next = "ws_setting_filter_off"
    assert recorded.moodle().course(CELLS).title == 'Cells & Systems: "A"'


def test_a_course_that_is_not_there_is_not_found(recorded: Recorded) -> None:
    recorded.next = "ws_get_courses_by_field_none"

    with pytest.raises(LMSNotFound):
        recorded.moodle().course("99999")


# --- what is in a course -----------------------------------------------------------------------


def test_the_whole_course_is_read_in_a_handful_of_calls(recorded: Recorded) -> None:
    lms = recorded.moodle()

    items = {i.item_id: i for answer in lms.listing(BIOLOGY)[:3] for i in answer()}
    nodes = lms.toc(BIOLOGY)
    works = lms.assignments(BIOLOGY)

    functions = [form["wsfunction"] for form in recorded.heard]
    assert len(functions) == len(set(functions)) == 5
    assert [node.title for node in nodes if node.parent_id is None] == [
        "Welcome",
        "Unit 1: The Cell",
        "Unit 2: DNA & RNA",
        "Unit 3: Evolution",
        "Hidden: Instructor notes",
    ]
    titles = {item.title: item.kind for item in items.values()}
    assert titles["Cell structure & function"] is Kind.PAGE
    assert titles["Syllabus (PDF)"] is Kind.FILE
    assert titles["lab1.txt"] is Kind.FILE
    assert titles["Replication"] is Kind.PAGE
    assert [work.max_points for work in works] == [Decimal(100), Decimal(50)]
    bare = {item.title: item for item in outline.bare(nodes, items)}
    assert bare["Khan: Cells"].url == "https://www.khanacademy.org/science/biology?x=1&y=2"
    assert bare["Khan: Cells"].unreadable is Unreadable.EXTERNAL
    assert {"Course questions", "Tutor.AI: Cell tutor"} <= set(bare)


def test_what_is_hidden_or_in_a_restricted_section_is_shown_to_no_student(
    recorded: Recorded,
) -> None:
    lms = recorded.moodle()
    listed = [item for answer in lms.listing(BIOLOGY)[:3] for item in answer()]
    placed = {item.title: item for item in outline.placed(listed, lms.toc(BIOLOGY))}

    assert not placed["Answer key (hidden)"].window.published
    assert placed["Cell structure & function"].window.condition is None
    # Section 17 is said to be restricted: by what, no function tells.
    for title in ("Syllabus (PDF)", "lab1.txt", "Replication"):
        assert placed[title].window.condition is not None


def test_without_knowing_which_sections_are_restricted_none_is_open(recorded: Recorded) -> None:
    del recorded.others["core_courseformat_get_state"]
    lms = recorded.moodle()

    assert all(n.window.condition for n in lms.toc(BIOLOGY) if n.parent_id is None)


def test_what_the_service_leaves_out_costs_only_what_it_is_for(recorded: Recorded) -> None:
    refused = {"exception": "x", "errorcode": "accessexception", "message": ""}
    out = {"mod_assign_get_assignments", "mod_quiz_get_quizzes_by_courses"}
    out |= {"mod_forum_get_forums_by_courses", "mod_forum_get_forum_discussions"}
    site = exchange("ws_site_info")["response"]["body"]
    recorded.others |= dict.fromkeys(out, refused)
    lms = recorded.moodle()
    with pytest.raises(LMSRefused):  # it is in the service: what is refused is something else
        lms.assignments(BIOLOGY)

    told = [one for one in site["functions"] if one["name"] not in out]
    recorded.others["core_webservice_get_site_info"] = {**site, "functions": told}
    items = {item.title for answer in lms.listing(BIOLOGY) for item in answer()}

    assert {"Cell structure & function", "Syllabus (PDF)"} <= items
    assert lms.assignments(BIOLOGY) == []


def test_a_page_s_text_comes_with_all_pages_and_its_pictures_are_addressed(
    recorded: Recorded,
) -> None:
    lms = recorded.moodle()
    items = {item.title: item for item in lms.listing(BIOLOGY)[0]()}

    body = lms.body(BIOLOGY, items["Cell structure & function"])

    assert "phospholipid bilayer" in body
    assert f"{recorded.url}/webservice/pluginfile.php/52/mod_page/content/cell.png" in body
    assert "Office hours" in lms.body(BIOLOGY, items["Welcome label"])
    assert "Summary for section 1" in lms.body(BIOLOGY, items["Unit 1: The Cell"])


def test_what_is_too_much_at_once_comes_piece_by_piece(recorded: Recorded) -> None:
    whole = exchange("ws_course_contents")["response"]["body"]
    padding = "x" * http.CAP

    def contents(form: dict[str, str]) -> Any:
        if form.get("options[0][name]") == "excludemodules":
            return [{**section, "modules": []} for section in whole]
        wanted = form.get("options[0][value]")
        found = [section for section in whole if wanted in (None, str(section["id"]))]
        return found if wanted else [*found, {"id": 0, "summary": padding}]

    recorded.others["core_course_get_contents"] = contents
    recorded.others["mod_page_get_pages_by_courses"] = {"pages": [], "more": padding}
    lms = recorded.moodle()
    items = {item.title: item for item in lms.listing(BIOLOGY)[0]()}
    recorded.next = "file_page_content_1"

    body = lms.body(BIOLOGY, items["Cell structure & function"])

    assert {"Syllabus (PDF)", "lab2.txt", "Replication"} <= set(items)
    assert len(body) == 271


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("file_pluginfile_bad_token", LMSUnauthorised),
        ("file_pluginfile_no_token", LMSRefused),
        ("file_pluginfile_bearer", LMSRefused),
        ("file_hidden_as_student", LMSRefused),
        ("file_pluginfile_missing_file", LMSNotFound),
        ("file_pluginfile_non_ws_path", LMSMisunderstood),
    ],
)
def test_what_is_no_file_is_not_stored_as_one(
    recorded: Recorded, name: str, error: type[LMSError]
) -> None:
    recorded.next = name
    item = ContentItem(
        item_id="handed:1",
        course_id=BIOLOGY,
        kind=Kind.FILE,
        url=f"{recorded.url}/webservice/pluginfile.php/55/mod_resource/content/0/nothere.pdf",
    )
    to = BytesIO()

    with pytest.raises(LMSError) as told:
        recorded.moodle().download(BIOLOGY, item, to, 10**6)

    assert isinstance(told.value, error)
    assert not to.getvalue()


@pytest.mark.parametrize(
    "name", [n for n, one in families()[FILES].items() if whole(one["response"])]
)
def test_a_file_comes_whole_or_not_at_all(recorded: Recorded, name: str) -> None:
    then = exchange(name)["response"]
    recorded.next = name
    size = int(then["headers"].get("Content-Length", 0))
    item = ContentItem(
        item_id="handed:1",
        course_id=BIOLOGY,
        kind=Kind.FILE,
        url=exchange(name)["request"]["url"].replace("http://127.0.0.1:8888", recorded.url),
    )
    to = BytesIO()

    recorded.moodle().download(BIOLOGY, item, to, 10**6)

    assert len(to.getvalue()) == size
    with pytest.raises(TooBig):
        recorded.moodle().download(BIOLOGY, item, BytesIO(), size - 1)


# --- work and people ---------------------------------------------------------------------------


def test_work_has_its_dates_its_points_and_how_it_is_handed_in(recorded: Recorded) -> None:
    essay, report = recorded.moodle().assignments(BIOLOGY)

    assert essay.due_date == datetime.fromtimestamp(1795948675, UTC)
    assert (report.due_date, report.max_points) == (None, Decimal(50))
    assert (essay.hand_in, report.hand_in) == (("text",), ("file",))
    assert essay.attempts == 1
    assert "300 words" in essay.content


def test_what_was_handed_in_comes_with_its_words_files_and_grades(recorded: Recorded) -> None:
    recorded.others["mod_assign_get_grades"] = exchange("ws_get_grades")["response"]["body"]
    told = {(s.assignment_id, s.user_id): s for s in recorded.moodle().submissions(BIOLOGY)}

    ada = told["assignment:5", "5"]
    assert (ada.state, ada.score, ada.attempt) == (Handed.GRADED, Decimal("87.5"), 1)
    assert "selectively permeable" in ada.body
    assert told["assignment:5", "7"].body.startswith("<p>Błona")
    assert told["assignment:5", "9"].submitted_at is None  # graded, and handed in nothing
    recorded.others["mod_assign_get_submissions"] = exchange("ws_submissions_draft_state")[
        "response"
    ]["body"]
    [draft] = [s for s in recorded.moodle().submissions(BIOLOGY) if s.files]
    assert (draft.state, draft.files[0].name) == (Handed.DRAFT, "lab report (final).txt")


def test_everybody_has_a_role_and_their_groups(recorded: Recorded) -> None:
    recorded.others["core_enrol_get_enrolled_users"] = exchange("ws_enrolled_users")["response"][
        "body"
    ]
    people = {one.user.user_id: one for one in recorded.moodle().people(BIOLOGY)}

    assert people["3"].enrolment.role is Role.TEACHER
    assert people["4"].enrolment.role is Role.TA
    assert people["6"].user.name == "Zoë O'Brien & Co"
    assert (people["5"].enrolment.groups, people["7"].enrolment.groups) == (("3",), ())
    assert people["5"].uuid == "5"
    [group] = recorded.moodle().parts(BIOLOGY)
    assert (group.part_id, group.name, group.is_group) == ("3", "Lab A", True)


def test_a_quiz_is_named_and_its_questions_stay_shut(recorded: Recorded) -> None:
    [quiz] = recorded.moodle().quizzes(BIOLOGY)

    assert (quiz.quiz_id, quiz.title, quiz.questions) == ("quiz:3", "Quiz: organelles", ())
    assert (quiz.minutes, quiz.attempts) == (None, None)
