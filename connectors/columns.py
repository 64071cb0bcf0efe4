"""The gradebook columns that a connection's own API reaches: a teacher's assignments."""

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from connectors.models import Connector
from tutorai.lmsdm.models import Assignment, Course, LineItem

KIND = "assignment:"  # what stands before an assignment's own id in its source_id


@transaction.atomic
def of_assignments(course: Course) -> int:
    """Make the course's columns say what its synced assignments say; return how many there are.

    Only assignments with points have one, of the connection the course has now, and not those
    that launches gave us a column of: AGS needs nobody's token.
    A column whose assignment is gone is marked, not deleted: grades hang on it. Does nothing for
    a course that no connection reads, or whose LMS takes no grades this way.
    """
    connector = Connector.objects.filter(course=course, lms="canvas").first()
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
    rows = [_column(connector, work) for work in works]
    LineItem.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["course", "url"],
        update_fields=["assignment", "source", "label", "maximum", "gone_at"],
    )
    ours = LineItem.objects.filter(course=course, source__startswith="canvas:", gone_at=None)
    ours.exclude(url__in=[row.url for row in rows]).update(gone_at=timezone.now())
    return len(rows)


def _column(connector: Connector, work: Assignment) -> LineItem:
    """Return the column of an assignment, not stored yet.

    https://canvas.instructure.com/doc/api/assignments.html
    """
    own = work.source_id.removeprefix(KIND)
    base = connector.base_url.rstrip("/")
    return LineItem(
        course_id=work.course_id,
        assignment=work,
        source=connector.source,
        url=f"{base}/api/v1/courses/{connector.external_id}/assignments/{own}",
        label=work.title,
        maximum=work.max_points,
    )
