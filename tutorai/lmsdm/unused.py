"""What no student gets an answer from, because its LMS restricts it in a way we cannot follow."""

from collections.abc import Iterator
from uuid import UUID

from tutorai.lmsdm.conditions import opens
from tutorai.lmsdm.models import ContentItem, CourseGroup, Enrolment, Identity
from tutorai.lmsdm.schema import Condition, Test

SHOWN = ("title", "source_id", "url", "kind", "sections", "condition")


def items(course_id: UUID) -> list[ContentItem]:
    """Return the published items that nobody is known to be allowed to see, by title.

    Either the restriction asks what we can tell of nobody, or nobody told us who is in what.
    """
    alive = ContentItem.objects.filter(course=course_id, deleted_at=None, published=True)
    restricted = alive.filter(sections__isnull=False) | alive.filter(condition__isnull=False)
    rows = list(restricted.exclude(kind="heading").only(*SHOWN).order_by("title", "pk"))
    told = set(_told(course_id)) if rows else set()
    return [row for row in rows if not _opens(row, told)]


def _opens(item: ContentItem, told: set[Test]) -> bool:
    if item.sections is not None and not (item.sections and Test.SECTION in told):
        return False
    return item.condition is None or opens(Condition.model_validate(item.condition), told)


def _told(course_id: UUID) -> Iterator[Test]:
    """Yield of what we know whom it is about in this course."""
    kinds = set(CourseGroup.objects.filter(course=course_id).values_list("kind", flat=True))
    places = Enrolment.objects.filter(course=course_id)
    if CourseGroup.Kind.SECTION in kinds or places.exclude(sections=[]).exists():
        yield Test.SECTION
    if CourseGroup.Kind.GROUP in kinds or places.exclude(groups=[]).exists():
        yield Test.GROUP
    ids = Identity.objects.filter(kind=Identity.Of.USER, row__in=places.values("user"))
    if ids.exclude(source__startswith="lti:").exists():
        yield Test.PERSON
