"""One call to the REST API: who asks, what they may see, and how they are refused."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from connectors.sandbox import settings
from connectors.sandbox.faults import STATE, bearer
from connectors.sandbox.models import AccessToken, Course, Person
from connectors.sandbox.visible import Eyes

Payload = dict[str, Any]
Found = TypeVar("Found", bound=Model)
APPLICATION = "application"  # the scopes of a token that is the application's own


class Refused(Exception):
    """An answer other than 2xx. docs: "Error codes"; §3.3."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(status)
        told = {"status": status, "code": code, "message": message}
        # What support asks for.
        extra = {"extraInfo": uuid.uuid4().hex}
        self.status, self.body = status, {k: v for k, v in {**told, **extra}.items() if v}


def missing(what: str = "The specified resource was not found.") -> Refused:
    """Say that there is no such thing."""
    return Refused(404, what)


def forbidden(entitlement: str) -> Refused:
    """Refuse for want of an entitlement."""
    words = "The current user is not entitled to perform this operation"
    return Refused(403, f"{words} ({entitlement}).")


def named(row: int | Model) -> str:
    """Write an id as Learn does: `_12_1`."""
    return f"_{row if isinstance(row, int) else row.pk}_1"


def number(name: str) -> int:
    """Read such an id; raise Refused."""
    parts = name.split("_")
    if len(parts) == 3 and parts[0] == "" and parts[1].isdecimal() and len(parts[1]) < 19:
        return int(parts[1])
    raise missing()


def instant(moment: datetime | None) -> str | None:
    """Write a moment as Learn does: UTC, milliseconds, Z. §3.3."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Call:
    """One authorised request: who asks, in which world, with which switches."""

    def __init__(self, request: HttpRequest, token: AccessToken) -> None:
        self.request, self.token = request, token
        self.person, self.world = token.person, token.person.world
        self.url = settings.SANDBOX_URL
        self.application = token.scopes == APPLICATION

    def option(self, name: str) -> Any:
        """Return a switch of this world."""
        return STATE.option(self.world.name, name)

    def given(self, name: str) -> str:
        """Return a parameter of the query."""
        return self.request.GET.get(name, "")

    def sent(self) -> Payload:
        """Return the JSON body; raise Refused."""
        try:
            body = json.loads(self.request.body or b"{}")
        except ValueError as broken:
            raise Refused(400, "The request body is not valid JSON.") from broken
        if not isinstance(body, dict):
            raise Refused(400, "The request body is not an object.")
        return body

    def course(self, course_id: str) -> Course:
        """Find a course by id, `uuid:`, `courseId:` or `externalId:`; refuse who is not in it. §3.3."""
        rows = Course.objects.filter(world=self.world)
        kind, colon, value = course_id.partition(":")
        field = {"uuid": "uuid", "courseId": "code", "externalId": "sis_id"}.get(kind)
        if colon and field is None:
            raise missing()
        found = rows.filter(**{field: value}) if field else rows.filter(id=number(course_id))
        row = found.first()
        if row is None:
            raise missing("The specified course was not found.")
        if not (self.application or Eyes(self.person, row).member):
            raise forbidden("course.VIEW")
        return row

    def staff(self, course_id: str, entitlement: str) -> Course:
        """Find a course of whose inner things the caller may know; students are refused."""
        row = self.course(course_id)
        if not self.sees_all(row):
            raise forbidden(entitlement)
        return row

    def sees_all(self, course: Course) -> bool:
        """Whether the caller sees what students do not."""
        return self.application or Eyes(self.person, course).staff

    def person_of(self, user_id: str) -> Person:
        """Find somebody by id or `uuid:`; raise Refused."""
        if user_id == "me":
            return self.person
        rows = Person.objects.filter(world=self.world)
        kind, colon, value = user_id.partition(":")
        if colon:
            field = {"uuid": "uuid", "userName": "login_id", "externalId": "sis_id"}.get(kind)
            row = rows.filter(**{field: value}).first() if field else None
        else:
            row = rows.filter(id=number(user_id)).first()
        if row is None:
            raise missing("The specified user was not found.")
        return row


def one(rows: QuerySet[Found], name: str) -> Found:
    """Return the row of that id; raise Refused."""
    row = rows.filter(pk=number(name)).first()
    if row is None:
        raise missing()
    return row


def authorised(request: HttpRequest) -> Call:
    """Find the caller. §3.1: what each refusal says."""
    value = bearer(request)
    if not value:
        raise Refused(401, "API request is not authenticated.", "AuthHeaderMissing")
    tokens = AccessToken.objects.select_related("person__world")
    token = tokens.filter(value=value, person__world__dialect="blackboard").first()
    ended = (
        token is not None and token.expires_at is not None and token.expires_at <= timezone.now()
    )
    if token is None or token.revoked or token.ended_at or ended:
        raise Refused(401, "Bearer token is invalid")
    if STATE.option(token.person.world.name, "site_disabled"):
        raise Refused(403, "The application is disabled on this site.", "SiteApplicationDisabled")
    return Call(request, token)
