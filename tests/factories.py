"""One function a thing: each makes a row of its own, with ids nobody else has."""

from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from agents.models.money import Endpoint
from lti import sessions
from lti.models import Deployment, Registration
from tutorai.ids import new_id
from tutorai.lmsdm.models import (
    Assignment,
    ContentItem,
    Course,
    Enrolment,
    Institution,
    LineItem,
    User,
)
from tutorai.lmsdm.schema import Actor, Kind, Role
from tutorai.models import Account, Office

PASSWORD = "correct horse battery staple"


def an_institution(**fields: Any) -> Institution:
    """A school."""
    return Institution.objects.create(**{"name": "School", "slug": f"school-{new_id()}", **fields})


def an_account(**rights: Any) -> Account:
    """Somebody who signs in with a password."""
    told = {"email": f"{new_id()}@example.edu", "password": _hashed(), **rights}
    return Account.objects.create(**told)


@cache
def _hashed() -> str:
    """The password as it rests; made once, for that takes a while on purpose."""
    return make_password(PASSWORD)


def an_office(
    institution: Institution | None = None,
    role: Office.Role = Office.Role.OWNER,
    account: Account | None = None,
) -> Office:
    """An account's office, in a school of its own if none is named."""
    return Office.objects.create(
        account=account or an_account(), institution=institution or an_institution(), role=role
    )


def a_user(institution: Institution | None = None, **fields: Any) -> User:
    """A person, of a school of their own if none is named."""
    fields = {"name": "Ada", **fields}
    return User.objects.create(institution=institution or an_institution(), **fields)


def a_course(institution: Institution | None = None, **fields: Any) -> Course:
    """A course open to students."""
    fields = {
        "source": "lti:test",
        "source_id": str(new_id()),
        "title": "Physics",
        "opened_at": timezone.now(),
        **fields,
    }
    return Course.objects.create(institution=institution or an_institution(), **fields)


def an_enrolment(
    course: Course | None = None, user: User | None = None, role: Role = Role.STUDENT, **fields: Any
) -> Enrolment:
    """A role of a person in a course of their school."""
    course = course or a_course(user.institution if user else None)
    fields = {"seen_from": Enrolment.From.LAUNCH, "seen_at": timezone.now(), **fields}
    user = user or a_user(course.institution)
    return Enrolment.objects.create(course=course, user=user, role=role.value, **fields)


def an_item(course: Course | None = None, **fields: Any) -> ContentItem:
    """A page everybody in the course may read."""
    fields = {
        "source": "upload",
        "source_id": f"page:{new_id()}",
        "kind": Kind.PAGE.value,
        "title": "A page",
        "body": "<p>Force is mass times acceleration.</p>",
        **fields,
    }
    return ContentItem.objects.create(course=course or a_course(), **fields)


def an_actor(course: Course | None = None, role: Role = Role.STUDENT, **fields: Any) -> Actor:
    """Someone enrolled, as a session would name them."""
    enrolment = an_enrolment(course, role=role)
    return Actor(
        institution_id=enrolment.course.institution_id,
        user_id=enrolment.user_id,
        course_id=enrolment.course_id,
        role=role,
        **fields,
    )


def an_endpoint(institution: Institution | None = None, **fields: Any) -> Endpoint:
    """A language model of a school's own."""
    told = {"name": str(new_id()), "base_url": "https://models.example/v1", "model": "m", **fields}
    return Endpoint.objects.create(institution=institution or an_institution(), **told)


def a_deployment(institution: Institution | None = None, **fields: Any) -> Deployment:
    """An installation of the tool in a platform of its own."""
    institution = institution or an_institution()
    registration = Registration.objects.create(
        name="LMS",
        institution=institution,
        issuer=f"https://{new_id().hex}.example",
        client_id=new_id().hex,
        login_slug=new_id().hex,
    )
    told = {"deployment_id": "1", "status": Deployment.Status.ACTIVE, "institution": institution}
    return Deployment.objects.create(registration=registration, **{**told, **fields})


def a_session(
    course: Course | None = None, role: Role = Role.STUDENT, **fields: Any
) -> sessions.Begun:
    """A session of someone enrolled, with its tokens."""
    enrolment = an_enrolment(course, role=role)
    return sessions.begin(
        deployment=a_deployment(enrolment.course.institution),
        user=enrolment.user,
        course=enrolment.course,
        role=role.value,
        message_type="LtiResourceLinkRequest",
        **fields,
    )


def a_column(course: Course | None = None, **fields: Any) -> LineItem:
    """A column of ten points in a Canvas's gradebook, with its assignment; no LMS is there."""
    course = course or a_course()
    own = new_id()
    work = Assignment.objects.create(
        course=course, source="canvas:1", source_id=f"assignment:{own}", title="Report"
    )
    url = f"https://school.example/api/v1/courses/7/assignments/{own}"
    told = {"source": f"canvas:{new_id()}", "url": url, "maximum": 10, **fields}
    return LineItem.objects.create(course=course, assignment=work, **told)
