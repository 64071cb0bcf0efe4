"""Launches about a person, and people who are no plain students: who sees whose work, and whose not."""

from datetime import timedelta
from decimal import Decimal
from json import dumps, loads
from typing import Any

import pytest
from django.utils import timezone

from lti import ags, claims, roster
from lti.errors import BadClaim
from lti.models import Registration
from tests import factories
from tests.lti.placing import picker
from tests.lti.platform import INSTRUCTOR, LEARNER, LIS, LTI, REMOVE, Launched, Platform, http
from tests.lti.scripted import Answer, Scripted
from tutorai import progress
from tutorai.ledger.models import AuditEvent, GradeIntent, Proposal
from tutorai.ledger.outcomes import Grade
from tutorai.lmsdm import names
from tutorai.lmsdm.models import Assignment, Course, LineItem, Observing, Submission, User
from tutorai.lmsdm.schema import Role

MENTOR = f"{LIS}membership#Mentor"
TEST = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
ADMIN = f"{LIS}institution/person#Administrator"
REVIEW: Any = {"message_type": "LtiSubmissionReviewRequest", "resource_link": REMOVE}
PRIVACY: Any = {
    "message_type": "DataPrivacyLaunchRequest",
    "resource_link": REMOVE,
    "context": REMOVE,
}
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NAMELESS: Any = dict.fromkeys(("name", "given_name", "family_name", "email"), REMOVE)


def page(platform: Platform, launched: Launched, name: str = "home") -> str:
    """Return what the session sees."""
    bearer = {"Authorization": f"Bearer {launched.island['access_token']}"}
    answer = http("GET", f"{platform.tool.url}/pages/{name}", headers=bearer)
    assert answer.status_code == 200, answer.text
    return answer.text


def post(platform: Platform, launched: Launched, path: str, **form: str) -> Any:
    """Send a form with the session."""
    bearer = {"Authorization": f"Bearer {launched.island['access_token']}"}
    return http("POST", f"{platform.tool.url}{path}", headers=bearer, data=form)


def a_student(platform: Platform, sub: str, name: str, **more: Any) -> User:
    """Return somebody who came as a student."""
    user: User = platform.launch(sub=sub, name=name, **more).session.user
    return user


def graded(course: Course, user: User, state: str, points: int, **fields: Any) -> GradeIntent:
    """Return a grade of a column of its own, as it stands."""
    column = factories.a_column(course, label="Report")
    proposal = Proposal.objects.create(
        institution=course.institution,
        course=course,
        kind="grade",
        payload={},
        made_by=Proposal.Maker.PERSON,
        state=Proposal.State.QUEUED,
        approver=factories.a_user(course.institution),
        approved_at=timezone.now(),
    )
    grade: GradeIntent = GradeIntent.objects.create(
        institution=course.institution,
        line_item=column,
        user=user,
        proposal=proposal,
        version=1,
        points=Decimal(points),
        maximum=Decimal(10),
        state=state,
        **fields,
    )
    return grade


def test_a_review_opens_the_work_of_the_student_it_names_and_of_nobody_else(
    platform: Platform,
) -> None:
    ben, cleo = a_student(platform, "ben", "Ben Bell"), a_student(platform, "cleo", "Cleo Cole")
    course = Course.objects.get(institution=ben.institution)
    held = graded(course, ben, "held", 7, comment="Well argued")
    graded(course, cleo, "delivered", 3, comment="Too short")
    Submission.objects.create(
        assignment_id=str(held.line_item.assignment_id), user=ben, source="canvas:1", source_id="1"
    )
    told: Any = {AGS: {"lineitem": held.line_item.url, "scope": []}, "for_user": {"user_id": "ben"}}

    review = platform.launch(sub="tom", roles=[INSTRUCTOR], **REVIEW, **told)
    shown = page(platform, review)
    stranger = platform.launch(
        sub="tom", roles=[INSTRUCTOR], **REVIEW, for_user={"user_id": "nobody"}
    )
    staff = platform.launch(sub="tom", roles=[INSTRUCTOR], **REVIEW, for_user={"user_id": "tom"})

    assert review.session.subject_id == ben.pk
    assert review.session.placement == f"column:{held.line_item_id}"
    assert shown.index("Ben Bell") < shown.index('aria-current="true"') < shown.index("7 / 10")
    assert "Well argued" in shown
    assert "attempt 1" in shown
    assert "Cleo" not in shown
    assert "Too short" not in shown
    assert "conversations are not shown here" in shown
    assert AuditEvent.objects.filter(verb="work.read", subject=ben.pk).count() == 1
    assert stranger.session.subject_id is None
    assert "does not know this student yet" in page(platform, stranger)
    assert "does not know this student yet" in page(platform, staff)


def test_a_review_of_another_person_needs_a_teacher_and_ones_own_shows_what_is_released(
    platform: Platform,
) -> None:
    ben = a_student(platform, "ben", "Ben Bell")
    course = Course.objects.get(institution=ben.institution)
    graded(course, ben, "held", 7, comment="Not yet")
    graded(course, ben, "delivered", 8, comment="Well argued")
    graded(course, ben, "superseded", 2, comment="Replaced", lms_points=Decimal("4.50"))
    graded(course, ben, "superseded", 1, comment="Gone")

    own = platform.launch(sub="ben", roles=[LEARNER], **REVIEW, for_user={"user_id": "ben"})
    shown = page(platform, own)
    other = platform.launch(sub="cleo", roles=[LEARNER], **REVIEW, for_user={"user_id": "ben"})

    assert "8 / 10" in shown
    assert "Well argued" in shown
    assert "4.5 / 10" in shown
    assert "no points" in shown
    assert not any(words in shown for words in ("Not yet", "Replaced", "Gone", "7 / 10"))
    assert other.refused(403, "not_about_you")


def test_a_review_without_a_course_or_while_acting_as_a_teacher_shows_nobodys_work(
    platform: Platform,
) -> None:
    a_student(platform, "ben", "Ben Bell")
    told: Any = {"sub": "tom", "roles": [INSTRUCTOR], **REVIEW, "for_user": {"user_id": "ben"}}

    nowhere = platform.launch(**{**told, "context": REMOVE})
    acting = platform.launch(**told, custom={"canvas_masquerading_user_id": "77"})

    assert "This work is in no course" in page(platform, nowhere)
    assert "You are acting as this person" in page(platform, acting)
    assert "Ben" not in page(platform, acting)


def test_a_review_finds_its_column_by_assignment_or_by_link_too(platform: Platform) -> None:
    ben = a_student(platform, "ben", "Ben Bell")
    course = Course.objects.get(institution=ben.institution)
    by_assignment, by_link = factories.a_column(course), factories.a_column(course)
    Assignment.objects.filter(pk=str(by_assignment.assignment_id)).update(source_id="assignment:5")
    LineItem.objects.filter(pk=by_link.pk).update(resource_link_id="link-1")
    told: Any = {
        "sub": "tom",
        "roles": [INSTRUCTOR],
        "message_type": "LtiSubmissionReviewRequest",
        "for_user": {"user_id": "ben"},
    }

    shown = [
        page(platform, platform.launch(**told, custom={"canvas_assignment_id": "5"})),
        page(platform, platform.launch(**told)),
    ]

    for column, text in zip((by_assignment, by_link), shown, strict=True):
        assert text.count('aria-current="true"') == 1
        first = text.index("page", text.index('aria-current="true"'))
        assert str(column.assignment_id) in text[first : first + 3000].split("</li>")[0]


def test_a_privacy_launch_tells_what_is_held_to_the_person_and_to_an_administrator(
    platform: Platform,
) -> None:
    ben = a_student(platform, "ben", "Ben Bell")
    told: Any = {**PRIVACY, "roles": [f"{LIS}system/person#User"]}

    own = platform.launch(sub="ben", name="Ben Bell", **told, for_user={"user_id": "ben"})
    admin = platform.launch(
        sub="ada", **{**told, "roles": [ADMIN]}, for_user={"id": "ben", "name": "Ben Bell"}
    )
    unknown = platform.launch(
        sub="ada",
        **{**told, "roles": [ADMIN], "message_type": "LtiDataPrivacyLaunchRequest"},
        for_user={"user_id": "zoe"},
    )
    stranger = platform.launch(sub="cleo", **told, for_user={"user_id": "ben"})
    in_course = platform.launch(
        sub="ben",
        name="Ben Bell",
        **{**told, "context": {"id": "course-1"}},
        for_user={"user_id": "ben"},
    )

    assert in_course.session.course is None
    assert ben.enrolments.get().role == "student"  # whatever its roles say
    assert (own.session.subject_id, own.session.course) == (ben.pk, None)
    assert "What Tutor.AI holds of you" in page(platform, own)
    assert "Who came by launch" in page(platform, admin)
    assert "Ben Bell" in page(platform, admin)
    assert "A role in a course" in page(platform, admin)
    assert "holds nothing of this person" in page(platform, unknown)
    assert unknown.island["message_type"] == "DataPrivacyLaunchRequest"
    assert AuditEvent.objects.filter(verb="holdings.read", subject=ben.pk).count() == 4
    assert stranger.refused(403, "not_about_you")


@pytest.mark.parametrize("told", [REMOVE, {}, {"user_id": 5}, {"user_id": "x" * 256}])
@pytest.mark.parametrize("kind", ["LtiSubmissionReviewRequest", "DataPrivacyLaunchRequest"])
def test_a_message_about_a_person_names_them(platform: Platform, kind: str, told: Any) -> None:
    asked = platform.claims(platform.login(), message_type=kind, for_user=told)

    with pytest.raises(BadClaim, match="for_user"):
        claims.read(asked, tool_url=platform.tool.url)


@pytest.mark.parametrize(
    ("said", "custom", "listed"),
    [
        (["ben", "cleo", 7], {}, ("ben", "cleo")),
        ([], {"canvas_observees": "zoe"}, ()),
        (REMOVE, {"canvas_user_observees": "ben, cleo,,ben"}, ("ben", "cleo")),
        (REMOVE, {"canvas_observees": "$com.instructure.User.observees"}, ()),
        (REMOVE, {"canvas_observees": ",".join(["x" * 256, "ben"])}, ("ben",)),
    ],
    ids=["claim", "claim first", "canvas", "unfilled", "too long"],
)
def test_whom_an_observer_is_there_for_is_read_as_platforms_write_it(
    platform: Platform, said: Any, custom: Any, listed: tuple[str, ...]
) -> None:
    asked = platform.claims(platform.login(), role_scope_mentor=said, custom=custom)

    assert claims.read(asked, tool_url=platform.tool.url).observed == listed


def test_an_observer_sees_the_students_listed_now_and_only_if_the_school_allows_it(
    platform: Platform,
) -> None:
    ben = a_student(platform, "ben", "Ben Bell", custom={"canvas_course_section_ids": "1"})
    cleo = a_student(platform, "cleo", "Cleo Cole")
    a_student(platform, "test", "Test Student", roles=[LEARNER, TEST])
    course = Course.objects.get(institution=ben.institution)
    graded(course, ben, "delivered", 8, comment="Well argued")
    graded(course, cleo, "delivered", 3)
    due = timezone.now() + timedelta(days=3)
    work: Any = {"course": course, "source": "canvas:1", "due_date": due}
    Assignment.objects.create(**work, source_id="a", title="Essay of section one", sections=["1"])
    Assignment.objects.create(**work, source_id="b", title="Essay of section two", sections=["2"])
    told: Any = {"sub": "pat", "name": "Pat", "roles": [MENTOR]}

    shut = page(platform, platform.launch(**told, role_scope_mentor=["ben", "test", "nobody"]))
    course.institution.observers_may_see = True
    course.institution.save()
    one = page(platform, platform.launch(**told, role_scope_mentor=["ben", "test", "nobody"]))
    other = page(platform, platform.launch(**told, custom={"canvas_observees": "cleo"}))
    none = page(platform, platform.launch(**told))

    assert "does not show observers" in shut
    assert "Ben" not in shut
    assert "Ben Bell" in one
    assert "8 / 10" in one
    assert "Essay of section one" in one
    assert not any(words in one for words in ("Cleo", "Test Student", "section two"))
    assert "Cleo Cole" in other
    assert "Ben" not in other
    assert "names no student of yours" in none
    assert AuditEvent.objects.filter(verb="progress.read", subject=ben.pk).count() == 1


def test_nobody_but_an_observer_observes() -> None:
    course = factories.a_course(factories.an_institution(observers_may_see=True))
    enrolment = factories.an_enrolment(course)

    for role, seen in ((Role.OBSERVER, 1), (Role.GUEST, 0), (Role.STUDENT, 0)):
        actor = factories.an_actor(course, role)
        told: Any = {"course": course, "student": enrolment.user, "told_at": timezone.now()}
        Observing.objects.create(observer_id=actor.user_id, **told)

        assert progress.observed(actor).count() == seen


def test_who_is_no_observer_any_more_observes_nobody(platform: Platform) -> None:
    a_student(platform, "ben", "Ben Bell")
    observer = platform.launch(sub="pat", roles=[MENTOR], role_scope_mentor=["ben"]).session

    assert Observing.objects.filter(observer=observer.user_id).count() == 1
    platform.launch(sub="pat", roles=[LEARNER], role_scope_mentor=["ben"])
    assert not Observing.objects.filter(observer=observer.user_id).exists()


def test_a_guest_gets_the_introduction_and_nothing_of_the_course(platform: Platform) -> None:
    teacher = platform.launch(sub="tom", name="Tom Tate", roles=[INSTRUCTOR])

    shown = page(platform, platform.launch(sub="gus", roles=[]))
    Course.objects.filter(pk=str(teacher.session.course_id)).update(instructor="")
    User.objects.filter(pk=teacher.session.user_id).update(name="")
    nameless = page(platform, platform.launch(sub="gus", roles=[]))

    assert "Physics" in shown
    assert "helps students to understand their course" in shown
    assert "ask Tom Tate" in shown
    assert "ask its teacher" in nameless


def test_the_test_student_is_shown_as_such_and_stands_in_no_list(platform: Platform) -> None:
    test = platform.launch(sub="test", name="Test Student", roles=[LEARNER, TEST])
    again = platform.launch(sub="test", name="Test Student", roles=[LEARNER, TEST])
    plain = platform.launch(sub="ben", name="Ben Bell")
    teacher = platform.launch(sub="tom", roles=[INSTRUCTOR])
    column = factories.a_column(test.session.course)

    shown = page(platform, teacher, f"grades/{column.assignment_id}")

    assert [one.island["test_student"] for one in (test, again, plain)] == [True, True, False]
    assert "Ben Bell" in shown
    assert "Test Student" not in shown


def test_a_person_without_a_name_has_a_pseudonym_that_stays_and_is_not_their_id(
    platform: Platform,
) -> None:
    first, second = (platform.launch(sub="person-77", **NAMELESS) for _ in range(2))
    Course.objects.filter(pk=str(first.session.course_id)).update(opened_at=timezone.now())
    teacher = platform.launch(sub="tom", roles=[INSTRUCTOR])
    column = factories.a_column(first.session.course)

    called = names.called(first.session.user, first.session.course_id)
    own = page(platform, second)
    shown = page(platform, teacher, f"grades/{column.assignment_id}")

    assert called.startswith("Student ")
    assert f"teachers see you here as {called}" in own
    assert called in shown
    assert "person-77" not in shown + own


def test_a_platform_that_tells_no_names_lacks_nothing(
    platform: Platform, services: Scripted
) -> None:
    base = f"http://127.7.7.7:{services.server_port}/{platform.name}"
    Registration.objects.filter(client_id=platform.client_id, issuer=platform.issuer).update(
        token_url=f"{base}/token"
    )
    listed = [{"user_id": f"person-{n}", "roles": [LEARNER]} for n in (77, 78)]
    services.orders["GET", f"/{platform.name}/members"] = [Answer(body=dumps({"members": listed}))]
    services.orders["POST", f"/{platform.name}/items/1/scores"] = [Answer(200)]
    offers: Any = {
        claims.GRADES: {"lineitem": f"{base}/items/1", "scope": sorted(ags.SCORES)},
        claims.ROSTER: {"context_memberships_url": f"{base}/members"},
    }

    choosing = picker(platform, sub="tom", **NAMELESS)
    [link] = choosing.items(choosing.place("tutor"))
    ada = platform.launch(sub="person-77", custom=link["custom"], **NAMELESS, **offers).session
    course = choosing.course
    roster.read(course)
    column = LineItem.objects.get(course=course)
    cell = ags.cell(column, ada.user_id)
    assert cell is not None
    answer = cell.send(cell.write(Grade(Decimal(8), Decimal(10), "", timezone.now())))
    teacher = platform.launch(sub="tom", roles=[INSTRUCTOR], **NAMELESS)

    assert (ada.course_id, ada.role, ada.placed_id) == (
        course.pk,
        "student",
        choosing.placements[0].pk,
    )
    assert answer.status == 200
    assert loads(services.asked[-1].body)["userId"] == "person-77"
    people = User.objects.filter(enrolments__course=course, enrolments__role="student")
    assert people.count() == 2
    shown = page(platform, teacher, f"grades/{column.assignment_id}")
    assert all(name in shown for name in names.among(people).values())


def test_two_pseudonyms_are_never_the_same() -> None:
    school = factories.an_institution()
    crowd = [User(institution=school, name="") for _ in range(2000)]
    ada = User(institution=school, name="Ada")

    called = names.among([*crowd, ada])

    assert len(set(called.values())) == 2001
    assert called[ada.pk] == names.called(ada) == "Ada"
    assert names.called(crowd[0]) in called[crowd[0].pk]


def test_an_anonymous_launch_is_somebody_new_each_time(platform: Platform) -> None:
    registration = platform.registration
    registration.accepts_anonymous = True
    registration.save()

    first, second = (platform.launch(sub=REMOVE, **NAMELESS) for _ in range(2))

    assert first.role == second.role == "student"
    assert first.session.user_id != second.session.user_id
    assert names.called(first.session.user) != names.called(second.session.user)


@pytest.mark.parametrize(
    ("told", "ended"),
    [("completed", True), ("deleted", True), ("available", False), ("claimed", False)],
)
def test_a_course_is_over_when_canvas_says_so(platform: Platform, told: str, ended: bool) -> None:
    launched = platform.launch(custom={"canvas_course_workflow_state": told})

    assert launched.island["ended"] is ended
    assert launched.session.course is not None
    assert launched.session.course.ended is ended


def test_a_course_that_is_over_can_be_read_and_nothing_in_it_changes_until_it_is_back(
    platform: Platform,
) -> None:
    def launch(state: str, **who: Any) -> Launched:
        return platform.launch(custom={"canvas_course_workflow_state": state}, **who)

    tom: Any = {"sub": "tom", "roles": [INSTRUCTOR]}
    before = launch("available", **tom)
    column = factories.a_column(before.session.course)
    opened = post(platform, before, "/pages/open")
    over = launch("completed", **tom)
    student = launch("completed", sub="ben")
    acts = ["/pages/open", "/pages/close", "/pages/upload", "/pages/grades/hold", "/v1/ai/ask"]

    refused = [post(platform, over, path) for path in acts]
    shown = page(platform, over, f"grades/{column.assignment_id}")
    kept = page(platform, student)
    out = post(platform, over, "/v1/logout")
    back = launch("available", **tom)

    assert opened.status_code == 200
    assert {(one.status_code, one.json()["code"]) for one in refused} == {(409, "course_ended")}
    assert '<div class="bottom card" hidden>' in shown
    assert "Your conversations stay here to be read." in kept
    assert 'data-part="form" hidden' in kept
    assert "Everything in this course" in page(platform, launch("completed", **tom))
    assert out.status_code == 204
    assert back.island["ended"] is False
    assert post(platform, launch("available", **tom), "/pages/close").status_code == 200


def test_a_course_that_was_never_opened_and_is_over_says_so(platform: Platform) -> None:
    student = platform.launch(custom={"canvas_course_workflow_state": "completed"})

    assert "This course has ended" in page(platform, student)


def test_the_claims_of_these_messages_are_named_as_the_specification_does() -> None:
    assert claims.MENTOR[0] == f"{LTI}role_scope_mentor"
    assert f"{LTI}platformnotificationservice" == claims.NOTICES
