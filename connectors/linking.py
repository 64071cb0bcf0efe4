"""Which course of which LMS a course of ours is. The LMS's own word counts, then a teacher's."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.blackboard import address as blackboard
from connectors.canvas import address as canvas
from connectors.cursors import COURSE
from connectors.models import Application, Connector, SyncCursor
from connectors.moodle import address as moodle
from connectors.places import Addresses, Place
from lti.models import Deployment
from lti.platforms.profile import host_of
from lti.registration import profiles
from tutorai.errors import BadRequest
from tutorai.lmsdm import store
from tutorai.lmsdm.models import Course, Identity, Institution

ADDRESSES: dict[str, Addresses] = {
    "canvas": canvas,
    "moodle": moodle,
    "blackboard": blackboard,
}


def asserted(course: Course) -> Place | None:
    """Return where the last launch that said so says the course lives; None when none did."""
    return next(iter(_asserted(course)), None)


def sites(institution: Institution, lms: str) -> list[str]:
    """Return the addresses of an LMS that a school's own launches named.

    Only those count that the LMS's vendor signed: what a school's own server says of itself could
    be another school's address.
    """
    issuers = profiles.by_family(lms).shared.issuers
    there = Deployment.objects.filter(institution=institution, status=Deployment.Status.ACTIVE)
    vouched = [
        f"{lms}:{pk}"
        for pk, issuer in there.values_list("pk", "registration__issuer")
        if host_of(issuer) in issuers
    ]
    told = Identity.objects.filter(
        institution=institution,
        kind=Identity.Of.COURSE,
        source__in=vouched,
        external_id__contains="/",
    )
    found = {one.rpartition("/")[0] for one in told.values_list("external_id", flat=True)}
    return sorted(f"{_scheme(where)}://{where}" for where in found if where)


def _asserted(course: Course, *lms: str) -> list[Place]:
    """Return every place that launches named, newest first: an LMS may change its domain."""
    sources = Q()
    for name in lms or ADDRESSES:
        sources |= Q(source__startswith=f"{name}:")
    told = Identity.objects.filter(
        sources,
        institution_id=course.institution_id,
        kind=Identity.Of.COURSE,
        row=course.pk,
        external_id__contains="/",
    )
    rows = told.order_by("-pk").values_list("source", "external_id")  # theirs sort by time
    named = [(source.partition(":")[0], *own.rpartition("/")) for source, own in rows]
    return [
        Place(f"{_scheme(where)}://{where}", own, name)
        for name, where, _slash, own in named
        if where and own
    ]


def _scheme(host: str) -> str:
    local = settings.DEVELOPMENT and host.startswith(("127.0.0.1", "localhost"))
    return "http" if local else "https"


def place(course: Course, address: str, lms: str = "canvas") -> Place:
    """Return the place that a teacher means by an address; raise BadRequest.

    Where launches named the course, they count, and the address must agree with one of them.
    Else the address of the course itself is needed: titles and people never join anything.
    """
    speaks = ADDRESSES[lms]
    named = _named(speaks, address)
    told = _asserted(course, lms)
    if not told:
        if not named.external_id:
            example = speaks.url(Place(named.base_url, "123", lms))
            raise BadRequest(
                why=_("paste the address of the course itself, like %(example)s")
                % {"example": example}
            )
        return named
    for one in told:
        same = not named.external_id or speaks.whole(named.external_id) == one.external_id
        if named.base_url == one.base_url and same:
            return one
    raise BadRequest(why=_("the address of this course is %(url)s") % {"url": speaks.url(told[0])})


def _named(speaks: Addresses, address: str) -> Place:
    """Return what an address names; raise BadRequest."""
    try:
        return speaks.read(address.strip())
    except ValueError as error:
        raise BadRequest(why=_("this is not a web address")) from error


@transaction.atomic
def keep(
    course: Course,
    *,
    place: Place,
    by: UUID,
    through: Connector | None = None,
    application: Application | None = None,
    lacks: Iterable[str] = (),
) -> Connector:
    """Store the connection, or point the one there is to its new place."""
    row, _new = Connector.objects.update_or_create(
        course=course,
        defaults={
            "institution_id": course.institution_id,
            "lms": place.lms,
            "base_url": place.base_url,
            "external_id": place.external_id,
            "through": through,
            "application": application,
            "status": Connector.Status.ACTIVE,
            "error": "",
            "lacks": list(lacks),
            "looked_at": timezone.now(),
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
    fresh = SyncCursor.objects.filter(connector=OuterRef("pk"), kind=COURSE, tried_at__gt=since)
    return opened().filter(~Exists(fresh))


def opened() -> QuerySet[Connector]:
    """Return the connections that work, of courses that are not over."""
    ended = Q(course__end_at__lt=timezone.now()) | Q(course__state="completed")
    open_ = Q(through=None) | Q(through__status=Connector.Status.ACTIVE)
    rows = Connector.objects.filter(open_, status=Connector.Status.ACTIVE, course__isnull=False)
    return rows.exclude(ended).select_related("course")
