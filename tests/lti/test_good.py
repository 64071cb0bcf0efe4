"""1EdTech's valid teacher and student launches (TCH and STU), and who arrives as what."""

from typing import Any

import pytest

from lti.claims import GRADES
from lti.models import ResourceLink
from lti.roles import effective
from tests.lti.placing import asked
from tests.lti.platform import INSTRUCTOR, LEARNER, LIS, REMOVE, Platform
from tutorai.lmsdm.models import Enrolment, Identity
from tutorai.lmsdm.schema import Role

NAMES = dict.fromkeys(("name", "given_name", "family_name"), REMOVE)
NO_PII = {**NAMES, "email": REMOVE}
HELPER = f"{LIS}unknown/unknown#Helper"


def test_an_instructor_is_a_teacher_tch_01(platform: Platform) -> None:
    launched = platform.launch(roles=[INSTRUCTOR])

    assert launched.role == "teacher"
    assert launched.island["course"]["title"] == "Physics"
    assert launched.island["message_type"] == "LtiResourceLinkRequest"
    assert launched.island["user"]["name"] == "Ada Lovelace"


def test_institution_roles_beside_it_change_nothing_tch_02(platform: Platform) -> None:
    person = f"{LIS}institution/person"

    assert platform.launch(roles=[INSTRUCTOR, f"{person}#Staff", f"{person}#Other"]).role == (
        "teacher"
    )


def test_a_short_role_name_is_understood_tch_03(platform: Platform) -> None:
    assert platform.launch(roles=["Instructor"]).role == "teacher"


def test_an_unknown_role_launches_as_a_guest_tch_04(platform: Platform) -> None:
    assert platform.launch(roles=[HELPER]).role == "guest"


@pytest.mark.parametrize("roles", [[""], [], [None], [5, {}]])
def test_no_role_launches_as_a_guest_tch_05_stu_05(platform: Platform, roles: Any) -> None:
    assert platform.launch(roles=roles).role == "guest"


@pytest.mark.parametrize("role", [INSTRUCTOR, LEARNER])
def test_a_person_with_an_email_only_has_no_name_tch_06_stu_06(
    platform: Platform, role: str
) -> None:
    launched = platform.launch(roles=[role], **NAMES)

    assert launched.island["user"]["name"] == ""
    assert launched.session.user.email == "ada@school.example"


@pytest.mark.parametrize("role", [INSTRUCTOR, LEARNER])
def test_a_person_with_name_parts_only_is_called_by_them_tch_07_stu_07(
    platform: Platform, role: str
) -> None:
    launched = platform.launch(roles=[role], name=REMOVE, email=REMOVE)

    assert launched.island["user"]["name"] == "Ada Lovelace"
    assert launched.session.user.email == ""


@pytest.mark.parametrize("role", [INSTRUCTOR, LEARNER])
def test_a_person_without_personal_data_is_the_same_each_time_tch_08_stu_08(
    platform: Platform, role: str
) -> None:
    first, second = (platform.launch(roles=[role], **NO_PII) for _ in range(2))

    assert first.session.user_id == second.session.user_id
    assert first.role == second.role != "guest"


@pytest.mark.parametrize(("role", "shown"), [(INSTRUCTOR, "teacher"), (LEARNER, "student")])
def test_a_launch_outside_a_course_works_tch_09_stu_09(
    platform: Platform, role: str, shown: str
) -> None:
    launched = platform.launch(roles=[role], context=REMOVE, **NAMES)

    assert launched.role == shown
    assert launched.island["course"] is None


def test_a_learner_is_a_student_stu_01(platform: Platform) -> None:
    assert platform.launch(roles=[LEARNER]).role == "student"


def test_roles_in_the_institution_beside_it_change_nothing_stu_02(platform: Platform) -> None:
    roles = [LEARNER, f"{LIS}institution/person#Student", f"{LIS}membership#Mentor"]

    assert platform.launch(roles=roles).role == "student"


def test_a_short_learner_is_understood_stu_03(platform: Platform) -> None:
    assert platform.launch(roles=["Learner"]).role == "student"


def test_an_unknown_role_beside_learner_changes_nothing_stu_04(platform: Platform) -> None:
    assert platform.launch(roles=[LEARNER, HELPER]).role == "student"


def test_a_link_and_nothing_else_is_enough_stu_10(platform: Platform) -> None:
    launched = platform.launch(context=REMOVE, launch_presentation=REMOVE, **NO_PII)

    assert launched.role == "student"
    assert launched.session.resource_link is not None


def test_what_a_launch_tells_again_is_written_once_and_what_changed_is_renewed(
    platform: Platform,
) -> None:
    first, again = platform.launch(), platform.launch()
    later = platform.launch(
        context={"id": "course-1", "title": "Physics II"},
        resource_link={"id": "link-1", "title": "Coach"},
        name="Ada King",
    )

    assert first.session.user_id == again.session.user_id == later.session.user_id
    assert first.session.course_id == later.session.course_id
    assert first.session.resource_link_id == later.session.resource_link_id
    assert later.island["course"]["title"] == "Physics II"
    assert later.island["user"]["name"] == "Ada King"
    assert ResourceLink.objects.filter(launchsession=later.session).get().title == "Coach"
    assert again.session.refresh_hash != first.session.refresh_hash


def test_a_link_that_is_the_course_itself_is_no_link_of_its_own(platform: Platform) -> None:
    launched = platform.launch(resource_link={"id": "course-1"})

    assert launched.session.resource_link is None


def test_a_launch_wins_over_what_a_roster_said(platform: Platform) -> None:
    first = platform.launch(roles=[INSTRUCTOR])
    place = Enrolment.objects.filter(user=first.session.user, course=first.session.course)
    place.update(seen_from=Enrolment.From.NRPS, role="student", active=False)

    assert platform.launch(roles=[INSTRUCTOR]).role == "teacher"
    assert place.get().active


@pytest.mark.parametrize(
    ("told", "zone"),
    [
        ({"custom": {"person_timezone": "Europe/Berlin"}}, "Europe/Berlin"),
        ({"custom": {"person_timezone": "$Person.address.timezone"}}, ""),
        ({"custom": {"person_timezone": "Mars/Olympus"}, "zoneinfo": "Asia/Tokyo"}, "Asia/Tokyo"),
        ({"custom": {"person_timezone": "../../etc/passwd"}}, ""),
        ({"custom": {"person_timezone": "Europe"}}, ""),
        ({"zoneinfo": "x" * 65}, ""),
    ],
)
def test_a_time_zone_counts_when_it_is_one(platform: Platform, told: Any, zone: str) -> None:
    assert platform.launch(**told).session.time_zone == zone


@pytest.mark.parametrize(
    "custom", [None, [], "x", {"a": None, "b": ["x"], "c": 7, "d": "$Unfilled"}]
)
def test_custom_values_that_are_none_do_no_harm(platform: Platform, custom: Any) -> None:
    assert platform.launch(custom=custom).role == "student"


def test_a_deep_linking_request_needs_neither_link_nor_target(platform: Platform) -> None:
    launched = asked(platform)

    assert launched.island["message_type"] == "LtiDeepLinkingRequest"
    assert launched.session.resource_link is None


def test_a_canvas_test_student_is_known_as_one(platform: Platform) -> None:
    launched = platform.launch(
        roles=[LEARNER, "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"]
    )

    assert launched.session.user.is_test
    assert launched.role == "student"


def test_a_masquerade_is_kept_with_the_session_and_told_to_the_page(platform: Platform) -> None:
    acted = platform.launch(custom={"canvas_masquerading_user_id": "77"})
    plain = platform.launch(custom={"canvas_masquerading_user_id": "$Canvas.masqueradingUser.id"})

    assert (acted.session.masquerade, acted.island["masquerade"]) == ("77", True)
    assert (plain.session.masquerade, plain.island["masquerade"]) == ("", False)


@pytest.mark.parametrize(
    ("custom", "place"),
    [
        ({"canvas_module_item_id": "77", "canvas_assignment_id": "5"}, "item:77"),
        (
            {"canvas_module_item_id": "$Canvas.moduleItem.id", "canvas_assignment_id": "5"},
            "assignment:5",
        ),
        ({"canvas_assignment_id": "$Canvas.assignment.id"}, ""),
    ],
)
def test_where_in_the_course_a_launch_stood_is_kept(
    platform: Platform, custom: dict[str, str], place: str
) -> None:
    assert platform.launch(custom=custom).session.placement == place


def test_sections_come_from_canvas_and_stay_when_a_launch_tells_none(platform: Platform) -> None:
    told = platform.launch(custom={"canvas_course_section_ids": "12, 7,,12"})
    silent = platform.launch()
    moved = platform.launch(custom={"canvas_course_section_ids": ""})

    assert told.session.sections == silent.session.sections == ["12", "7"]
    assert moved.session.sections == ["12", "7"]


@pytest.mark.parametrize("path", ["", "/", "?assistant=7", "/lti/launch?x=1"])
def test_a_link_may_point_anywhere_inside_this_tool(platform: Platform, path: str) -> None:
    assert platform.launch(target_link_uri=platform.tool.url + path).role == "student"


def joined(platform: Platform, lms: str) -> set[str]:
    """Return which REST ids of an LMS lead to rows of this platform's institution."""
    held = Identity.objects.filter(
        institution=platform.registration.institution, source__startswith=f"{lms}:"
    )
    return {f"{row.kind} {row.external_id}" for row in held}


CANVAS = {
    "canvas_user_id": "5",
    "canvas_course_id": "9",
    "canvas_api_base_url": "https://school.example",
}


def test_canvas_joins_its_own_ids_once(platform: Platform) -> None:
    platform.register("--family", "canvas")

    platform.launch(custom=CANVAS)
    platform.launch(custom={**CANVAS, "canvas_api_domain": "school.example"})

    assert joined(platform, "canvas") == {"user school.example/5", "course school.example/9"}


@pytest.mark.parametrize(
    ("named", "there"),
    [
        ("9", True),
        ("10000000000009", True),
        ("1~9", True),
        ("10", False),
        ("sis_course_id:9", False),
    ],
)
def test_a_course_of_canvas_is_the_one_that_its_services_are_of(
    platform: Platform, named: str, there: bool
) -> None:
    """A link's own custom values are a teacher's to write."""
    platform.register("--family", "canvas")
    address = "https://school.example/api/lti/courses/9/line_items"
    grades: dict[str, Any] = {GRADES: {"lineitems": address}}

    platform.launch(custom={**CANVAS, "canvas_course_id": named}, **grades)

    courses = {f"course school.example/{named}"} if there else set()
    assert joined(platform, "canvas") == {"user school.example/5", *courses}


def test_a_platform_that_calls_itself_canvas_joins_where_no_family_was_named(
    platform: Platform,
) -> None:
    platform.launch(custom=CANVAS, tool_platform={"product_family_code": "Canvas"})

    assert joined(platform, "canvas") == {"user school.example/5", "course school.example/9"}


def test_no_other_platform_can_claim_to_be_in_canvas(platform: Platform) -> None:
    platform.launch(custom=CANVAS)

    assert joined(platform, "canvas") == set()


@pytest.mark.parametrize(
    "custom",
    [
        {**CANVAS, "canvas_api_base_url": "http://[broken"},
        {**CANVAS, "canvas_api_base_url": ""},
        {"canvas_api_domain": "school.example"},
        {**CANVAS, "canvas_user_id": "x" * 600, "canvas_course_id": "y" * 600},
    ],
)
def test_what_canvas_did_not_say_whole_joins_nothing(platform: Platform, custom: Any) -> None:
    platform.register("--family", "canvas")

    assert platform.launch(custom=custom).role == "student"
    assert joined(platform, "canvas") == set()


def test_moodle_joins_the_person_alone_outside_a_course(platform: Platform) -> None:
    platform.register("--family", "moodle")

    platform.launch(sub="7", context=REMOVE)

    place = platform.issuer.partition("://")[2]
    assert joined(platform, "moodle") == {f"user {place}/7"}


def test_blackboard_joins_by_uuid_and_by_the_course_that_its_services_name(
    platform: Platform,
) -> None:
    platform.register("--family", "blackboard")
    address = "https://learn.example/learn/api/v1/lti/courses/_4_1/lineItems"
    grades: dict[str, Any] = {GRADES: {"lineitems": address}}

    platform.launch(sub="abc", **grades)

    assert joined(platform, "blackboard") == {"user learn.example/abc", "course learn.example/_4_1"}


@pytest.mark.parametrize("family", ["blackboard", "other"])  # the latter is asked what it is
def test_blackboard_joins_by_uuid_alone_where_no_service_names_the_course(
    platform: Platform, family: str
) -> None:
    platform.register("--family", family)
    itself = {"url": "https://learn.example/", "product_family_code": "BlackboardLearn"}

    platform.launch(sub="abc", tool_platform=itself, context={"id": "uuid of it"})

    assert joined(platform, "blackboard") == {
        "user learn.example/abc",
        "course learn.example/uuid:uuid of it",
    }


@pytest.mark.parametrize(
    ("uris", "role"),
    [
        ([f"{LIS}membership/Instructor#TeachingAssistant", INSTRUCTOR], Role.TA),
        ([f"{LIS}membership/Instructor#Grader"], Role.TA),
        ([f"{LIS}membership/Instructor#PrimaryInstructor"], Role.TEACHER),
        ([f"{LIS}membership/Learner#Instructor"], Role.GUEST),
        ([f"{LIS}membership/Learner#NonCreditLearner"], Role.STUDENT),
        ([f"{LIS}membership#Administrator"], Role.TEACHER),
        ([f"{LIS}membership#ContentDeveloper"], Role.DESIGNER),
        ([f"{LIS}membership#Mentor"], Role.OBSERVER),
        ([f"{LIS}membership#Manager"], Role.STUDENT),
        ([f"{LIS}whatever#Instructor"], Role.GUEST),
        ([f"{LIS}institution/person#Instructor"], Role.GUEST),
        ([f"{LIS}institution/person#Administrator"], Role.GUEST),
        (["http://evil.example/membership#Instructor"], Role.GUEST),
    ],
)
def test_only_the_exact_role_of_a_course_counts(uris: list[str], role: Role) -> None:
    assert effective(uris) is role


def test_an_administrator_reads_where_the_institution_says_so() -> None:
    uris = [f"{LIS}institution/person#Administrator"]

    assert effective(uris, admins=True) is Role.ADMIN
    assert effective([*uris, LEARNER], admins=True) is Role.STUDENT


def test_a_registration_may_read_roles_its_own_way_and_nonsense_counts_for_nothing() -> None:
    own = {HELPER: "ta", INSTRUCTOR: "guest", LEARNER: "emperor"}

    assert effective([HELPER], overrides=own) is Role.TA
    assert effective([INSTRUCTOR], overrides=own) is Role.GUEST
    assert effective([LEARNER], overrides=own) is Role.STUDENT
