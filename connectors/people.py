"""Who is in a course, as the LMS's API tells: their rows, sections and groups.

Somebody who launched is known again only by what the LMS itself asserted of their REST id
(`lti.joins`); whoever it asserted nothing of gets a row of their own, and is counted.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from connectors.base import Connector
from connectors.cursors import Outcome
from connectors.models import Connector as Row
from tutorai.lmsdm import people, places, schema
from tutorai.lmsdm.models import Enrolment, Identity, User

Rows = dict[str, UUID]  # of people, by their ids in the LMS's API


def read(lms: Connector, row: Row, course_id: UUID, outcome: Outcome, *, anyway: bool) -> None:
    """Make sections, groups and places say what the LMS says, once its last page was understood."""
    parts = lms.parts(row.external_id)
    members = {one.user.user_id: one for one in lms.people(row.external_id)}
    outcome.seen = len(members)
    with transaction.atomic():
        joined = _joined(row, members.values())
        rows = joined | _own(row, [one.user for key, one in members.items() if key not in joined])
        outcome.changed = _replaced(row, joined)
        outcome.changed += places.save_parts(course_id=course_id, source=row.source, parts=parts)
        told = {rows[key]: one.enrolment for key, one in members.items()}
        outcome.changed += places.save_places(course_id=course_id, members=told)
        known = set(_identities(row).values_list("row", flat=True))
        gone = places.retire_places(course_id=course_id, known=known, told=set(told), anyway=anyway)
    outcome.changed += gone or 0
    if gone is None:
        outcome.missing = len(known - set(told))
    outcome.told["unmatched"] = len(members) - len(joined)


def known(row: Row) -> Rows:
    """Return the people of a connection whom launches joined, by their ids there."""
    rows = dict(_identities(row).values_list("external_id", "row"))
    launched = Identity.objects.filter(
        institution=row.institution_id, kind=Identity.Of.USER, source__startswith="lti:"
    )
    there = set(launched.filter(row__in=rows.values()).values_list("row", flat=True))
    return {external_id: user for external_id, user in rows.items() if user in there}


def leave(row: Row, course_id: UUID, *, another_site: bool) -> None:
    """Take whom only this list told out of the course, and forget what its ids mean elsewhere."""
    rows = _identities(row)
    own = {*rows.values_list("row", flat=True)} - {*known(row).values()}
    places.retire_places(course_id=course_id, known=own, told=(), anyway=True)
    places.save_parts(course_id=course_id, source=row.source, parts=[])
    if another_site:
        rows.delete()


def _identities(row: Row) -> QuerySet[Identity]:
    return Identity.objects.filter(
        institution=row.institution_id, source=row.source, kind=Identity.Of.USER
    )


def _joined(row: Row, members: Iterable[schema.Member]) -> Rows:
    """Return the rows of those of whom a launch or an LTI roster told who they are here.

    What another connection's list calls people by does not count: that is any server's to say.
    """
    lists = Row.objects.filter(institution=row.institution_id, lms=row.lms)
    place = row.base_url.partition("://")[2].rstrip("/")
    names = {f"{place}/{one.user.user_id}": one.user.user_id for one in members}
    names |= {f"{place}/{one.uuid}": one.user.user_id for one in members if one.uuid}
    found = Identity.objects.filter(
        institution=row.institution_id,
        kind=Identity.Of.USER,
        source__startswith=f"{row.lms}:",
        external_id__in=list(names),
    ).exclude(source__in=[each.source for each in lists.only("lms")])
    found = found.order_by("pk")
    return {names[told]: user for told, user in found.values_list("external_id", "row")}


def _own(row: Row, users: list[schema.User]) -> Rows:
    """Give whoever nobody joined a row of their own."""
    return people.save_users(institution_id=row.institution_id, source=row.source, users=users)


def _replaced(row: Row, joined: Mapping[str, UUID]) -> int:
    """Let the API's ids mean the people that launches know; return how many did not yet.

    A row of their own, from before they launched, leaves the course, and goes if nothing hangs on
    it.
    """
    held = {one.external_id: one for one in _identities(row).filter(external_id__in=list(joined))}
    fresh = [
        Identity(
            institution_id=row.institution_id,
            source=row.source,
            kind=Identity.Of.USER,
            external_id=key,
            row=user,
        )
        for key, user in joined.items()
        if key not in held
    ]
    Identity.objects.bulk_create(fresh, ignore_conflicts=True)
    other = [one for key, one in held.items() if one.row != joined[key]]
    for one in other:
        former, one.row = one.row, joined[one.external_id]
        one.save(update_fields=["row"])
        _leave(row, former)
    return len(fresh) + len(other)


def _leave(row: Row, former: UUID) -> None:
    """Take a row of somebody's own out of the course; it goes if nothing else hangs on it."""
    places_held = Enrolment.objects.filter(user=former, seen_from=Enrolment.From.REST)
    places_held.filter(course=row.course_id).delete()
    if Identity.objects.filter(kind=Identity.Of.USER, row=former).exists():
        return
    if not any(
        relation.related_model._default_manager.filter(**{relation.field.name: former}).exists()
        for relation in User._meta.related_objects
    ):
        User.objects.filter(pk=former).delete()
