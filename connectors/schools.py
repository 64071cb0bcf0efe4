"""A school's own way into its LMS: one service account or application, for all of its courses."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from connectors import applications, consents, registry, renewing, tokens
from connectors.base import Grant, Standing
from connectors.linking import sites
from connectors.models import Application, Connector, Token
from connectors.places import Place
from connectors.tokens import Given
from tutorai.errors import LMSUnauthorised, NotFound
from tutorai.lmsdm.models import Institution


def of(institution: Institution) -> QuerySet[Connector]:
    """Return a school's own connections, with how many courses go through each (`used`)."""
    rows = Connector.objects.filter(institution=institution, course=None)
    live = Q(courses__status=Connector.Status.ACTIVE)
    return rows.annotate(used=Count("courses", filter=live)).order_by("lms", "base_url")


def find(institution: Institution, pk: UUID) -> Connector:
    """Return one of a school's own; raise NotFound."""
    row = of(institution).select_related("application").filter(pk=pk).first()
    if row is None:
        raise NotFound()
    return row


def ended(institution: Institution) -> bool:
    """Whether one of a school's own connections waits for somebody to make it again."""
    rows = Connector.objects.filter(institution=institution, course=None)
    return rows.filter(status=Connector.Status.NEEDS_REAUTH).exists()


def serving(institution: Institution, place: Place) -> Connector | None:
    """Return the school's own connection to where a course is; None where there is none at work."""
    rows = Connector.objects.filter(institution=institution, course=None, lms=place.lms)
    return rows.filter(base_url=place.base_url, status=Connector.Status.ACTIVE).first()


def by_token(lms: str, base_url: str, secret: str) -> tuple[Grant, Standing]:
    """Return a service token and what it is; raise LMSError (AdminToken: it may do too much)."""
    standing = registry.connect(lms, base_url, Given(secret)).standing()
    return Grant(secret, owner=standing.owner), standing


def by_application(application: Application, base_url: str) -> tuple[Grant, Standing]:
    """Return an application's own token (client credentials) and what it is; raise LMSError."""
    oauth = consents.oauth(application.lms)
    grant = oauth.own(base_url, renewing.client(application))
    return grant, _standing(application.lms, base_url, grant)


def offered(institution: Institution, lms: str) -> list[tuple[str, Application]]:
    """Return the sites that a school may connect by an application of the operator's.

    It is let in by every school that uses it: only what a school's own launches named is its own.
    """
    there = {site: applications.serving(institution, lms, site) for site in sites(institution, lms)}
    return [(site, row) for site, row in there.items() if row and row.institution_id is None]


def by_consent(application: Application, base_url: str, grant: Grant) -> Standing:
    """Return what a token is to which an account of the school consented; raise LMSError."""
    return _standing(application.lms, base_url, grant)


def _standing(lms: str, base_url: str, grant: Grant) -> Standing:
    return registry.connect(lms, base_url, Given(grant.access)).standing()


@transaction.atomic
def keep(
    institution: Institution,
    *,
    lms: str,
    base_url: str,
    grant: Grant,
    kind: Token.Kind,
    lacks: Iterable[str],
    application: Application | None = None,
    account: UUID | None = None,
) -> Connector:
    """Store a school's own connection; one that is there already goes on with the new token."""
    row, _new = Connector.objects.update_or_create(
        institution=institution,
        course=None,
        lms=lms,
        base_url=base_url,
        defaults={
            "application": application,
            "account_id": account,
            "status": Connector.Status.ACTIVE,
            "error": "",
            "lacks": list(lacks),
            "looked_at": timezone.now(),
        },
    )
    tokens.keep(row, grant, kind=kind)
    return row


def look(row: Connector) -> Standing:
    """Ask what a connection's token may do now, and write it down; raise LMSError.

    Who is not let in any more is noted as such, so that nobody reads on with it.
    """
    rows = Connector.objects.filter(pk=row.pk)
    try:
        standing = registry.reopen(row).standing()
    except LMSUnauthorised as error:
        active = rows.filter(status=Connector.Status.ACTIVE)
        active.update(status=Connector.Status.NEEDS_REAUTH, error=error.code)
        raise
    rows.update(lacks=list(standing.lacks), looked_at=timezone.now(), error="")
    return standing


@transaction.atomic
def pause(row: Connector) -> None:
    """Forget the token; the courses that went through it are read no more, and keep what was."""
    row.tokens.all().delete()
    row.status = Connector.Status.PAUSED
    row.save(update_fields=["status"])
