"""Calls to an LMS, whichever it is: the token, the pace, the pages, writes sent once.

Each dialect's wire says what is its own: how a token is carried, what a refusal means, how its
lists go on. What stands around a call, outermost first: a lease, the breaker, the bucket.
"""

import json
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import IO, Any
from urllib.parse import urljoin, urlsplit
from uuid import UUID

import httpx
from django.conf import settings
from django.db import close_old_connections
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from connectors import lua
from connectors.base import Bearer, Tokens
from connectors.breaker import Breaker
from connectors.bucket import Bucket
from connectors.leases import Leases
from tutorai import http
from tutorai.errors import (
    LMSError,
    LMSMisunderstood,
    LMSThrottled,
    LMSUnauthorised,
    LMSUnavailable,
    NotSent,
    TooBig,
)

PARSED = "parsed"  # where an answer keeps what it says
TRIES = 3  # of one idempotent read
PAGES = 1000  # of one list; more is a loop
REDIRECTS = 5  # of one download
SICK = frozenset({500, 502, 503, 504})  # answers that speak of the LMS's health
LONGEST_PAUSE = 60.0  # seconds a bucket is shut because one call was told to wait
LONGEST = 24 * 3600.0  # seconds of a pause that an LMS may ask for


@cache
def shared() -> http.Http:
    """Return this process's client for reads and writes, made after any fork."""
    return http.Http(service="rest")


@cache
def files() -> http.Http:
    """Return this process's client for downloads, which may take longer."""
    return http.Http(deadline=300, service="files")


@dataclass(frozen=True)
class Pace:
    """How many calls an LMS bears: a bucket's capacity, its refill a second, a call's cost."""

    capacity: float
    refill: float
    cost: float
    at_once: int = 2  # calls under way at the same time


@dataclass(frozen=True)
class Call:
    """One request, with its token in it."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: str | None = None


class Wire(ABC):
    """Calls to one LMS, with one token: idempotent reads, and writes sent once.

    `patience` is how long (seconds) a throttled call may wait here; beyond it the error goes
    up, and the job waits in the ledger instead.
    """

    lms = ""
    pace: Pace
    accept = "application/json"

    def __init__(self, base_url: str, tokens: Tokens, *, patience: float = 20) -> None:
        self.base = base_url.rstrip("/")
        self.clock: datetime | None = None  # the LMS's own, when it first answered
        self._tokens = tokens
        self._patience = patience
        host = urlsplit(self.base).netloc
        self._breaker = Breaker(lua.redis(), f"{self.lms}:{host}:rest")
        self._files = Breaker(lua.redis(), f"{self.lms}:{host}:files")

    # --- what is each LMS's own -----------------------------------------------------------

    def signed(self, call: Call, bearer: Bearer) -> Call:
        """Return the call with the token in it: as a bearer's, where an LMS has no other way."""
        return replace(call, headers={**call.headers, "Authorization": f"Bearer {bearer.secret}"})

    @abstractmethod
    def token_refused(self, response: httpx.Response) -> bool:
        """Whether the token is the trouble, so that another one may help."""

    @abstractmethod
    def trouble(self, response: httpx.Response) -> LMSError | None:
        """Return what an answer means that is none, as an error to raise; None: it is one."""

    def spent(self, response: httpx.Response) -> float:
        """Return what a call cost after all, in units of the bucket."""
        return self.pace.cost

    def left(self, response: httpx.Response) -> tuple[float | None, float]:
        """Return what the LMS says is left (None: nothing said), and seconds to pause."""
        return None, 0.0

    def bucket(self, bearer: Bearer) -> Bucket:
        """Return the bucket that the LMS keeps: by default one for each site."""
        return self._bucket_of(self.base)

    def _bucket_of(self, name: str) -> Bucket:
        key = lua.key(self.lms, lua.digest(name))
        pace, host = self.pace, urlsplit(self.base).netloc
        refill = pace.refill / settings.DELAYS  # trials run faster than life
        return Bucket(
            lua.redis(), key, pace.capacity, refill, pace.cost, label=f"{self.lms}:{host}"
        )

    # --- reads ----------------------------------------------------------------------------

    def read(self, call: Call, *, large: bool = False) -> httpx.Response:
        """Return a good answer; try again what may pass, up to three times.

        Raises LMSError, UrlRefused; TooBig for what may be `large`, else LMSMisunderstood.
        """
        try:
            return self._retrying()(self._with_token, call)
        except TooBig as error:
            if large:
                raise
            raise LMSMisunderstood() from error

    def json(self, response: httpx.Response) -> Any:
        """Return the body of an answer; raise LMSMisunderstood where it is none."""
        if PARSED in response.extensions:
            return response.extensions[PARSED]
        return self._parsed(response)

    def _parsed(self, response: httpx.Response) -> Any:
        """Parse the body; a login page or a cut-off answer is not one, and may pass."""
        if "json" not in response.headers.get("Content-Type", ""):
            raise LMSMisunderstood()
        try:
            return json.loads(response.content)
        except ValueError as error:
            raise LMSMisunderstood() from error

    def walk(self, first: Call, *, large: bool = False) -> Iterator[httpx.Response]:
        """Yield the answer of every page, in order, to the last; raise LMSError (and `read`'s)."""
        call: Call | None = first
        visited: set[str] = set()
        while call:
            if call.url in visited or len(visited) >= PAGES or not self._ours(call.url):
                raise LMSMisunderstood()
            visited.add(call.url)
            response = self.read(call, large=large)
            yield response
            url = self.onwards(response)
            call = Call("GET", urljoin(self.base, url), {}) if url else None

    def onwards(self, response: httpx.Response) -> str | None:
        """Return where the next page is; None after the last."""
        return http.next_link(response.headers.get("Link"))

    # --- writes ---------------------------------------------------------------------------

    def write(self, call: Call) -> httpx.Response:
        """Send once and return the answer, whatever its status.

        A token that was replaced meanwhile gets its successor's try: the LMS did nothing then.
        Raises NotSent when nothing left here, LMSUnavailable when it may have arrived,
        LMSUnauthorised when the token is dead.
        """
        bearer = self._tokens.current()
        response = self._once(call, bearer)
        if self.token_refused(response):
            bearer = self._tokens.instead_of(bearer)
            response = self._once(call, bearer)
            if self.token_refused(response):
                self._tokens.over(bearer)
                raise LMSUnauthorised()
        return response

    def _once(self, call: Call, bearer: Bearer) -> httpx.Response:
        try:
            return self._send(call, bearer)
        except LMSThrottled as error:
            raise NotSent(retry_after=error.retry_after) from error  # by our own bucket
        except (LMSMisunderstood, TooBig) as error:
            raise LMSUnavailable() from error  # it left here, and nobody can say what came of it

    # --- files ----------------------------------------------------------------------------

    def download(self, url: str, to: IO[bytes], *, cap: int) -> None:
        """Write what `url` holds, at most `cap` bytes, from the start of `to`.

        Redirects are followed; the token goes to the LMS's own host only.
        Raises LMSError, TooBig, UrlRefused.
        """
        self._retrying()(self._download, urljoin(self.base, url), to, cap)

    def _retrying(self) -> Retrying:
        """Try again what may pass, within our patience: a longer pause is for the ledger."""
        end = time.monotonic() + self._patience
        return Retrying(
            retry=retry_if_exception(lambda error: transient(error, until=end)),
            wait=pause,
            stop=stop_after_attempt(TRIES),
            reraise=True,
        )

    def _download(self, url: str, to: IO[bytes], cap: int) -> None:
        """Download once, within the LMS's pace; files have a breaker of their own."""
        bearer = self._tokens.current()
        close_old_connections()
        bucket = self.bucket(bearer)
        with Leases(bucket.redis, f"{bucket.key}:leases", self.pace.at_once).held():
            token, well = _allowed(self._files), True
            bucket.take()
            try:
                self._follow(url, to, cap, bearer)
            except LMSUnavailable:
                well = False
                raise
            finally:
                self._files.report(token, ok=well)
                bucket.settle(spent=min(1.0, self.pace.cost))

    def _follow(self, url: str, to: IO[bytes], cap: int, bearer: Bearer) -> None:
        to.seek(0)
        to.truncate()
        for _ in range(REDIRECTS + 1):
            call = Call("GET", url, {})
            call = self.signed_file(call, bearer) if self._ours(url) else call
            with files().stream(
                call.method, call.url, headers=call.headers, content=call.content
            ) as response:
                if not response.has_redirect_location:
                    self._save(response, to, cap)
                    return
                url = urljoin(url, response.headers["Location"])
                if urlsplit(url).path.startswith("/login"):
                    raise LMSUnauthorised()
        raise LMSMisunderstood()

    def signed_file(self, call: Call, bearer: Bearer) -> Call:
        """Return a download with the token in it, where that is another way than of calls."""
        return self.signed(call, bearer)

    def spoilt(self, response: httpx.Response) -> LMSError | None:
        """Return why a download is none, before its body is read; None: it is one."""
        if response.status_code == httpx.codes.OK:
            return None
        self._hear_out(response)
        return self.trouble(response) or LMSMisunderstood()

    def _hear_out(self, response: httpx.Response) -> None:
        """Read the body of an answer that is no file, as far as such an answer goes."""
        try:
            response._content = b"".join(files().chunks(response, cap=http.CAP))
        except TooBig as error:
            raise LMSMisunderstood() from error

    def _save(self, response: httpx.Response, to: IO[bytes], cap: int) -> None:
        if wrong := self.spoilt(response):
            raise wrong
        told = response.headers.get("Content-Length", "")
        if told.isdigit() and int(told) > cap:
            raise TooBig(limit=f"{cap // 1024 // 1024} MB")
        for piece in files().chunks(response, cap=cap):
            to.write(piece)

    # --- one call -------------------------------------------------------------------------

    def _ours(self, url: str) -> bool:
        return http.same_origin(url, self.base)

    def _with_token(self, call: Call) -> httpx.Response:
        """Send with the token; refused, once more with its successor, if there is one."""
        bearer = self._tokens.current()
        response = self._send(call, bearer)
        if self.token_refused(response):
            bearer = self._tokens.instead_of(bearer)
            response = self._send(call, bearer)
            if self.token_refused(response):
                self._tokens.over(bearer)
                raise LMSUnauthorised()
        if wrong := self.trouble(response):
            self._slow_down(wrong, bearer)
            raise wrong
        response.extensions[PARSED] = self._parsed(response)
        return response

    def _slow_down(self, wrong: LMSError, bearer: Bearer) -> None:
        """Shut the bucket for everybody, for as long as the LMS asks one of us to wait."""
        if isinstance(wrong, LMSThrottled) and wrong.retry_after:
            rest = min(wrong.retry_after, LONGEST_PAUSE)
            self.bucket(bearer).settle(spent=self.pace.cost, pause=rest)

    def _send(self, call: Call, bearer: Bearer) -> httpx.Response:
        """Send once, within the pace the LMS allows, and tell the breaker."""
        close_old_connections()  # nothing is held while the LMS thinks
        bucket = self.bucket(bearer)
        with Leases(bucket.redis, f"{bucket.key}:leases", self.pace.at_once).held():
            return self._sent(call, bearer, bucket)

    def _sent(self, call: Call, bearer: Bearer, bucket: Bucket) -> httpx.Response:
        token = self._leave(bucket)
        made = self.signed(call, bearer) if self._ours(call.url) else call
        headers = {"Accept": self.accept, **made.headers}
        try:
            response = shared().request(
                made.method, made.url, headers=headers, content=made.content
            )
        except (LMSError, TooBig) as error:
            self._breaker.report(token, ok=isinstance(error, TooBig))
            bucket.settle(spent=min(1.0, self.pace.cost))
            raise
        self._breaker.report(token, ok=response.status_code not in SICK)
        left, rest = self.left(response)
        bucket.settle(spent=self.spent(response), left=left, pause=rest)
        self._hear(response)
        return response

    def _leave(self, bucket: Bucket) -> UUID:
        """Wait for leave to call; return the breaker's token. Raises LMSThrottled, NotSent."""
        token = _allowed(self._breaker)
        bucket.take()
        return token

    def _hear(self, response: httpx.Response) -> None:
        """Set the clock by the first answer's Date: what changed since is asked for next time."""
        if self.clock is None and (told := response.headers.get("Date")):
            self.clock = _moment(told)


def _allowed(breaker: Breaker) -> UUID:
    """Return a breaker's token for one call; raise NotSent while it is open."""
    try:
        return breaker.allow()
    except LMSUnavailable as error:
        raise NotSent(retry_after=error.retry_after) from error


def _moment(told: str) -> datetime | None:
    try:
        return parsedate_to_datetime(told)
    except ValueError:
        return None


def asked_pause(response: httpx.Response) -> float:
    """Return how long an LMS asks us to wait, in seconds; a few, with jitter, where it says not."""
    told = response.headers.get("Retry-After", "").strip()
    if told.isdigit():
        return min(float(told), LONGEST) + random.uniform(0, 1)  # noqa: S311 - jitter, not a secret
    if until := _moment(told) if told else None:
        return min(max(until.timestamp() - time.time(), 1.0), LONGEST)
    return random.uniform(2, 10) * float(settings.DELAYS)  # noqa: S311 - jitter, not a secret


def transient(error: BaseException, *, until: float) -> bool:
    """Whether the same read may succeed in a moment (and there is time for it)."""
    if not isinstance(error, LMSError) or not error.retry:
        return False
    rest = error.retry_after or 0
    if isinstance(error, LMSUnavailable) and rest:
        return False  # the breaker is open: the job waits, not this call
    return time.monotonic() + rest <= until


def pause(state: RetryCallState) -> float:
    """Wait as long as asked; else up to twice as long each time (full jitter)."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, LMSError) else None
    if asked is not None:
        return asked
    return random.uniform(0.1, 0.5 * 2**state.attempt_number)  # noqa: S311 - jitter
