"""How one LMS offers its gradebook to tools: its addresses, its words, its rules of scoring.

Each LMS's own are in its folder (`connectors.<lms>.fake.ags`); `connectors.sandbox.grades`
asks them. What is common to all of them stands here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from connectors.sandbox import settings
from connectors.sandbox.claims import SCOPES
from connectors.sandbox.models import Course, Enrolment, LineItem, Person, PlacedLink, Score, Tool
from connectors.sandbox.services import Wrong, paged

Body = dict[str, Any]

STUDENTS = ("StudentEnrollment", "StudentViewEnrollment")
MOST = Decimal(999_999)  # points that fit into a column
ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
RESULT_TYPE = "application/vnd.ims.lis.v2.result+json"


class Dialect(ABC):
    """One LMS's gradebook. What is abstract here is each LMS's own."""

    family = ""  # as `lti_register` calls it
    product = ""  # product_family_code of a launch
    prefixes: tuple[str, ...] = ()  # of the paths that are this LMS's
    token_path = ""
    numbers = False  # LTI names people and courses by the numbers of REST, not by uuids
    scopes = SCOPES  # that its token address knows
    keeps_coupled = False  # a tool may not delete an activity's own column

    @property
    def token_url(self) -> str:
        """Where service tokens are given out."""
        return f"{settings.SANDBOX_URL}{self.token_path}"

    @abstractmethod
    def items_url(self, course: Course, tool: Tool) -> str:
        """Where the columns of a course are listed."""

    @abstractmethod
    def item_url(self, row: LineItem) -> str:
        """Return a column's address, which is its id in AGS."""

    def results_url(self, row: LineItem) -> str:
        """Return where a column's results are."""
        return f"{self.item_url(row)}/results"

    @abstractmethod
    def roster_url(self, course: Course, tool: Tool) -> str:
        """Return where the people of a course are listed (NRPS)."""

    def missing(self, item_id: int) -> str:
        """Return the words for a column that is not there."""
        return "The specified resource does not exist."

    def missing_course(self, course_id: int) -> str:
        """Return the words for a course that is not there."""
        return "The specified resource does not exist."

    def finished(self, answer: HttpResponse) -> HttpResponse:
        """Give an answer of a service what this LMS puts on all of them."""
        return answer

    def written(self, row: LineItem, told: Body) -> Body:
        """Answer what made or changed a column; `told` is what was sent."""
        return {**told, **self.item(row)}

    def token_refused(self, status: int, error: str, description: str) -> HttpResponse:
        """Say why there is no service token."""
        return JsonResponse({"error": error, "error_description": description}, status=status)

    @abstractmethod
    def admit(self, request: HttpRequest, tool: Tool | None) -> None:
        """Raise Wrong for a request that is refused whatever it is about."""

    def admit_course(self, request: HttpRequest, course: Course) -> None:
        """Raise Wrong where a course takes no calls."""
        return

    def roster(
        self, request: HttpRequest, tool: Tool, scopes: set[str], course: Course, tool_id: int
    ) -> HttpResponse | None:
        """Tell who is in a course, where this LMS does that in a way of its own."""
        return None

    @abstractmethod
    def refused(self, request: HttpRequest, wrong: Wrong) -> HttpResponse:
        """Say what is wrong, in this LMS's form."""

    @abstractmethod
    def item(self, row: LineItem) -> Body:
        """Describe a column."""

    def listed(self, request: HttpRequest, row: LineItem) -> Body:
        """Describe a column in a list of them."""
        return self.item(row)

    @abstractmethod
    def fill(self, row: LineItem, request: HttpRequest) -> Body:
        """Take what a POST or PUT says of a column, unsaved; return its body."""

    def page(self, request: HttpRequest, rows: list[Any]) -> tuple[list[Any], dict[str, str]]:
        """Return the part of a list that was asked for, and the headers that lead on."""
        return paged(request, rows)

    @abstractmethod
    def read_score(self, request: HttpRequest, row: LineItem) -> Body:
        """Return the score that was sent; raise Wrong for what is none."""

    @abstractmethod
    def gradable(self, course: Course, body: Body) -> Person:
        """Return whose score it is; raise Wrong for somebody who can be given none."""

    @abstractmethod
    def take(self, cell: Score, body: Body) -> None:
        """Change the (locked, still unsaved) cell as the score says; raise Wrong."""

    @abstractmethod
    def taken(self, cell: Score) -> HttpResponse:
        """Answer a score that was taken."""

    @abstractmethod
    def results(self, request: HttpRequest, row: LineItem) -> list[Body]:
        """Return what the gradebook shows of a column, narrowed as was asked."""

    def edit(self, cell: Score, points: Decimal | None, comment: str, now: datetime) -> None:
        """Change the cell as a teacher does by hand."""
        cell.given, cell.maximum, cell.timestamp = points, cell.line_item.maximum, now
        cell.activity_progress, cell.grading_progress = "Completed", "FullyGraded"
        if comment:
            cell.comments = [comment]


def number(points: Decimal) -> int | float:
    """Write points as JSON: 16, not 16.0."""
    return int(points) if points == points.to_integral_value() else float(points)


def points_of(body: Body, name: str, status: int = 422) -> Decimal:
    """Read points that must be a number in range; raise Wrong with that status."""
    value = body[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong(status, f"{name} is not a number")
    points = Decimal(str(value))
    if not 0 <= points <= MOST:
        raise Wrong(status, f"{name} must be greater than or equal to 0")
    return points.quantize(Decimal("0.00001"))


def person_of(course: Course, user_id: str, *states: str, by_number: bool = False) -> Person | None:
    """Find a student of the course by `sub`, or by number too, in one of these states."""
    students = Enrolment.objects.filter(course=course, state__in=states, type__in=STUDENTS)
    found = students.select_related("person").filter(person__uuid=user_id).first()
    if found is None and by_number and user_id.isdecimal() and len(user_id) < 19:
        found = students.select_related("person").filter(person_id=int(user_id)).first()
    return found.person if found else None


def own_link(row: LineItem, link: str) -> bool:
    """Whether a link is the tool's: that of the course's navigation, or an activity's."""
    if link in ("", row.course.uuid):
        return True
    columns = LineItem.objects.filter(course=row.course, tool=row.tool, coupled=True)
    placed = PlacedLink.objects.filter(course=row.course, deployment__tool=row.tool, uuid=link)
    return columns.filter(resource_link_id=link).exists() or placed.exists()
