"""Services that say no are not asked again until a launch tells of them anew; people see why."""

from datetime import timedelta

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from lti import diagnosis, roster, seen
from lti.claims import GRADES, GROUPS, ROSTER
from lti.models import CourseService, Deployment, Registration
from lti.nrps import Member
from tests import factories
from tests.lti.platform import Platform
from tests.lti.scripted import Answer, Place, a_token
from tests.lti.test_offers import MEMBERS, grades, launch
from tests.lti.test_roster import member, page
from tutorai import flows, gradebook
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import Enrolment
from tutorai.lmsdm.schema import Actor, Role, User


def teacher(place: Place) -> Actor:
    """Return a teacher of the course."""
    return factories.an_actor(place.service.course, Role.TEACHER)


def asked(place: Place) -> QuerySet[Job]:
    """Return the jobs that ask for the course's people and columns."""
    return Job.objects.filter(kind=gradebook.ROSTER, course=place.service.course)


def read(place: Place) -> CourseService:
    """Do such a job; return what we know of the services then."""
    flows.read_gradebook(gradebook.ask(place.service.course))
    service = CourseService.objects.get(pk=place.service.pk)
    asked(place).update(state=Job.State.DONE, created_at=timezone.now() - timedelta(days=1))
    return service


@pytest.mark.parametrize(
    ("members", "items", "code", "words"),
    [
        (Answer(403), Answer(body="[]"), "lms_refused", "does not allow"),
        (Answer(404), Answer(404), "lms_not_found", "no longer has"),
        (page(member(1)), Answer(403), "lms_refused", "does not allow"),
    ],
    ids=["the roster", "all", "the columns"],
)
def test_after_the_tool_was_removed_nobody_asks_and_the_teacher_sees_why(
    place: Place, members: Answer, items: Answer, code: str, words: str
) -> None:
    place.says("GET", "/members", members)
    place.says("GET", "/items", items)
    actor = teacher(place)

    service = read(place)
    gradebook.look(actor)

    assert (service.trouble, service.trouble_at is not None) == (code, True)
    assert words in gradebook.trouble(actor)
    assert not asked(place).filter(state__in=Job.LIVE).exists()
    assert place.asked("/items")  # what refuses one thing is still asked for the other
    assert Enrolment.objects.filter(course=place.service.course, active=True).exists()


def test_a_right_that_was_not_granted_is_named_so(place: Place) -> None:
    place.says("POST", "/token", a_token("less", "something-else"))

    assert read(place).trouble == "scope_missing"
    assert "right" in gradebook.trouble(teacher(place))


def test_what_was_given_up_after_several_tries_is_said_too(place: Place) -> None:
    actor = teacher(place)
    job = gradebook.ask(place.service.course)
    while_it_is_tried = gradebook.trouble(actor)
    Job.objects.filter(pk=job.pk).update(state=Job.State.BURIED, error="keys_unread")

    assert while_it_is_tried == ""
    assert "HTTP security" in gradebook.trouble(actor)


def test_while_all_is_well_there_is_nothing_to_say(place: Place) -> None:
    place.says("GET", "/members", page(member(1)))
    place.says("GET", "/items", Answer(body="[]"))

    assert read(place).trouble == ""
    assert gradebook.trouble(teacher(place)) == ""


def test_a_roster_that_is_told_again_ends_the_trouble(place: Place) -> None:
    CourseService.objects.filter(pk=place.service.pk).update(trouble="lms_refused")
    told = Member(User(user_id="1"), active=True, custom={})

    roster.save(place.service, [told], at=timezone.now())

    assert CourseService.objects.get(pk=place.service.pk).trouble == ""


def test_a_launch_that_tells_of_the_services_has_them_asked_again(platform: Platform) -> None:
    groups = {"context_groups_url": "https://lms.example/6/groups"}
    told = {GRADES: grades(), ROSTER: MEMBERS, GROUPS: groups}
    course = launch(platform, **told)
    services = CourseService.objects.filter(course=course)
    assert services.get().groups_url == groups["context_groups_url"]
    services.update(trouble="lms_refused", trouble_at=timezone.now())

    launch(platform)  # without a word of them
    still = services.get().trouble
    launch(platform, **told)

    assert still == "lms_refused"
    assert (services.get().trouble, services.get().trouble_at) == ("", None)


def test_an_administrator_reads_of_how_many_courses_the_platform_tells_nothing(
    place: Place,
) -> None:
    deployment = place.service.deployment
    school = deployment.institution
    assert school is not None
    for code in ("lms_refused", "lms_refused", "lms_not_found", ""):
        course = factories.a_course(school)
        CourseService.objects.create(deployment=deployment, course=course, trouble=code)

    (looked,) = seen.look(school, [deployment])
    told = {one.code: one for one in diagnosis.findings(looked.place)}

    assert (
        "about 2 courses: The learning platform does not allow" in told["stopped_lms_refused"].words
    )
    assert "about 1 course: " in told["stopped_lms_not_found"].words
    assert told["stopped_lms_refused"].todo


# --- by itself -----------------------------------------------------------------------------------


def used(place: Place, ago: timedelta = timedelta(hours=1)) -> None:
    """Have somebody open the course."""
    factories.an_enrolment(place.service.course, seen_at=timezone.now() - ago)


def test_a_course_in_use_is_read_again_by_itself_once_in_a_while(place: Place) -> None:
    used(place)

    flows.sync_rosters()
    flows.sync_rosters()

    assert asked(place).count() == 1
    asked(place).update(state=Job.State.BURIED, created_at=timezone.now() - timedelta(days=1))
    CourseService.objects.filter(pk=place.service.pk).update(members_at=timezone.now())
    flows.sync_rosters()
    assert asked(place).count() == 1


@pytest.mark.parametrize("why", ["unused", "trouble", "no roster", "deployment", "registration"])
def test_a_course_is_left_alone(place: Place, why: str) -> None:
    used(place, timedelta(days=9) if why == "unused" else timedelta(hours=1))
    if why == "trouble":
        CourseService.objects.filter(pk=place.service.pk).update(trouble="lms_refused")
    if why == "no roster":
        CourseService.objects.filter(pk=place.service.pk).update(members_url="")
    if why == "deployment":
        Deployment.objects.filter(pk=place.service.deployment_id).update(status="disabled")
    if why == "registration":
        Registration.objects.filter(pk=place.registration.pk).update(active=False)

    flows.sync_rosters()

    assert not asked(place).exists()
