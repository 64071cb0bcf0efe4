"""Which course of which LMS a course of ours is. The LMS's own word counts, then a teacher's."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.models import Connector, SyncCursor
from tutorai.errors import BadRequest
from tutorai.lmsdm import store
from tutorai.lmsdm.models import Course, Identity

COURSE = re.compile(r"/courses/(\d+(?:~\d+)?)(?:/|$)")  # in a Canvas address; 21~7 is on shard 21


@dataclass(frozen=True)
class Place:
    """A course in an LMS."""

    base_url: str  # scheme://host[:port]
    external_id: str


def asserted(course: Course) -> Place | None:
    """Return where a launch said that the course lives; None when none did."""
    told = Identity.objects.filter(
        institution_id=course.institution_id,
        kind=Identity.Of.COURSE,
        row=course.pk,
        source__startswith="canvas:",
        external_id__contains="/",
    )
    host, _slash, external_id = (
        told.values_list("external_id", flat=True).first() or ""
    ).partition("/")
    if not host or not external_id:
        return None
    local = settings.DEVELOPMENT and host.startswith(("127.0.0.1", "localhost"))
    return Place(f"{'http' if local else 'https'}://{host}", external_id)


def place(course: Course, address: str) -> Place:
    """Return the place that a teacher means by an address; raise BadRequest.

    Where a launch named the course, that one counts, and the address must agree. Else the
    address of the course itself is needed: titles and people never join anything.
    """
    try:
        parts = urlsplit(address.strip())
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise BadRequest(why=_("this is not a web address")) from error
    if parts.scheme not in {"http", "https"} or not host:
        raise BadRequest(why=_("this is not a web address"))
    base = f"{parts.scheme}://{parts.netloc.lower()}"
    named = COURSE.search(parts.path)
    told = asserted(course)
    if told is None:
        if named is None:
            raise BadRequest(
                why=_("paste the address of the course itself, like %(example)s")
                % {"example": f"{base}/courses/123"}
            )
        return Place(base, named[1])
    if base != told.base_url or (named and named[1] != told.external_id):
        raise BadRequest(
            why=_("this course lives at %(url)s")
            % {"url": f"{told.base_url}/courses/{told.external_id}"}
        )
    return told


@transaction.atomic
def keep(course: Course, *, lms: str, place: Place, by: UUID) -> Connector:
    """Store the connection, or point the one there is to its new place."""
    row, _new = Connector.objects.update_or_create(
        course=course,
        defaults={
            "institution_id": course.institution_id,
            "lms": lms,
            "base_url": place.base_url,
            "external_id": place.external_id,
            "status": Connector.Status.ACTIVE,
            "error": "",
            "made_by_id": by,
        },
    )
    store.identify(
        institution_id=course.institution_id,
        source=row.source,
        kind=Identity.Of.COURSE,
        external_id=place.external_id,
        row=course.pk,
    )
    return row


@transaction.atomic
def pause(course: Course) -> None:
    """Forget the token and read no more."""
    for row in Connector.objects.select_for_update().filter(course=course):
        row.tokens.all().delete()
        row.status = Connector.Status.PAUSED
        row.save(update_fields=["status"])


def stale() -> Iterable[Connector]:
    """Return the connections of open courses that were not read for `SYNC_HOURS`."""
    since = timezone.now() - timedelta(hours=settings.SYNC_HOURS)
    fresh = SyncCursor.objects.filter(connector=OuterRef("pk"), tried_at__gt=since)
    ended = Q(course__end_at__lt=timezone.now()) | Q(course__state="completed")
    rows = Connector.objects.filter(status=Connector.Status.ACTIVE, course__isnull=False)
    return rows.filter(~Exists(fresh)).exclude(ended).select_related("course")
