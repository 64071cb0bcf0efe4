"""The launches an institution may look at: of its installations, and of its platforms at large."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from lti import heard, inbox, keys
from lti.diagnosis import Place, Seen
from lti.heard import Heard
from lti.models import CourseService, Deployment, LaunchState, Registration
from tutorai.lmsdm.models import Institution

SHOWN = 20  # launches of each installation
LOST = timedelta(minutes=10), timedelta(hours=1)  # a login that came back came back by then


@dataclass(frozen=True)
class Looked:
    """An installation (or, without one, what a platform's launches never got to), looked at."""

    registration: Registration
    deployment: Deployment | None
    place: Place
    heard: Heard | None  # of the token endpoint


def deployments(institution: Institution) -> list[Deployment]:
    """Return the institution's installations, waiting ones too; those used last come first."""
    rows = _installed(institution)
    used = LaunchState.objects.filter(deployment__in=rows).values("deployment")
    last = {str(one["deployment"]): one["at"] for one in used.annotate(at=Max("created_at"))}
    return sorted(rows, key=lambda row: last.get(str(row.pk), row.created_at), reverse=True)


def look(institution: Institution, rows: Iterable[Deployment]) -> list[Looked]:
    """Return what is known of these installations.

    What holds for a whole platform of the school's own is said there, once (`platforms`).
    """
    listed = list(rows)
    told = heard.of({row.registration_id for row in listed})
    alone = {row.pk for row in _alone(institution)}
    stopped = _stopped(listed)
    looked = []
    for row in listed:
        token = told.get(row.registration_id)
        states = LaunchState.objects.filter(deployment=row)
        place = _place(institution, row.registration, states, token)
        place = replace(place, stopped=stopped.get(str(row.pk), {}))
        if row.registration_id in alone:
            place = replace(place, token=None if place.token else place.token, key_waits=False)
        looked.append(Looked(row.registration, row, place, token))
    return looked


def platforms(institution: Institution) -> list[Looked]:
    """Return what holds for its own platforms at large: keys, tokens, what did not get far.

    A launch that fails before its token is believed is of no installation.
    """
    rows = _alone(institution)
    told, late = heard.of([row.pk for row in rows]), keys.overdue()
    looked = []
    for row in rows:
        states = LaunchState.objects.filter(registration=row)
        worked = states.filter(failure="", shown__isnull=False)
        lately = worked.filter(created_at__gt=timezone.now() - LOST[1]).exists()
        place = replace(
            _place(
                institution,
                row,
                states.filter(deployment=None).exclude(failure=""),
                told.get(row.pk),
            ),
            key_late=late,
            awaits=row.awaits_activation,
            lost=0 if lately else _lost(row.pk),
            installed=row.deployment_set.exists(),
            used=worked.exists(),
        )
        looked.append(Looked(row, None, place, told.get(row.pk)))
    return looked


def find(institution: Institution, support_id: str) -> LaunchState | None:
    """Return the launch whose error page showed this support id, among those one may see."""
    code = support_id.strip()
    if not code or "\x00" in code:
        return None
    mine = Q(deployment__in=[row.pk for row in _installed(institution)])
    theirs = Q(deployment=None, registration__in=[row.pk for row in _alone(institution)])
    rows = LaunchState.objects.filter(mine | theirs, support_id__iexact=code)
    return rows.select_related("registration").order_by("-created_at").first()


def as_seen(row: LaunchState) -> Seen:
    """Return a launch as the page shows it."""
    told = row.shown if isinstance(row.shown, dict) else {}
    return Seen(row.created_at, row.failure, told, row.clock, row.support_id)


def _installed(institution: Institution) -> list[Deployment]:
    return [*inbox.waiting(institution), *inbox.decided(institution)]


def _alone(institution: Institution) -> list[Registration]:
    """Return the platforms that are this school's alone: what fails there is its own."""
    rows = Registration.objects.filter(institution=institution).order_by("name")
    return [row for row in rows if row.only_institution() == institution]


def _place(
    institution: Institution,
    row: Registration,
    states: QuerySet[LaunchState],
    told: Heard | None,
) -> Place:
    done = states.filter(Q(failure__gt="") | Q(shown__isnull=False), used_at__isnull=False)
    last = keys.own(row).first() if row.own_key else None
    return Place(
        family=row.family,
        launches=tuple(as_seen(one) for one in done.order_by("-created_at")[:SHOWN]),
        roles=row.roles_in(institution.pk),
        token=told.code if told else None,
        lacks=told.lacks if told else frozenset(),
        key_waits=last is not None and last.signs_from is None,
    )


def _stopped(rows: list[Deployment]) -> dict[str, dict[str, int]]:
    """Return of how many courses each installation tells nothing any more, by why."""
    said_no = CourseService.objects.filter(deployment__in=rows).exclude(trouble="")
    found: dict[str, dict[str, int]] = {}
    for row in said_no.values("deployment", "trouble").annotate(n=Count("pk")):
        found.setdefault(str(row["deployment"]), {})[row["trouble"]] = row["n"]
    return found


def _lost(registration: UUID) -> int:
    """How many logins of the last hour never came back."""
    now: datetime = timezone.now()
    soon, long = LOST
    return LaunchState.objects.filter(
        registration=registration,
        used_at=None,
        created_at__lt=now - soon,
        created_at__gt=now - long,
    ).count()
