"""Logins that could not begin, kept for the diagnose page of the platform they name."""

from collections.abc import Mapping
from datetime import timedelta
from secrets import token_urlsafe

from django.utils import timezone

from lti import failures, oidc, shown
from lti.claims import LONGEST
from lti.errors import Refusal, UnknownPlatform
from lti.models import LaunchState, Registration

MOST = 20  # kept of one platform within `WINDOW`: anybody may send a login
WINDOW = timedelta(hours=1)


def begin(
    given: Mapping[str, str], *, tool_url: str, slug: str = "", support_id: str = ""
) -> oidc.Login:
    """`oidc.begin`; what it refuses is written down where one platform is meant. Raises Refusal."""
    try:
        return oidc.begin(given, tool_url=tool_url, slug=slug)
    except Refusal as error:
        row = _meant(given, slug)
        if row is not None and _room(row):
            _keep(row, given, error, support_id)
        raise


def _meant(given: Mapping[str, str], slug: str) -> Registration | None:
    """Return the one registration that a login speaks of; None where it may be several."""
    issuer, client = given.get("iss", ""), given.get("client_id", "")
    if any("\x00" in one for one in (issuer, client, slug)):
        return None
    rows = list(Registration.objects.filter(issuer=issuer)[: MOST + 1])
    exact = [row for row in rows if row.client_id == client or (slug and row.login_slug == slug)]
    fitting = exact or rows
    return fitting[0] if len(fitting) == 1 else None


def _room(row: Registration) -> bool:
    since = timezone.now() - WINDOW
    kept = LaunchState.objects.filter(registration=row, created_at__gt=since, nonce="")
    return kept.count() < MOST


def _keep(row: Registration, given: Mapping[str, str], error: Refusal, support_id: str) -> None:
    unknown = isinstance(error, UnknownPlatform)
    LaunchState.objects.create(
        registration=row,
        state_hash=oidc.digest(token_urlsafe()),
        binder_hash="",
        nonce="",
        used_at=timezone.now(),
        failure=failures.UNKNOWN_CLIENT if unknown else error.reason[:40],
        support_id=support_id,
        shown={"login": _told(given)},
    )


def _told(given: Mapping[str, str]) -> dict[str, str]:
    """What the login said of the platform and of us; nothing of the person."""
    plain = {name: given.get(name, "")[:LONGEST] for name in ("client_id", "lti_deployment_id")}
    told = {**plain, "target_link_uri": shown.address(given.get("target_link_uri", ""))}
    return {name: value.replace("\x00", "") for name, value in told.items() if value}
