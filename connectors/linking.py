"""Which course of which LMS a course of ours is. The LMS's own word counts, then a teacher's."""

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.models import Connector, SyncCursor
from tutorai import http
from tutorai.errors import BadRequest
from tutorai.lmsdm import store
from tutorai.lmsdm.models import Course, Identity

COURSE = re.compile(r"/courses/(\d+(?:~\d+)?)(?:/|$)")  # in a Canvas address; 21~7 is on shard 21
SHARD = 10**13  # how far apart Canvas numbers the rows of two shards


@dataclass(frozen=True)
class Place:
    """A course in an LMS."""

    base_url: str  # scheme://host[:port]
    external_id: str


def asserted(course: Course) -> Place | None:
    """Return where the last launch that said so says the course lives; None when none did."""
    return next(iter(_asserted(course)), None)


def _asserted(course: Course) -> list[Place]:
    """Return every place that launches named, newest first: a Canvas may change its domain."""
    told = Identity.objects.filter(
        institution_id=course.institution_id,
        kind=Identity.Of.COURSE,
        row=course.pk,
        source__startswith="canvas:",
        external_id__contains="/",
    )
    ids = told.order_by("-pk").values_list("external_id", flat=True)  # theirs sort by time
    named = [external_id.partition("/") for external_id in ids]
    return [Place(f"{_scheme(host)}://{host}", own) for host, _slash, own in named if host and own]


def _scheme(host: str) -> str:
    local = settings.DEVELOPMENT and host.startswith(("127.0.0.1", "localhost"))
    return "http" if local else "https"


def _whole(external_id: str) -> str:
    """Return a Canvas id in its long form: 21~7 is 210000000000007 (Canvas API: Object IDs)."""
    shard, tilde, own = external_id.rpartition("~")
    return str(int(shard) * SHARD + int(own)) if tilde else own


def place(course: Course, address: str) -> Place:
    """Return the place that a teacher means by an address; raise BadRequest.

    Where launches named the course, they count, and the address must agree with one of them.
    Else the address of the course itself is needed: titles and people never join anything.
    """
    base, path = _parts(address)
    named = COURSE.search(path)
    told = _asserted(course)
    if not told:
        if named is None:
            raise BadRequest(
                why=_("paste the address of the course itself, like %(example)s")
                % {"example": f"{base}/courses/123"}
            )
        return Place(base, named[1])
    for one in told:
        if base == one.base_url and (named is None or _whole(named[1]) == one.external_id):
            return one
    raise BadRequest(
        why=_("the address of this course is %(url)s")
        % {"url": f"{told[0].base_url}/courses/{told[0].external_id}"}
    )


def _parts(address: str) -> tuple[str, str]:
    """Return scheme://host[:port] and the path of an address; raise BadRequest."""
    try:
        return http.base_of(address.strip()), urlsplit(address.strip()).path
    except ValueError as error:
        raise BadRequest(why=_("this is not a web address")) from error


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


def elsewhere(course: Course, place: Place) -> bool:
    """Whether the course is connected to another place than this one."""
    held = Connector.objects.filter(course=course)
    return held.exclude(base_url=place.base_url, external_id=place.external_id).exists()


@transaction.atomic
def pause(course: Course) -> None:
    """Forget the token and read no more."""
    for row in Connector.objects.select_for_update().filter(course=course):
        row.tokens.all().delete()
        row.status = Connector.Status.PAUSED
        row.save(update_fields=["status"])


def stale() -> QuerySet[Connector]:
    """Return the connections of open courses that were not read for `SYNC_HOURS`."""
    since = timezone.now() - timedelta(hours=settings.SYNC_HOURS)
    fresh = SyncCursor.objects.filter(connector=OuterRef("pk"), tried_at__gt=since)
    ended = Q(course__end_at__lt=timezone.now()) | Q(course__state="completed")
    rows = Connector.objects.filter(status=Connector.Status.ACTIVE, course__isnull=False)
    return rows.filter(~Exists(fresh)).exclude(ended).select_related("course")
