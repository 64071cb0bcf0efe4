"""How the façade answers: one hop to a thread, counted; a list with a link to what follows.

A body is told once: whoever shows its ETag again gets a 304.
"""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Annotated, Any, ParamSpec, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from ninja import Field, Query, Schema
from pydantic import TypeAdapter

from tutorai import limits
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_thread

P = ParamSpec("P")
T = TypeVar("T")

Limit = Annotated[int, Query(100, ge=1, le=200, description="How many at most")]
Offset = Annotated[int, Query(0, ge=0, le=1_000_000, description="How many to pass over")]


class Problem(Schema):
    """What went wrong: a code for programs, words for people in the caller's language."""

    code: str = Field(examples=["not_found"])
    detail: str = Field(examples=["This is not here."])


def refusals(*more: int) -> dict[Any, Any]:
    """Return the refusals an operation may answer besides those that all may."""
    return {frozenset({401, 403, 404, 422, 429, *more}): Problem}


def actor_of(request: HttpRequest) -> Actor:
    """Return who asks, as `Session` found them."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return actor


def read(
    request: HttpRequest, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> Awaitable[T]:
    """Do `work`, which begins with the actor, on a thread; raise TooMany beyond the limit."""
    return in_thread(_counted)(actor_of(request), work, *args, **kwargs)


def _counted(actor: Actor, work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    limits.take(actor)
    return work(*args, **kwargs)


def told(
    request: HttpRequest,
    form: TypeAdapter[T],
    value: T,
    *,
    after: int | None = None,
    tag: str | None = None,
) -> HttpResponse:
    """Answer `value`; `after` is where the list goes on, `tag` what its ETag is made from."""
    body = form.dump_json(value)
    etag = f'"{sha256(tag.encode() if tag is not None else body).hexdigest()[:32]}"'
    shown = parse_etags(request.headers.get("If-None-Match", ""))
    if etag in shown or "*" in shown:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body, content_type="application/json")
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Authorization, Accept-Language"
    if after is not None:
        query = {**request.GET.dict(), "offset": after}
        url = f"{settings.PUBLIC_URL}{request.path_info}?{urlencode(query)}"
        response["Link"] = f'<{url}>; rel="next"'
    return response
