"""A platform's notices: where they are asked for, and what is done with one.

Sources: 1EdTech, LTI Platform Notification Service 1.0; Canvas, doc/api/pns. A notice is a JWT
like a launch's, without a login before it; its id counts once. Canvas does not try again: what it
would have told of a copy is also read from launches (`lti.lineage`).
"""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from lti import claims as reading
from lti import jwks, lineage, services, tool, wire
from lti.claims import LTI, Launch
from lti.errors import BadClaim, DeploymentPending, UnknownPlatform
from lti.models import Deployment, Notice, Registration
from tutorai.ledger import jobs
from tutorai.ledger.models import Job
from tutorai.lmsdm import schema, store
from tutorai.lmsdm.models import Course

SCOPE = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
HELLO = "LtiHelloWorldNotice"  # comes at once: the way works
COPY = "LtiContextCopyNotice"
KIND, QUEUE = "subscribe_notices", "sync"
PATH = "/lti/notices"
MOST = 100  # notices of one request


class Wanted(Exception):  # no failure: a step in between
    """The platform's keys have to be fetched; then `take` is called once more."""

    def __init__(self, url: str, head: tool.Head) -> None:
        super().__init__()
        self.url, self.head = url, head


def found(deployment_id: UUID, institution_id: UUID, told: Launch) -> None:
    """A launch told where notices are asked for: remember it, and ask."""
    Deployment.objects.filter(pk=deployment_id).update(notices_url=told.notices_url)
    wanted = [kind for kind in (COPY, HELLO) if kind in told.notice_kinds]
    if wanted:
        jobs.add(
            KIND,
            {"deployment": str(deployment_id), "kinds": wanted},
            queue=QUEUE,
            key=str(deployment_id),
            institution_id=institution_id,
        )


def subscribe(job: Job) -> None:
    """Name our address for the kinds of notices we want. Raises LMSError."""
    row = Deployment.objects.select_related("registration").get(pk=job.payload["deployment"])
    door = services.Door(row.registration, (SCOPE,))
    for kind in job.payload["kinds"]:
        reply = door.call(
            "PUT",
            row.notices_url,
            need=frozenset({SCOPE}),
            accept="application/json",
            content=json.dumps({"notice_type": kind, "handler": settings.PUBLIC_URL + PATH}),
            content_type="application/json",
        )
        if not reply.ok:
            raise wire.meaning(reply)


def tokens(body: bytes) -> list[str]:
    """Return the notices of a request, as they were signed; raise BadClaim."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadClaim(claim="notices") from error
    listed = told.get("notices") if isinstance(told, dict) else None
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST:
        raise BadClaim(claim="notices")
    signed = [one.get("jwt") if isinstance(one, dict) else None for one in listed]
    if not all(isinstance(one, str) for one in signed):
        raise BadClaim(claim="jwt")
    return [str(one) for one in signed]


def take(token: str, *, fetched: bool = False) -> bool:
    """Take one notice; False when it was taken before. Raises Refusal, or `Wanted`."""
    head = tool.head_of(token)
    claimed = tool.unverified(token)
    registration = _registration(claimed)
    try:
        key = jwks.key(registration.jwks_url, head, fetched=fetched)
    except jwks.NotHeld as missing:
        raise Wanted(registration.jwks_url, head) from missing
    verified = tool.verify(
        token,
        head,
        key,
        issuer=registration.issuer,
        client_id=registration.client_id,
        nonce=str(claimed.get("nonce")),  # none of ours was asked for: the notice's id counts once
    )
    return _settle(registration, reading.clean(verified))


def _registration(claimed: dict[str, Any]) -> Registration:
    """Return whose notice it says it is: one issuer, and us as its audience."""
    aud = claimed.get("aud")
    named = [one for one in (aud if isinstance(aud, list) else [aud]) if isinstance(one, str)]
    issuer = str(claimed.get("iss"))
    if "\x00" in issuer or any("\x00" in one for one in named):
        raise UnknownPlatform()
    rows = list(Registration.objects.filter(active=True, issuer=issuer, client_id__in=named)[:2])
    if len(rows) != 1:
        raise UnknownPlatform()
    return rows[0]


@transaction.atomic
def _settle(registration: Registration, claims: dict[str, Any]) -> bool:
    """Write the notice down, and do what it asks for."""
    if claims.get(LTI + "version") != "1.3.0":
        raise BadClaim(claim="version")
    notice = reading.within_claim(claims, "notice")
    deployment = Deployment.objects.filter(
        registration=registration, deployment_id=reading.id_of(claims, LTI + "deployment_id")
    ).first()
    if deployment is None or deployment.status != Deployment.Status.ACTIVE:
        raise DeploymentPending()
    row = Notice(
        deployment=deployment,
        notice_id=reading.id_of(notice, "id"),
        kind=reading.id_of(notice, "type"),
        at=_moment(notice.get("timestamp")),
    )
    Notice.objects.bulk_create([row], ignore_conflicts=True)
    held = Notice.objects.select_for_update().get(deployment=deployment, notice_id=row.notice_id)
    if held.pk != row.pk:
        return False
    if row.kind == COPY:
        held.course = _copied(deployment, claims)
        held.save(update_fields=["course"])
    return True


def _moment(told: Any) -> datetime:
    try:
        at = parse_datetime(told) if isinstance(told, str) else None
    except ValueError:
        at = None
    return at if at and at.tzinfo else timezone.now()


def _copied(deployment: Deployment, claims: dict[str, Any]) -> Course | None:
    """Carry over what the origin of a copied course had set up, if we know it. Return the copy.

    What was imported into a course that is set up already changes nothing there: its teacher may
    ask for it.
    """
    institution_id = deployment.institution_id
    assert institution_id is not None  # an active deployment has one
    context = reading.within_claim(claims, "context")
    listed = claims.get(LTI + "origin_contexts")
    origins = reading.ids(
        ",".join(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ""
    )
    known = lineage.known_as(institution_id, deployment.registration_id, origins)
    if not known:
        return None
    course_id = store.save_course(
        institution_id=institution_id,
        source=f"lti:{deployment.pk}",
        course=schema.Course(
            course_id=reading.id_of(context, "id"),
            title=str(context.get("title") or ""),
            code=str(context.get("label") or ""),
        ),
    )
    if course_id == known[0]:
        return None
    return lineage.vouch(course_id, known[0])
