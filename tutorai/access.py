"""Who is asking, and what they may do: the one place where a request becomes an Actor.

Every view outside the short list of public ones carries one of these decorators; `test_house`
proves it. A session's row is read at every request, so that a demotion counts at once.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
from secrets import compare_digest
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from lti import sessions
from tutorai import proof
from tutorai.errors import CourseEnded, NotFound, NotSignedIn, NotYours, SignedInElsewhere
from tutorai.lmsdm.models import Institution
from tutorai.lmsdm.schema import AUTHORS, GRADERS, STAFF, Actor, Role
from tutorai.models import Office
from tutorai.threads import in_thread

EVERYONE = frozenset(Role)
# What changes nothing in a course. Deleting is one's own conversation alone: theirs for ever.
READS = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
# Nor does what is posted there: signing out, trying oneself (in a course that is over nothing of it
# is kept), deleting one's own practice, going back without placing anything.
POSTED = frozenset(
    {
        "/v1/logout",
        "/pages/practice/check",
        "/pages/practice/hint",
        "/pages/mine/forget",
        "/pages/place/cancel",
    }
)


def bearer(request: HttpRequest) -> str:
    """Return the access token of the Authorization header; raise NotSignedIn."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise NotSignedIn()
    return token


def actor_sync(request: HttpRequest) -> Actor:
    """Return who is asking, from the bearer session (one query).

    Raises NotSignedIn; CourseEnded for what would change something in a course that is over. This
    is the one place that says so, for pages and API alike.
    """
    actor = sessions.actor(bearer(request))
    if actor.ended and request.method not in READS and request.path_info not in POSTED:
        raise CourseEnded()
    request.actor = actor  # type: ignore[attr-defined]
    return actor


async def actor_of(request: HttpRequest) -> Actor:
    """`actor_sync` for async code: one hop to a thread, and none when this request is known."""
    known: Actor | None = getattr(request, "actor", None)
    return known or await in_thread(actor_sync)(request)


def _roles(
    allowed: frozenset[Role],
) -> Callable[[Callable[..., Any]], Callable[..., Coroutine[Any, Any, HttpResponseBase]]]:
    def decorate(view: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, HttpResponseBase]]:
        @wraps(view)
        async def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor = await actor_of(request)
            if actor.role not in allowed:
                raise NotYours()
            response: HttpResponseBase = await view(request, actor, *args, **kwargs)
            return response

        guarded.access = sorted(allowed)  # type: ignore[attr-defined]
        return guarded

    return decorate


signed_in = _roles(EVERYONE)  # anyone with a session
staff = _roles(STAFF)  # teacher, ta, designer, admin
graders = _roles(GRADERS)  # teacher, ta: who gives grades
authors = _roles(AUTHORS)  # teacher, designer: who sets a course up
teachers = _roles(AUTHORS & GRADERS)  # who does both
instructors = _roles(AUTHORS | GRADERS)  # who does either


# What the offices of an institution are for. An owner may do everything.
OWNERS = frozenset({Office.Role.OWNER})  # people, the school's own sign-in
CHANGERS = OWNERS | {Office.Role.ADMINISTRATOR}  # registers platforms, decides on deployments
DIAGNOSERS = CHANGERS | {Office.Role.SUPPORT}  # reads platforms and launches, without secrets
AUDITORS = OWNERS | {Office.Role.AUDITOR}  # reads the audit log and the list of people
OFFICERS = frozenset(Office.Role)
TEACHERS = CHANGERS | {Office.Role.TEACHER}  # make courses of their own here


@dataclass(frozen=True)
class Officer:
    """An account at work in an office of one institution."""

    account_id: UUID  # what `audit.record(account=…)` wants
    institution: Institution
    role: Office.Role

    def may(self, roles: frozenset[Office.Role]) -> bool:
        """Whether this office is one of `roles`, for what a page shows only some."""
        return self.role in roles


def ask(request: HttpRequest) -> HttpResponseBase:
    """Send whoever has not shown enough to sign in, or to their second factor, and back."""
    if request.user.is_authenticated:
        return redirect_to_login(request.get_full_path(), reverse("second_factor"))
    return redirect_to_login(request.get_full_path())


def officer(
    *roles: Office.Role,
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Guard a (synchronous) view below `/institution/<slug:slug>/`: `view(request, officer, …)`.

    Who is not signed in, or without a second factor, is sent to do so and comes back. An office elsewhere opens nothing here,
    nor does a right of the staff site: such an institution is not there (NotFound). Raises
    NotYours for an office that is not among `roles`, SignedInElsewhere for a sign-in that another
    institution vouched for. The row is read at every request.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            shown = proof.of(request, request.user)
            if not shown.second_factor:
                return ask(request)
            held = Office.objects.select_related("institution").filter(
                account=request.user.pk, institution__slug=slug
            )
            office = held.first()
            if office is None:
                raise NotFound()
            if not shown.opens(office.institution_id):
                raise SignedInElsewhere()
            if office.role not in roles:
                raise NotYours()
            who = Officer(office.account_id, office.institution, Office.Role(office.role))
            return view(request, who, *args, **kwargs)

        guarded.access = sorted(roles)  # type: ignore[attr-defined]
        return guarded

    return decorate


def account(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Guard a (synchronous) view for whoever is signed in with an account, whatever their office.

    What it shows must be that account's own.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not proof.of(request, request.user).second_factor:
            return ask(request)
        return view(request, *args, **kwargs)

    guarded.access = ["account"]  # type: ignore[attr-defined]
    return guarded


def operator(view: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, HttpResponseBase]]:
    """Let in whoever shows METRICS_TOKEN; without one set, nothing is there.

    Raises NotFound and NotSignedIn.
    """

    @wraps(view)
    async def guarded(request: HttpRequest) -> HttpResponseBase:
        token: str = settings.METRICS_TOKEN
        if not token:
            raise NotFound()
        if not compare_digest(bearer(request).encode(), token.encode()):
            raise NotSignedIn()
        response: HttpResponseBase = await view(request)
        return response

    guarded.access = ["operator"]  # type: ignore[attr-defined]
    return guarded


def public(view: Callable[..., Any]) -> Callable[..., Any]:
    """Say that a view needs no session; it must carry no data of anyone."""
    view.access = []  # type: ignore[attr-defined]
    return view
