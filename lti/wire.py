"""One call to a platform's service: the guard around it, and what an answer means.

Nothing here knows of tokens; `lti.services` adds them.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from tutorai import http
from tutorai.errors import (
    LMSError,
    LMSMisunderstood,
    LMSNotFound,
    LMSRefused,
    LMSThrottled,
    LMSUnavailable,
    TooBig,
)
from tutorai.idle import release

SICK = frozenset({500, 502, 503, 504})  # answers that speak of the platform's health
DEADLINE = 30.0  # seconds for one answer
LONGEST = 24 * 3600.0  # seconds of a pause that a platform may ask for
SHOWN = 500  # characters of a body that are looked at for an answer's meaning
# What no database holds: U+0000, and one half of a pair (a name that was cut in an emoji).
UNSOUND = re.compile(r"\\u(?:0000|d[89a-f])", re.IGNORECASE)

Guard = Callable[[str, str], AbstractContextManager[Callable[[], None]]]

# The circuit breaker, handed over by tutorai.apps: entered with host and service ("token", "lti")
# before a call, raises NotSent while the host is left alone; yields what says "it is not well".
guard: Guard | None = None


@dataclass(frozen=True)
class Reply:
    """An answer, whatever its status."""

    status: int
    reason: str  # the status line's words: Moodle says there what is wrong
    content: bytes
    link: str  # the Link headers
    retry_after: float | None  # seconds, as the platform asks

    @property
    def ok(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The reason phrase and the body's beginning, a line break between them."""
        head = self.content[: 4 * SHOWN].decode("utf-8-sig", errors="replace")
        return f"{self.reason}\n{head[:SHOWN].strip()}"

    def json(self) -> Any:
        """Return the body as JSON, whatever its type is called; raise LMSMisunderstood."""
        return read_json(self.content)


@cache
def _client(service: str) -> http.Http:
    """Return this process's client, made after any fork."""
    return http.Http(deadline=DEADLINE, service=service)


@contextmanager
def _unguarded(host: str, service: str) -> Iterator[Callable[[], None]]:
    yield lambda: None


def exchange(
    service: str,
    method: str,
    url: str,
    *,
    spared: Callable[[Reply], bool] | None = None,
    **how: Any,
) -> Reply:
    """Send once and return what came back.

    `spared` says of a 5xx whether it speaks of one thing only, so that the breaker forgives it.
    Raises NotSent, LMSUnavailable, LMSMisunderstood (also of an answer too large) and UrlRefused.
    """
    release()
    try:
        with (guard or _unguarded)(urlsplit(url).netloc.lower(), service) as unwell:
            response = _client(service).request(method, url, **how)
            reply = Reply(
                status=response.status_code,
                reason=response.reason_phrase,
                content=response.content,
                link=response.headers.get("Link", ""),
                retry_after=_seconds(response.headers.get("Retry-After", "")),
            )
            if reply.status in SICK and not (spared and spared(reply)):
                unwell()
    except TooBig as error:
        raise LMSMisunderstood() from error
    return reply


def _seconds(header: str) -> float | None:
    """Return a Retry-After as seconds from now: it is seconds or a date (RFC 9110, 10.2.3)."""
    if header.strip().isdecimal():
        return min(float(header), LONGEST)
    try:
        pause = parsedate_to_datetime(header).timestamp() - time.time()
        return min(max(0.0, pause), LONGEST)
    except (ValueError, OverflowError):
        return None


def throttled(reply: Reply) -> bool:
    """Whether an answer asks us to slow down; Canvas says so in words."""
    told = "rate limit exceeded" in reply.text.lower()
    return reply.status == 429 or (reply.status == 403 and told)


def meaning(reply: Reply) -> LMSError:
    """Return what an answer that is not 2xx means, as an error to raise."""
    if throttled(reply):
        return LMSThrottled(retry_after=reply.retry_after)
    if reply.status in {404, 410, 412}:  # 412: Canvas, of a column that is not active any more
        return LMSNotFound()
    if reply.status >= 500:
        return LMSUnavailable(retry_after=reply.retry_after)
    if reply.status >= 400:
        return LMSRefused()
    return LMSMisunderstood()  # a redirect: another host, or a login page


def read_json(content: bytes) -> Any:
    """Return the JSON, decimals as they were written; raise LMSMisunderstood.

    It is UTF-8, and may begin with a byte order mark (RFC 8259, 8.1). An object that has a name
    twice says two things, and NaN is no number: neither is taken.
    """
    try:
        text = content.decode("utf-8-sig")
        told = json.loads(
            text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_object
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise LMSMisunderstood() from error
    return _sound(told) if UNSOUND.search(text) else told


def _no_number(name: str) -> float:
    raise ValueError(name)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("the same name twice")
    return made


def _sound(value: Any) -> Any:
    """Return JSON whose text a database can hold; what it cannot is left out, or marked."""
    match value:
        case str():
            whole = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            return whole.replace("\x00", "")
        case list():
            return [_sound(one) for one in value]
        case dict():
            return {_sound(name): _sound(one) for name, one in value.items()}
    return value
