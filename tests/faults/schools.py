"""Three schools whose LMSs are the pretend Canvas, Moodle and Blackboard, each with a class."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
from django.utils import timezone

from lti.models import CourseService, Deployment, Registration
from tests import factories
from tutorai import flows, gradebook
from tutorai.gradebook import Entry, Hold
from tutorai.ids import new_id
from tutorai.ledger.models import GradeIntent
from tutorai.lmsdm import columns, schema, store
from tutorai.lmsdm.models import Course, Enrolment, Identity, LineItem, User
from tutorai.lmsdm.schema import Actor, Role

DIALECTS = ("canvas", "moodle", "blackboard")
MAXIMUM = Decimal(100)
CLIENT = httpx.Client(timeout=120)


@dataclass(frozen=True)
class Column:
    """A column of the gradebook: our row, and the LMS's number of it."""

    row: LineItem
    number: str


@dataclass(frozen=True)
class School:
    """One world of the pretend LMS, and the course of ours that stands for its course."""

    url: str
    told: dict[str, Any]
    service: CourseService
    teacher: Actor
    students: dict[str, User]  # by the LMS's number

    @property
    def dialect(self) -> str:
        """Whose gradebook it is."""
        return str(self.told["dialect"])

    @property
    def course(self) -> Course:
        """Our course."""
        return self.service.course

    def control(self, route: str, /, **body: Any) -> Any:
        """Use a control route of the pretend LMS."""
        return control(self.url, route, **body)

    def fault(self, kind: str, path: str, **more: Any) -> None:
        """Spoil requests to `path` of this school."""
        self.control("faults", world=self.told["world"], kind=kind, path=path, **more)

    def down(self, *, down: bool) -> None:
        """Let the whole LMS be away, or be back."""
        self.control("options", world=self.told["world"], down=down)

    def forget(self) -> None:
        """Forget the faults that still wait, and what was asked so far."""
        for what in ("faults", "log"):
            CLIENT.delete(f"{self.url}/sandbox/{what}", params={"world": self.told["world"]})

    def requests(self) -> int:
        """Return how many calls the LMS met since then."""
        query = {"world": self.told["world"]}
        return len(CLIENT.get(f"{self.url}/sandbox/log", params=query).json())

    def column(self, label: str) -> Column:
        """Make a column of 100 points."""
        course = self.told["courses"]["physics"]["id"]
        made = self.control("columns", course=course, label=label, maximum=int(MAXIMUM))
        record = schema.LineItem(url=made["url"], label=label, maximum=MAXIMUM)
        source = f"lti:{self.service.deployment_id}"
        columns.save_line_items(course_id=self.course.pk, source=source, items=[record])
        return Column(LineItem.objects.get(course=self.course, url=made["url"]), made["id"])

    def cells(self, column: Column) -> dict[str, dict[str, Any]]:
        """Return what the gradebook holds, by the LMS's number of a person."""
        told = CLIENT.get(f"{self.url}/sandbox/scores/{column.number}").json()
        return {cell["person"]: cell for cell in told}

    def enter(self, column: Column, person: str, points: Decimal) -> None:
        """Change a cell by hand, as a teacher does in the LMS."""
        self.control(f"scores/{column.number}", person=person, points=str(points))

    def approve(
        self, column: Column, entries: Iterable[Entry], hold: Hold | None
    ) -> list[GradeIntent]:
        """Enter and approve grades as the teacher does here."""
        drafts = gradebook.draft(self.teacher, column.row, entries)
        return flows.approve(self.teacher, [draft.pk for draft in drafts], hold)


def control(url: str, route: str, /, **body: Any) -> Any:
    """Use a control route of the pretend LMS."""
    answer = CLIENT.post(f"{url}/sandbox/{route}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def a_school(url: str, dialect: str, students: int, tool: str) -> School:
    """Make a world with a class so large, known to us as its launches would have told it."""
    told = control(
        url,
        "worlds",
        courses=["physics"],
        dialect=dialect,
        filler_students=students,
        tool_url=tool,
    )
    service = _service(told)
    course = service.course
    numbers = [(one["id"], one["sub"]) for key, one in told["people"].items() if _filler(key)]
    users = [User(institution=course.institution, name=f"Student {n}") for n, _sub in numbers]
    User.objects.bulk_create(users)
    source = f"lti:{service.deployment.registration_id}"
    of = {"institution": course.institution, "source": source, "kind": Identity.Of.USER}
    seen = {"seen_from": Enrolment.From.LAUNCH, "seen_at": timezone.now()}
    people = list(zip(numbers, users, strict=True))
    Identity.objects.bulk_create(
        Identity(external_id=sub, row=user.pk, **of) for (_number, sub), user in people
    )
    Enrolment.objects.bulk_create(
        Enrolment(course=course, user=user, role=Role.STUDENT.value, **seen) for user in users
    )
    teacher = factories.an_actor(course, Role.TEACHER)
    return School(url, told, service, teacher, {number: user for (number, _), user in people})


def _filler(key: str) -> bool:
    return key.startswith("extra")


def _service(told: dict[str, Any]) -> CourseService:
    named, theirs = told["registration"], told["courses"]["physics"]
    institution = factories.an_institution()
    registration = Registration.objects.create(
        name=told["world"],
        institution=institution,
        family=named["family"],
        login_slug=new_id().hex,
        **{name: named[name] for name in ("issuer", "client_id", "token_url")},
    )
    deployment = Deployment.objects.create(
        registration=registration,
        deployment_id=named["deployment_id"],
        institution=institution,
        status=Deployment.Status.ACTIVE,
    )
    course = factories.a_course(institution)
    store.identify(
        institution_id=institution.pk,
        source=f"lti:{deployment.pk}",
        kind=Identity.Of.COURSE,
        external_id=theirs["context_id"],
        row=course.pk,
    )
    return CourseService.objects.create(
        deployment=deployment,
        course=course,
        line_items_url=theirs["services"]["lineitems"],
        scopes=[scope for scope in named["scopes"] if "lti-ags" in scope],
    )
