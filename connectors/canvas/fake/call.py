"""One call to the REST API: who asks, what they may see, and how they are refused."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from connectors.sandbox import settings
from connectors.sandbox.copying import SHARD
from connectors.sandbox.faults import STATE, bearer
from connectors.sandbox.models import AccessToken, Course
from connectors.sandbox.rows import instant
from connectors.sandbox.visible import Eyes

Payload = dict[str, Any]


class Refused(Exception):
    """An answer other than 200, with its body and whether the token is to blame.

    Canvas says it with a header: `WWW-Authenticate` stands on a 401 that another token would
    mend, and is missing from one that speaks of permissions or scopes.
    """

    def __init__(self, status: int, body: Payload, *, token: bool = False) -> None:
        super().__init__(status)
        self.status, self.body, self.token = status, body, token


def missing() -> Refused:
    """Say that there is no such thing, as Canvas does."""
    return Refused(404, {"errors": [{"message": "The specified resource does not exist."}]})


def token_trouble(message: str, **more: Any) -> Refused:
    """Say what is wrong with the token."""
    return Refused(401, {"errors": [{"message": message, **more}]}, token=True)


class Call:
    """One authorised request: who asks, in which world, with which switches."""

    def __init__(self, request: HttpRequest, token: AccessToken) -> None:
        self.request, self.token = request, token
        self.person = token.person
        self.world = token.person.world
        self.url = settings.SANDBOX_URL

    def option(self, name: str) -> Any:
        """Return a switch of this world."""
        return STATE.option(self.world.name, name)

    def given(self, name: str) -> list[str]:
        """Return a parameter's values; lists are sent as `name[]`."""
        return self.request.GET.getlist(f"{name}[]") or self.request.GET.getlist(name)

    def wants(self, name: str) -> bool:
        """Is `name` among the include[] parameters?

        A developer key without "Allow Include Parameters" loses them all, unsaid. Canvas API:
        Developer Keys.
        """
        return name in self.given("include") and not self.option("no_includes")

    def ordered(self, default: str, *others: str) -> list[str]:
        """Return what `sort` and `order` ask for, as arguments of order_by."""
        asked = self.request.GET.get("sort", "")
        sign = "-" if self.request.GET.get("order") == "desc" else ""
        return [f"{sign}{asked if asked in others else default}", "id"]

    def forbidden(self) -> Refused:
        """Refuse for want of permission: 401 without WWW-Authenticate, or 403 by switch."""
        words = "user not authorized to perform that action"
        body = {"status": "unauthorized", "errors": [{"message": words}]}
        return Refused(403 if self.option("permission_403") else 401, body)

    def course(self, course_id: str) -> Course:
        """Find a course by its id, by `lti_context_id:` or by `sis_course_id:`.

        Canvas API: Object IDs. `901~7` is 7 of shard 901.
        """
        rows = Course.objects.filter(world=self.world)
        kind, _, value = course_id.rpartition(":")
        named = {"lti_context_id": "uuid", "sis_course_id": "code"}.get(kind)
        shard, tilde, own = value.rpartition("~")
        if named is None and tilde and shard.isdecimal() and own.isdecimal():
            value = str(int(shard) * SHARD + int(own))
        if named is None and not value.isdecimal():
            raise missing()
        row = rows.filter(**({named: value} if named else {"id": int(value)})).first()
        if row is None:
            raise missing()
        return row

    def eyes(self, course_id: str) -> Eyes:
        """Return what the caller sees of a course; nobody from outside gets in."""
        eyes = Eyes(self.person, self.course(course_id))
        if not eyes.member:
            raise self.forbidden()
        return eyes

    def staff(self, course_id: str) -> Eyes:
        """Return what a teacher sees of a course; students are refused."""
        eyes = self.eyes(course_id)
        if not eyes.staff:
            raise self.forbidden()
        return eyes


def authorised(request: HttpRequest, scope: str) -> Call:
    """Find the caller. Canvas API: OAuth2 Overview, Developer Keys (scopes)."""
    value = bearer(request)
    if not value:
        words = "user authorization required"
        body = {"status": "unauthenticated", "errors": [{"message": words}]}
        raise Refused(401, body, token=True)
    token = AccessToken.objects.select_related("person__world").filter(value=value).first()
    now = timezone.now()
    if token is None:
        raise token_trouble("Invalid access token.")
    if token.revoked:
        raise token_trouble("Revoked access token.")
    if token.ended_at and token.ended_at <= now:
        raise token_trouble("Expired access token.", expired_at=instant(token.ended_at))
    if token.expires_at and token.expires_at <= now:
        raise token_trouble("Invalid access token.")
    if token.scopes and scope not in token.scopes.split():
        body = {"errors": [{"message": "Insufficient scopes on access token."}]}
        raise Refused(401, body)
    return Call(request, token)
