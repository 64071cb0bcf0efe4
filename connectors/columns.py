"""The gradebook columns that a connection's own API reaches: a teacher's assignments."""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from connectors.cells import BOOKS
from connectors.models import Connector
from tutorai.lmsdm.models import Assignment, Course, LineItem

KIND = "assignment:"  # what stands before an assignment's own id in its source_id
SAID = ("assignment", "source", "label", "maximum", "gone_at")


@transaction.atomic
def of_assignments(course: Course) -> int:
    """Make the course's columns say what its synced assignments say; return how many there are.

    Only assignments with points have one, of the connection the course has now, and not those
    that launches gave us a column of: AGS needs nobody's token.
    A column whose assignment is gone is marked, not deleted: grades hang on it. Does nothing for
    a course that no connection reads, or whose LMS takes no grades this way.
    """
    connector = Connector.objects.filter(course=course, lms__in=BOOKS).first()
    if connector is None:
        return 0
    works = Assignment.objects.filter(
        course=course,
        source=connector.source,
        source_id__startswith=KIND,
        deleted_at=None,
        max_points__gt=0,
    )
    launched = LineItem.objects.filter(
        assignment=OuterRef("pk"), source__startswith="lti:", gone_at=None
    )
    works = works.exclude(Exists(launched))
    rows = [_column(connector, work) for work in works.defer("content", "overrides", "rubric")]
    held = {row.url: row for row in LineItem.objects.filter(course=course)}
    new = [row for row in rows if row.url not in held or _differ(row, held[row.url])]
    LineItem.objects.bulk_create(
        new, update_conflicts=True, unique_fields=["course", "url"], update_fields=SAID
    )
    told = Q()
    for lms in BOOKS:
        told |= Q(source__startswith=f"{lms}:")
    ours = LineItem.objects.filter(told, course=course, gone_at=None)
    gone = ours.exclude(url__in=[row.url for row in rows])
    if gone.exists():
        gone.update(gone_at=timezone.now())
    return len(rows)


def _differ(one: LineItem, other: LineItem) -> bool:
    return any(getattr(one, name) != getattr(other, name) for name in (*SAID[1:], "assignment_id"))


def _column(connector: Connector, work: Assignment) -> LineItem:
    """Return the column of an assignment, not stored yet."""
    return LineItem(
        course_id=work.course_id,
        assignment=work,
        source=connector.source,
        url=BOOKS[connector.lms].column(connector, work.source_id.removeprefix(KIND)),
        label=work.title,
        maximum=work.max_points,
    )
