"""Launches that are not a student's plain click, and courses that were copied or concluded."""

import json
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from tests.conftest import Running
from tests.sandbox.making import HTTP, College, PretendTool, a_college, bearer, links

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
PNS = f"{LTI}platformnotificationservice"
PNS_SCOPE = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
PERSONAL = {"sub", "name", "given_name", "family_name", "email", "picture"}


@pytest.fixture(scope="module")
def learn(sandbox: Running, pretend: PretendTool) -> Iterator[College]:
    """A Blackboard school."""
    made = a_college(sandbox.url, pretend, dialect="blackboard")
    yield made
    made.close()


def test_an_anonymous_launch_says_nothing_of_anybody(library: College) -> None:
    assert not PERSONAL & set(library.launched("student", anonymous=True))
    assert PERSONAL & set(library.launched("student", pii=False)) == {"sub"}


def test_a_guest_has_no_role_and_a_masquerade_names_who_acts(library: College) -> None:
    teacher = library.person("teacher")["id"]

    guest = library.launched("student", roles=[])
    acted = library.launched("student", masquerade=teacher)

    assert guest[f"{LTI}roles"] == []
    assert acted[f"{LTI}custom"]["canvas_masquerading_user_id"] == teacher


def test_an_observer_is_told_with_whom_they_observe(library: College) -> None:
    observer = library.launched("observer")

    observed = observer[f"{LTI}custom"]["canvas_user_observees"]
    assert observed == library.person("student")["sub"]
    assert any(role.endswith("#Mentor") for role in observer[f"{LTI}roles"])


def test_blackboards_launches_are_its_own(learn: College) -> None:
    told = learn.launched("student")
    preview = learn.launched("teststudent")

    assert "https://blackboard.com/lti/claim/one_time_session_token" in told
    assert told[f"{LTI}roles"] == ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"]
    assert told[f"{LTI}custom"]["resource_link_id_history"] == "$ResourceLink.id.history"
    assert any(role.endswith("#TestUser") for role in preview[f"{LTI}roles"])


def test_blackboards_roster_has_groups_where_they_are_asked_for(learn: College) -> None:
    token = learn.service_token().json()["access_token"]
    url = learn.course["services"]["memberships"]

    plain = HTTP.get(url, headers=bearer(token)).json()["members"]
    grouped = HTTP.get(f"{url}?groups=true", headers=bearer(token)).json()["members"]

    assert "group_enrollments" not in plain[0]
    assert grouped[0]["group_enrollments"][0]["group_id"].startswith("_")


def test_a_students_work_opens_by_its_own_message_and_on_canvas_as_a_link(
    college: College, learn: College
) -> None:
    work = f"{college.tool.url}/lti/launch?attempt=7"
    told: list[dict[str, Any]] = []
    for school in (college, learn):
        placed = school.control(
            "links", course=school.course["id"], title="Quiz", lineItem={"scoreMaximum": 10}
        )
        about = {"for_user": school.person("student")["id"], "line_item": placed["line_item"]["id"]}
        if school is college:
            score = {
                "userId": school.person("student")["sub"],
                "activityProgress": "Completed",
                "gradingProgress": "PendingManual",
                "timestamp": "2026-01-01T10:00:00.000Z",
                "https://canvas.instructure.com/lti/submission": {
                    "submission_type": "basic_lti_launch",
                    "submission_data": work,
                },
            }
            where = f"line_items/{placed['line_item']['id']}/scores"
            assert school.services().post(where, json=score).status_code == 200
        told.append(school.launched("teacher", message="LtiSubmissionReviewRequest", **about))
    canvas, blackboard = told

    assert canvas[f"{LTI}message_type"] == "LtiResourceLinkRequest"
    assert canvas[f"{LTI}target_link_uri"] == work
    assert blackboard[f"{LTI}message_type"] == "LtiSubmissionReviewRequest"
    assert blackboard[f"{LTI}for_user"]["user_id"] == learn.person("student")["sub"]
    assert "lineitem" in blackboard[AGS]


def test_an_administrator_asks_about_a_persons_data(library: College) -> None:
    student = library.person("student")

    told = library.launched("teacher", message="DataPrivacyLaunchRequest", for_user=student["id"])

    assert told[f"{LTI}for_user"]["user_id"] == student["sub"]
    assert f"{LTI}resource_link" not in told
    assert told[f"{LTI}roles"][0].endswith("system/person#Administrator")


def test_a_copied_course_keeps_its_links_and_tells_where_it_came_from(
    college: College, learn: College
) -> None:
    for school, history in ((college, "context_id_history"), (learn, "resource_link_id_history")):
        old = school.control(
            "links",
            course=school.course["id"],
            title="Tutor",
            custom={"tutor_placement": "p1"},
            lineItem={"scoreMaximum": 4},
        )
        made = school.control("copies", course=school.course["id"], name="Next year")["course"]
        where = {"course": made["id"]}
        new = HTTP.get(f"{school.url}/sandbox/links", params=where).json()[-1]
        told = school.launched("teacher", course=made["id"], link=new["id"])
        expected = {
            "context_id_history": school.course["context_id"],
            "resource_link_id_history": old["link_id"],
        }

        assert told[f"{LTI}context"]["title"] == "Next year"
        assert told[f"{LTI}custom"]["tutor_placement"] == "p1"
        assert told[f"{LTI}custom"][history] == expected[history]
        assert new["link_id"] != old["link_id"]
        assert new["line_item"]["id"] != old["line_item"]["id"]
        assert set(made["enrolments"]) == {"teacher", "ta"}


def test_canvas_tells_a_tool_of_a_copy_where_it_asked_to_hear(college: College) -> None:
    service = college.launched("teacher")[PNS]["platform_notification_service_url"]
    token = college.service_token(PNS_SCOPE).json()["access_token"]
    handler = f"{college.tool.url}/lti/notices"
    wanted = {"notice_type": "LtiContextCopyNotice", "handler": handler}

    foreign = {**wanted, "handler": "https://elsewhere.example/"}
    refused = HTTP.put(service, json=foreign, headers=bearer(token))
    bare = HTTP.put(service, json=wanted)
    catalogue = HTTP.put(service, json=wanted, headers=bearer(token)).json()
    copy = college.control("copies", course=college.course["id"])
    notice = json.loads(college.tool.taken[-1])["notices"][0]["jwt"]
    told = jwt.decode(notice, options={"verify_signature": False})

    assert (refused.status_code, bare.status_code) == (400, 401)
    assert catalogue["notice_handlers"][0] == wanted
    assert copy["notices"][0]["status"] == 204
    assert told[f"{LTI}notice"]["type"] == "LtiContextCopyNotice"
    assert told[f"{LTI}context"]["id"] == copy["course"]["context_id"]
    assert told[f"{LTI}origin_contexts"] == [college.course["context_id"]]


def test_a_concluded_course_says_so_and_canvas_has_no_grades_of_it(college: College) -> None:
    services = college.services()
    before = services.get("line_items").status_code
    college.control(f"courses/{college.course['id']}", state="completed")

    told = college.launched("student")

    assert told[f"{LTI}custom"]["canvas_course_workflow_state"] == "completed"
    assert [before, services.get("line_items").status_code] == [200, 404]


def test_a_link_without_a_column_takes_none_on_canvas(college: College) -> None:
    bare = college.control("links", course=college.course["id"], title="Tutor")
    graded = college.control(
        "links", course=college.course["id"], title="Quiz", lineItem={"scoreMaximum": 4}
    )
    services = college.services()
    told = {"label": "More", "scoreMaximum": 1}

    answers = [
        services.post("line_items", json={**told, "resourceLinkId": one["link_id"]}).status_code
        for one in (bare, graded)
    ]
    named = services.get("line_items", params={"include[]": "launch_url"}).json()

    assert answers == [412, 201]
    assert "https://canvas.instructure.com/lti/launch_url" in named[0]
    assert services.delete(f"line_items/{graded['line_item']['id']}").status_code == 401


def test_canvas_takes_no_more_hand_ins_than_it_allows_but_grades_them_still(
    college: College,
) -> None:
    where = {"course": college.course["id"], "label": "Essay", "maximum": 10}
    column = college.control("columns", **where, attempts=1)
    services = college.services()
    score = {
        "userId": college.person("student")["sub"],
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "scoreGiven": 1,
        "scoreMaximum": 1,
        "timestamp": "2026-01-01T10:00:00.000Z",
    }
    graded = {**score, "https://canvas.instructure.com/lti/submission": {"new_submission": False}}

    answers = [services.post(f"{column['url']}/scores", json=one) for one in (score, score, graded)]

    assert [one.status_code for one in answers] == [200, 422, 200]
    assert "allowed attempts" in answers[1].text


def test_a_course_may_have_an_installation_of_its_own(college: College) -> None:
    own = college.control("deployments", world=college.name, course=college.course["id"])

    told = college.launched("student")

    assert told[f"{LTI}deployment_id"] == own["deployment_id"]
    assert told[f"{LTI}deployment_id"] != college.registration["deployment_id"]


def test_the_pages_lead_to_placed_links_reviews_and_copies(college: College) -> None:
    placed = college.control(
        "links", course=college.course["id"], title="Placed here", lineItem={"scoreMaximum": 4}
    )
    teacher = college.browser("teacher")

    course = teacher.get(college.place("")[:-1]).text
    book = teacher.get(college.place("gradebook")).text
    copied = teacher.post(college.place("settings"), data={"do": "copy"})
    student = college.browser("student").post(college.place("settings"), data={"do": "copy"})
    frame = teacher.get(
        f"{college.place('launch')}/{college.person('teacher')['id']}",
        params={"link": placed["id"]},
    )

    assert "Placed here" in course
    assert f'name="next" value="{college.place("")[:-1]}"' in course
    assert "Open this student’s work" in book
    assert "Placed here" in copied.text
    assert copied.url.path != college.place("")[:-1]
    assert student.status_code == 404
    assert f"link={placed['id']}" in frame.text


def test_a_roster_of_five_hundred_comes_in_pages_and_one_of_them_may_fail(
    sandbox: Running, pretend: PretendTool
) -> None:
    school = a_college(sandbox.url, pretend, filler_students=491)
    fault = {"kind": "status", "status": 500, "path": "names_and_roles", "after": 6}
    school.control("faults", world=school.name, **fault)
    services, url, seen = school.services(), "names_and_roles?limit=50", list[int]()
    people = 0

    while url and len(seen) < 30:
        answer = services.get(url)
        seen.append(answer.status_code)
        if answer.status_code == 200:
            people += len(answer.json()["members"])
            url = links(answer).get("next", "")

    school.close()
    assert (people, len(seen)) == (500, 11)
    assert [number for number, status in enumerate(seen, 1) if status != 200] == [7]
