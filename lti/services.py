"""The door to a platform's LTI services: our token on every call, lists over all their pages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit
from uuid import UUID

from django.utils import timezone
from pydantic import BaseModel, ConfigDict, ValidationError

from lti import platforms, service_tokens, wire
from lti.models import CourseService, Deployment, Registration
from lti.platforms.facts import Facts
from lti.wire import Reply
from tutorai import http
from tutorai.errors import (
    LMSMisunderstood,
    LMSNotFound,
    LMSRefused,
    LMSUnavailable,
    NotFound,
    NotSent,
    ScopeMissing,
    UrlRefused,
)
from tutorai.lmsdm.models import Course

PAGES = 1000  # of one list; more is a loop


class Payload(BaseModel):
    """The base of what services tell; an id may come as a number."""

    model_config = ConfigDict(coerce_numbers_to_str=True, hide_input_in_errors=True)


P = TypeVar("P", bound=Payload)


def understood(kind: type[P], payload: Any) -> P:
    """Return a payload as `kind`; raise LMSMisunderstood."""
    try:
        return kind.model_validate(payload)
    except ValidationError as error:
        raise LMSMisunderstood() from error


def beneath(url: str, path: str = "", **query: str) -> str:
    """Return an address below another; its own query stays, where `query` does not replace it.

    Moodle's line items are `…/lineitem?type_id=1`, and their scores `…/lineitem/scores?type_id=1`.
    """
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if pair and pair.split("=")[0] not in query]
    asked = "&".join([*kept, *([urlencode(query)] if query else [])])
    below = parts.path.rstrip("/") + path if path else parts.path
    return parts._replace(path=below, query=asked, fragment="").geturl()


@dataclass(frozen=True)
class Door:
    """One platform's services, with one token for `scopes`.

    Every method raises LMSError; NotSent also when it was the token that could not be had.
    """

    registration: Registration
    scopes: tuple[str, ...]

    def call(
        self,
        method: str,
        url: str,
        *,
        need: frozenset[str],
        accept: str,
        content: str = "",
        content_type: str = "",
        spared: Callable[[Reply], bool] | None = None,
    ) -> Reply:
        """Send once and return the answer; refused for its token (401), once more with a new one.

        `need`: the call takes a token with any of these scopes; ScopeMissing when ours has none.
        A POST whose answer cannot be read may have been taken: LMSUnavailable.
        """
        headers = {"Accept": accept}
        if content_type:
            headers["Content-Type"] = content_type

        def send(token: service_tokens.Token) -> Reply:
            how: dict[str, Any] = {"content": content.encode()} if content else {}
            signed = {**headers, "Authorization": f"Bearer {token.value}"}
            try:
                return wire.exchange("lti", method, url, spared=spared, headers=signed, **how)
            except LMSMisunderstood as error:
                if method == "GET":
                    raise
                raise LMSUnavailable() from error

        token = self._token(need)
        reply = send(token)
        if reply.status == 401:
            reply = send(self._token(need, instead_of=token.value))
        return reply

    def _token(self, need: frozenset[str], *, instead_of: str = "") -> service_tokens.Token:
        missing = ScopeMissing(scope=" / ".join(sorted(map(service_tokens.short, need))))
        if not need & set(self.scopes):
            raise missing
        try:
            token = service_tokens.current(self.registration, self.scopes, instead_of=instead_of)
        except LMSUnavailable as error:
            raise NotSent(retry_after=error.retry_after) from error
        if not need & token.scopes:
            raise missing
        return token

    def pages(
        self, url: str, *, need: frozenset[str], accept: str, most: int = PAGES
    ) -> Iterator[Any]:
        """Yield the JSON of every page of a list, to the last; whoever got there saw it all."""
        following: str | None = url
        visited: set[str] = set()
        while following:
            if following in visited or len(visited) >= most:
                raise LMSMisunderstood()
            visited.add(following)
            reply = self.call("GET", following, need=need, accept=accept)
            if not reply.ok:
                raise wire.meaning(reply)
            yield reply.json()
            following = _next(following, reply.link)


def _next(url: str, link: str) -> str | None:
    """Return where the next page is, as the platform wrote it; None on the last one."""
    onward = http.next_link(link)
    if onward is None:
        return None
    try:
        following = urljoin(url, onward)
    except ValueError as error:
        raise LMSMisunderstood() from error
    return theirs(following, url)


def theirs(url: str, known: str) -> str:
    """Return an address that a platform told, where it is its own: our token may go there.

    `known` is an address of that platform. Raises LMSMisunderstood.
    """
    try:
        if url.isprintable() and http.same_origin(url, known):
            return http.check_url(url)
    except UrlRefused as error:
        raise LMSMisunderstood() from error
    raise LMSMisunderstood()


def of(course: Course | UUID) -> CourseService:
    """Return what a course's platform offers; NotFound when it offers nothing (any more)."""
    rows = CourseService.objects.select_related("deployment__registration", "course")
    service = rows.filter(course=course, deployment__status=Deployment.Status.ACTIVE).first()
    if service is None or not service.deployment.registration.active:
        raise NotFound()
    return service


def family(course: Course) -> str:
    """Return of which family the platform is that launches into a course; "" for another one."""
    try:
        deployment = UUID(course.source.removeprefix("lti:"))
    except ValueError:  # what first told of it was no launch
        return ""
    told = Registration.objects.filter(deployment=deployment).first()
    return platforms.family_of(told.family, told.issuer, told.token_url) if told else ""


def door(service: CourseService, *scopes: str) -> Door:
    """Return the door to the services of a course."""
    return Door(service.deployment.registration, scopes or tuple(service.scopes))


def facts(service: CourseService) -> Facts:
    """Return what is known of the platform of a course."""
    told = service.deployment.registration
    return platforms.facts(told.family, told.issuer, told.token_url)


@contextmanager
def stopping(service: CourseService) -> Iterator[None]:
    """Ask a course's services no more once they say no: the error's code stays as their trouble.

    403 or 404 after the tool was removed, a right that was not granted. A launch that tells of
    the services takes the note away (`lti.offered`).
    """
    try:
        yield
    except (LMSRefused, LMSNotFound) as error:
        rows = CourseService.objects.filter(pk=service.pk)
        rows.update(trouble=error.code, trouble_at=timezone.now())
