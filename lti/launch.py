"""The second hop: a signed id_token → person, course, role → a session."""

from collections.abc import Mapping
from datetime import timedelta
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from lti import claims as reading
from lti import jwks, roles, sessions, tool
from lti.errors import (
    DeploymentPending,
    NotThisBrowser,
    PlatformRefused,
    Replayed,
    UnknownState,
)
from lti.models import Deployment, LaunchState, Registration, ResourceLink
from lti.oidc import LIFETIME, digest
from tutorai.ids import new_id
from tutorai.lmsdm import schema, store
from tutorai.lmsdm.models import Enrolment, Identity


def spend(state: str) -> LaunchState:
    """Return the login this state began, which it can do once; raise UnknownState, Replayed."""
    mark = digest(state.encode(errors="replace").decode())
    young = timezone.now() - timedelta(seconds=LIFETIME)
    held = LaunchState.objects.select_related("registration").filter(
        state_hash=mark, created_at__gt=young
    )
    row = held.first()
    if row is None or not row.registration.active:
        raise UnknownState()
    if not LaunchState.objects.filter(pk=row.pk, used_at=None).update(used_at=timezone.now()):
        raise Replayed()
    return row


def validate(row: LaunchState, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the claims of a launch that this login asked for; raise a LaunchError."""
    if "error" in given:
        raise PlatformRefused()
    registration, token = row.registration, given.get("id_token", "")
    kid = tool.kid_of(token)
    claims = tool.verify(
        token,
        jwks.key(registration.jwks_url, kid),
        issuer=registration.issuer,
        client_id=registration.client_id,
        nonce=row.nonce,
    )
    told = reading.read(
        claims, tool_url=settings.PUBLIC_URL, anonymous=registration.accepts_anonymous
    )
    _deployment(registration, told.deployment_id)
    return claims


def arrive(given: Mapping[str, str], binder: str) -> sessions.Begun | LaunchState:
    """Take a launch POST in; a LaunchState returned still waits for the browser's proof."""
    row = spend(given.get("state", ""))
    claims = validate(row, given)
    if binder and compare_digest(digest(binder), row.binder_hash):
        return enter(row, claims)
    row.claims = claims
    row.save(update_fields=["claims"])
    return row


def confirm(state: str, binder: str) -> sessions.Begun:
    """End a launch whose browser kept its binder in another place than a cookie."""
    now = timezone.now()
    row = (
        LaunchState.objects.select_related("registration")
        .filter(
            state_hash=digest(state),
            claims__isnull=False,
            confirmed_at=None,
            used_at__gt=now - timedelta(seconds=120),
        )
        .first()
    )
    if row is None or not compare_digest(digest(binder), row.binder_hash):
        raise NotThisBrowser()
    claims: dict[str, Any] = row.claims or {}
    mine = LaunchState.objects.filter(pk=row.pk, confirmed_at=None)
    if not mine.update(confirmed_at=now, claims=None):
        raise Replayed()
    return enter(row, claims)


def _deployment(registration: Registration, deployment_id: str) -> Deployment:
    status = (
        Deployment.Status.ACTIVE
        if registration.auto_approve_deployments and registration.institution_id
        else Deployment.Status.PENDING
    )
    row, _new = Deployment.objects.select_related("institution").get_or_create(
        registration=registration,
        deployment_id=deployment_id,
        defaults={"status": status, "institution": registration.institution},
    )
    if row.status != Deployment.Status.ACTIVE or row.institution_id is None:
        raise DeploymentPending()
    return row


@transaction.atomic
def enter(row: LaunchState, claims: dict[str, Any]) -> sessions.Begun:
    """Write down who came where as what; begin the session."""
    registration = row.registration
    told = reading.read(
        claims, tool_url=settings.PUBLIC_URL, anonymous=registration.accepts_anonymous
    )
    deployment = _deployment(registration, told.deployment_id)
    institution = deployment.institution
    assert institution is not None  # _deployment
    role = roles.effective(
        told.roles, overrides=registration.roles, admins=institution.admins_may_read
    )
    user_id = store.save_user(
        institution_id=institution.pk,
        source=f"lti:{registration.pk}",
        user=schema.User(
            user_id=told.sub or f"anonymous:{new_id()}",
            name=told.name,
            email=told.email,
            locale=told.locale,
            is_test=roles.TEST_USER in told.roles,
        ),
    )
    sections = _sections(told)
    course_id = _course(told, deployment)
    if course_id:
        store.save_enrolment(
            user_id=user_id,
            course_id=course_id,
            role=role,
            seen_from=Enrolment.From.LAUNCH,
            sections=sections,
        )
    _join(told, deployment, user_id, course_id)
    link = None
    if told.link_id:
        link, _new = ResourceLink.objects.update_or_create(
            deployment=deployment,
            link_id=told.link_id,
            defaults={"course_id": course_id, "title": told.link_title},
        )
    storage_origin = reading.origin(registration.auth_url)
    origins = [reading.origin(told.return_url), storage_origin, reading.origin(registration.issuer)]
    return sessions.begin(
        deployment=deployment,
        user_id=user_id,
        course_id=course_id,
        resource_link=link,
        role=role.value,
        message_type=told.message_type,
        locale=told.locale,
        sections=list(sections or ()),
        return_url=told.return_url if origins[0] else "",
        frame_origins=list(dict.fromkeys(filter(None, origins))) if origins[0] else [],
        platform_storage=(
            {"target": row.storage_target, "origin": storage_origin}
            if row.storage_target and storage_origin
            else None
        ),
    )


def _course(told: reading.Launch, deployment: Deployment) -> Any:
    if not told.context_id or deployment.institution_id is None:
        return None
    return store.save_course(
        institution_id=deployment.institution_id,
        source=f"lti:{deployment.pk}",
        course=schema.Course(
            course_id=told.context_id, title=told.course_title, code=told.course_code
        ),
    )


def _sections(told: reading.Launch) -> tuple[str, ...] | None:
    listed = told.custom.get("canvas_course_section_ids")
    if listed is None:
        return None
    return tuple(one.strip() for one in listed.split(",") if one.strip())


def _join(told: reading.Launch, deployment: Deployment, user_id: Any, course_id: Any) -> None:
    """Canvas says which REST ids these are; only its own word joins the two."""
    try:
        host = urlsplit(told.custom.get("canvas_api_base_url", "")).netloc
    except ValueError:
        host = ""
    host = told.custom.get("canvas_api_domain") or host
    for kind, key, row in (
        (Identity.Of.USER, "canvas_user_id", user_id),
        (Identity.Of.COURSE, "canvas_course_id", course_id),
    ):
        if host and row and key in told.custom and deployment.institution_id:
            store.identify(
                institution_id=deployment.institution_id,
                source=f"canvas:{deployment.pk}",
                kind=kind,
                external_id=f"{host}/{told.custom[key]}",
                row=row,
            )
