"""A course of ours whose platform is a world of the sandbox: Canvas, Moodle or Blackboard."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
from django.utils import timezone

from lti import ags
from lti.models import CourseService, Deployment, Registration
from tests import factories
from tests.conftest import Running
from tutorai.ids import new_id
from tutorai.ledger.outcomes import Grade
from tutorai.lmsdm import store
from tutorai.lmsdm.models import Identity, LineItem

CLIENT = httpx.Client(timeout=60)


@dataclass(frozen=True)
class Gradebook:
    """One world, and a course of it as a launch would have made it ours."""

    url: str
    told: dict[str, Any]
    service: CourseService

    def control(self, path: str, /, **body: Any) -> Any:
        """Use a control route of the sandbox."""
        answer = CLIENT.post(f"{self.url}/sandbox/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, kind: str, path: str, **more: Any) -> None:
        """Spoil the next request to `path`."""
        self.control("faults", world=self.told["world"], kind=kind, path=path, **more)

    def requests(self, path: str) -> list[dict[str, Any]]:
        """Return what was asked, of a path."""
        query = {"world": self.told["world"]}
        log: list[dict[str, Any]] = CLIENT.get(f"{self.url}/sandbox/log", params=query).json()
        return [line for line in log if path in line["path"]]

    @property
    def course(self) -> dict[str, Any]:
        """The course as the platform knows it."""
        found: dict[str, Any] = self.told["courses"]["physics"]
        return found

    def column(self) -> LineItem:
        """Return a column of 20 points that is ours."""
        return ags.find_or_make(
            self.service, label="Essay", maximum=Decimal(20), resource_id="essay"
        )

    def cell(self, who: str = "student") -> ags.Cell:
        """Return somebody's cell in that column."""
        sub = str(self.told["people"][who]["sub"])
        user = factories.a_user(self.service.course.institution)
        store.identify(
            institution_id=user.institution_id,
            source=f"lti:{self.service.deployment.registration_id}",
            kind=Identity.Of.USER,
            external_id=sub,
            row=user.pk,
        )
        return ags.Cell(self.column(), sub, self.service)

    def enter(self, cell: ags.Cell, who: str = "student", **fields: Any) -> None:
        """Change a cell by hand, as a teacher does in the platform."""
        number = cell.item.url.partition("?")[0].removesuffix("/lineitem").rpartition("/")[2]
        person = self.told["people"][who]["id"]
        self.control(f"scores/{number.strip('_').removesuffix('_1')}", person=person, **fields)


def a_gradebook(sandbox: Running, dialect: str) -> Gradebook:
    """Make a world with one course, known to us as its launches tell it."""
    body = {"courses": ["physics"], "dialect": dialect}
    told = CLIENT.post(f"{sandbox.url}/sandbox/worlds", json=body).json()
    named, institution = told["registration"], factories.an_institution()
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
    theirs = told["courses"]["physics"]
    course = factories.a_course(institution)
    store.identify(
        institution_id=institution.pk,
        source=f"lti:{deployment.pk}",
        kind=Identity.Of.COURSE,
        external_id=theirs["context_id"],
        row=course.pk,
    )
    service = CourseService.objects.create(
        deployment=deployment,
        course=course,
        line_items_url=theirs["services"]["lineitems"],
        members_url=theirs["services"]["memberships"],
        scopes=[scope for scope in named["scopes"] if "lti-ags" in scope],
    )
    return Gradebook(sandbox.url, told, service)


def a_grade(points: str = "8.10", **fields: Any) -> Grade:
    """Return a grade out of ten, given now."""
    told = {"maximum": Decimal(10), "comment": "", "at": timezone.now(), **fields}
    return Grade(points=Decimal(points), **told)
