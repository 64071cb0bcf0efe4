"""The second hop: a signed id_token → person, course, role → a session.

spend      the state: a login is good for one launch, whether it succeeds or fails
validate   the token, against the platform's key, this login and LTI's rules
find       the deployment, and what we know of person, course and link
enter      write down what is new; begin the session
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.db.models import Subquery
from django.utils import timezone

from lti import about, arrivals, jwks, sessions, shown, tool, visits
from lti import claims as reading
from lti.claims import LONGEST
from lti.errors import (
    REFUSALS,
    InvalidToken,
    NotThisBrowser,
    PlatformRefused,
    Refusal,
    Replayed,
    SwitchedOff,
    UnknownState,
    WrongDeployment,
)
from lti.models import Deployment, LaunchSession, LaunchState, Registration
from lti.oidc import LIFETIME, digest
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm.models import LineItem
from tutorai.lmsdm.schema import Actor
from tutorai.prepared import rows

PROOF = timedelta(seconds=120)  # for the browser to show its binder


SPEND = """
UPDATE lti_launchstate s SET used_at = now() FROM lti_registration r
 WHERE r.id = s.registration_id AND r.active AND s.state_hash = %s AND s.used_at IS NULL
   AND s.created_at > now() - make_interval(secs => %s)
RETURNING s.id, s.binder_hash, s.nonce, s.storage_target, s.login,
          r.id, r.institution_id, r.issuer, r.client_id, r.auth_url, r.jwks_url, r.family,
          r.login_slug, r.auto_approve_deployments, r.accepts_anonymous, r.roles
"""


def spend(state: str) -> LaunchState:
    """Return the login this state began, which it can do once; raise UnknownState, Replayed."""
    mark = digest(state)
    found = next(iter(rows(SPEND, [mark, LIFETIME])), None)
    if found is None:
        before = LaunchState.objects.filter(
            state_hash=mark,
            created_at__gt=timezone.now() - timedelta(seconds=LIFETIME),
        ).select_related("registration")
        raise _spent(before.first())
    ours, theirs = found[:5], found[5:]
    registration = Registration(
        pk=theirs[0],
        institution_id=theirs[1],
        issuer=theirs[2],
        client_id=theirs[3],
        auth_url=theirs[4],
        jwks_url=theirs[5],
        family=theirs[6],
        login_slug=theirs[7],
        auto_approve_deployments=theirs[8],
        accepts_anonymous=theirs[9],
        roles=json.loads(theirs[10]),
    )
    return LaunchState(
        pk=ours[0],
        binder_hash=ours[1],
        nonce=ours[2],
        storage_target=ours[3],
        login=json.loads(ours[4]),
        registration=registration,
    )


def _spent(row: LaunchState | None) -> Refusal:
    """Why a state begins no launch."""
    if row is None:
        return UnknownState()
    return _replayed(row) if row.registration.active else SwitchedOff()


def _replayed(row: LaunchState) -> Replayed:
    """A launch that came in before: its session knows the way back to the course."""
    error = Replayed()
    told = LaunchSession.objects.filter(pk=row.pk).values_list("return_url", "locale").first()
    error.return_url, error.locale = told or ("", "")
    return error


def arrive(given: Mapping[str, str], binder: str, support_id: str) -> sessions.Begun | LaunchState:
    """Take a launch POST in; a LaunchState returned still waits for the browser's proof.

    Raises Refusal, or `Wanted` when the platform's key has to be fetched first.
    """
    if "error" in given:
        raise _told_no(given, support_id)
    return admit(spend(given.get("state", "")), given.get("id_token", ""), binder, support_id)


class Wanted(Exception):  # no failure: a step in between
    """The platform's keys have to be fetched; then `admit` goes on."""

    def __init__(self, row: LaunchState, head: tool.Head, *, anew: bool = False) -> None:
        super().__init__()
        self.row, self.head, self.anew = row, head, anew


def admit(
    row: LaunchState, token: str, binder: str, support_id: str, *, fetched: bool = False
) -> sessions.Begun | LaunchState:
    """Go on with a state that was spent; what fails is written down in its row."""
    claims: dict[str, Any] = {}
    try:
        head = tool.head_of(token)
        try:
            key = jwks.key(row.registration.jwks_url, head, fetched=fetched)
        except jwks.NotHeld as missing:
            raise Wanted(row, head) from missing
        claims = _verified(row, token, head, key, sure=fetched)
        visit = _visit(row, claims)
    except Refusal as error:
        raise _failed(row, error, claims, support_id) from error.__cause__
    if binder and compare_digest(digest(binder), row.binder_hash):
        return _enter(row, visit, claims)
    LaunchState.objects.filter(pk=row.pk).update(claims=claims)
    return row


def confirm(state: str, binder: str, support_id: str) -> sessions.Begun:
    """End a launch whose browser kept its binder in another place than a cookie."""
    now = timezone.now()
    held = LaunchState.objects.select_related("registration")
    row = held.filter(state_hash=digest(state), used_at__gt=now - PROOF).first()
    if row is None:
        raise NotThisBrowser()
    if not row.registration.active:
        raise SwitchedOff()
    waiting = LaunchState.objects.filter(pk=row.pk, claims__isnull=False, confirmed_at=None)
    if not waiting.update(confirmed_at=now, claims=None):
        raise _replayed(row)
    claims: dict[str, Any] = row.claims or {}
    try:
        if not compare_digest(digest(binder), row.binder_hash):
            raise NotThisBrowser()
        visit = _visit(row, claims)
    except Refusal as error:
        raise _failed(row, error, claims, support_id) from error.__cause__
    return _enter(row, visit, claims)


def _verified(
    row: LaunchState, token: str, head: tool.Head, key: tool.Key, *, sure: bool
) -> dict[str, Any]:
    """Return the claims; unless `sure` of the key, a signature that it did not make is Wanted."""
    registration = row.registration
    try:
        claims = tool.verify(
            token,
            head,
            key,
            issuer=registration.issuer,
            client_id=registration.client_id,
            nonce=row.nonce,
        )
    except InvalidToken as error:
        if sure or "signature" not in error.facts:
            raise
        raise Wanted(row, head, anew=True) from error
    return reading.clean(claims)


def _visit(row: LaunchState, claims: dict[str, Any]) -> visits.Visit:
    registration = row.registration
    told = reading.read(
        claims, tool_url=settings.PUBLIC_URL, anonymous=registration.accepts_anonymous
    )
    begun_in = row.login.get("lti_deployment_id")
    if begun_in and begun_in != told.deployment_id:
        raise WrongDeployment()
    visit = visits.find(registration, told)
    about.check(visit)
    return visit


def _failed(row: LaunchState, error: Refusal, claims: dict[str, Any], support_id: str) -> Refusal:
    """Write down why, and tell the error what a verified token says of the way back."""
    LaunchState.objects.filter(pk=row.pk).update(
        failure=error.reason[:40],
        support_id=support_id,
        clock=shown.ahead(claims) if claims else error.facts.get("ahead"),
        **_seen(row, claims),
    )
    error.return_url, error.locale = reading.return_url(claims), reading.locale(claims)
    return error


def _seen(row: LaunchState, claims: dict[str, Any]) -> dict[str, Any]:
    """What the diagnose page shows of a verified token, and of which deployment it was."""
    if not claims:
        return {}
    named = claims.get(reading.LTI + "deployment_id")
    known = Deployment.objects.filter(registration=row.registration.pk, deployment_id=str(named))
    return {"shown": shown.masked(claims), "deployment": Subquery(known.values("pk")[:1])}


def _told_no(given: Mapping[str, str], support_id: str) -> PlatformRefused:
    """The platform ended the launch itself; its state, if it is one of ours, is spent."""
    error = REFUSALS.get(given["error"], PlatformRefused)()
    with suppress(Refusal):
        _failed(spend(given.get("state", "")), error, {}, support_id)
    return error


def _enter(row: LaunchState, visit: visits.Visit, claims: dict[str, Any]) -> sessions.Begun:
    came, told = arrivals.settle(visit), visit.told
    masquerade = told.custom.get("canvas_masquerading_user_id", "")[:LONGEST]
    if masquerade:
        _tell_of(masquerade, row, visit, came)
    storage, framer = reading.origin(row.registration.auth_url), reading.origin(told.return_url)
    framers = (framer, storage, reading.origin(row.registration.issuer))
    return sessions.begin(
        shown=shown.masked(claims),
        clock=shown.ahead(claims),
        id=row.pk,
        deployment_id=came.deployment_id,
        user=came.user,
        course=came.course,
        resource_link_id=came.resource_link_id,
        role=came.role.value,
        message_type=told.message_type,
        locale=told.locale,
        time_zone=told.time_zone,
        sections=came.sections,
        placement=_column(visit, came) or _placement(told.custom),
        placed_id=came.placed_id,
        subject_id=about.subject(visit, came.user.pk),
        deep_link=told.deep_link,
        masquerade=masquerade,
        return_url=told.return_url,
        frame_origins=list(dict.fromkeys(filter(None, framers))) if framer else [],
        platform_storage=(
            {"target": row.storage_target, "origin": storage}
            if row.storage_target and storage
            else None
        ),
    )


def _tell_of(
    masquerade: str, row: LaunchState, visit: visits.Visit, came: arrivals.Arrival
) -> None:
    """Write down, before the session begins, that somebody comes as another person."""
    audit.record(
        verb=Verb.LAUNCH_AS,
        actor=Actor(
            institution_id=visit.institution,
            user_id=came.user.pk,
            course_id=came.course.pk if came.course else None,
            acted_by=masquerade,
        ),
        object_kind="launch",
        object_id=row.pk,
        subject=came.user.pk,
    )


def _column(visit: visits.Visit, came: arrivals.Arrival) -> str:
    """Return which gradebook column a review opens: "column:<our id>"."""
    told = visit.told
    if told.message_type != reading.REVIEW or not told.line_item_url or not came.course:
        return ""
    here = LineItem.objects.filter(course=came.course.pk, url=told.line_item_url)
    found = here.values_list("pk", flat=True).first()
    return f"column:{found}" if found else ""


def _placement(custom: Mapping[str, str]) -> str:
    """Where in a Canvas course the launch stood: $Canvas.moduleItem.id, $Canvas.assignment.id."""
    for kind, name in (("item", "canvas_module_item_id"), ("assignment", "canvas_assignment_id")):
        if name in custom:
            return f"{kind}:{custom[name]}"[:LONGEST]
    return ""
