"""Calls to a Canvas: the token, the pace, the pages, writes, and what its refusals mean.

Sources: https://canvas.instructure.com/doc/api/file.throttling.html and file.pagination.html;
what each 401 means is read in Canvas's own lib/authentication_methods.rb.
"""

import json
import random
import time
from collections.abc import Iterator, Mapping
from functools import cache
from typing import IO, Any
from urllib.parse import urljoin, urlsplit
from uuid import UUID

import httpx
from django.db import close_old_connections
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from connectors import lua
from connectors.base import Bearer, Tokens
from connectors.breaker import Breaker
from connectors.bucket import Bucket
from tutorai import http
from tutorai.errors import (
    LMSError,
    LMSMisunderstood,
    LMSNotFound,
    LMSRefused,
    LMSThrottled,
    LMSUnauthorised,
    LMSUnavailable,
    NotSent,
    TooBig,
)

ACCEPT = "application/json+canvas-string-ids, application/json"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CAPACITY, REFILL, COST = 600.0, 10.0, 50.0  # Canvas's high-water mark, outflow, up-front cost
LOW = 150.0  # units left, below which we pause
PAUSE = 5.0  # seconds
TRIES = 3  # of one idempotent read
PAGES = 1000  # of one list: 100,000 things; more is a loop
REDIRECTS = 5  # of one download
SICK = frozenset({500, 502, 503, 504})  # answers that speak of the LMS's health


@cache
def shared() -> http.Http:
    """Return this process's client for Canvas reads, made after any fork."""
    return http.Http(headers={"Accept": ACCEPT}, service="rest")


@cache
def files() -> http.Http:
    """Return this process's client for downloads, which may take longer."""
    return http.Http(deadline=300, service="files")


class Wire:
    """Calls to one Canvas, with one person's token: idempotent reads, and writes sent once.

    `patience` is how long (seconds) a throttled call may wait here; beyond it the error goes
    up, and the job waits in the ledger instead.
    """

    def __init__(self, base_url: str, tokens: Tokens, *, patience: float = 20) -> None:
        self.base = base_url.rstrip("/")
        self._tokens = tokens
        self._patience = patience
        host = urlsplit(self.base).netloc
        self._breaker = Breaker(lua.redis(), f"canvas:{host}:rest")

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON at `path` (below /api/v1); raise LMSError."""
        return self._json(self._short(self._url(path, query)))

    def large(self, path: str, **query: Any) -> Any:
        """Return the JSON at `path`, which may be too big by itself; raise LMSError, TooBig."""
        return self._json(self._call(self._url(path, query)))

    def pages(self, path: str, **query: Any) -> Iterator[Any]:
        """Yield the things of a list, over all its pages, each id once.

        Lists shift while they are paged: a thing may come twice. Raises LMSError; also when a
        page is missing, so whoever got to the end has seen the complete list.
        """
        seen: set[str] = set()
        for listed in self._walk(path, query):
            if not isinstance(listed, list):
                raise LMSMisunderstood()
            yield from (thing for thing in listed if _fresh(thing, seen))

    def whole(self, path: str, field: str, **query: Any) -> dict[str, Any]:
        """Return the JSON object at `path`, whose list `field` comes over several pages."""
        told: dict[str, Any] = {}
        listed: list[Any] = []
        for page in self._walk(path, query):
            if not isinstance(page, dict):
                raise LMSMisunderstood()
            told = told or page
            listed += page.get(field) or []
        return {**told, field: listed}

    def write(self, method: str, url: str, form: str) -> httpx.Response:
        """Send a form once and return the answer, whatever its status; `url` is the whole address.

        A token that was replaced meanwhile gets its successor's try: Canvas did nothing then.
        Raises NotSent when nothing left here, LMSUnavailable when it may have arrived,
        LMSUnauthorised when the token is dead.
        """
        bearer = self._tokens.current()
        response = self._write(method, url, form, bearer)
        if _token_refused(response):
            response = self._write(method, url, form, self._tokens.instead_of(bearer))
            if _token_refused(response):
                raise LMSUnauthorised()
        return response

    def _write(self, method: str, url: str, form: str, bearer: Bearer) -> httpx.Response:
        try:
            return self._send(url, bearer, method, content=form, headers=FORM)
        except LMSThrottled as error:
            raise NotSent(retry_after=error.retry_after) from error  # by our own bucket
        except (LMSMisunderstood, TooBig) as error:
            raise LMSUnavailable() from error  # it left here, and nobody can say what came of it

    def _walk(self, path: str, query: Mapping[str, Any]) -> Iterator[Any]:
        """Yield the JSON of every page, in order, to the last."""
        url: str | None = self._url(path, {"per_page": 100, **query})
        visited: set[str] = set()
        while url:
            if url in visited or len(visited) >= PAGES or not http.same_origin(url, self.base):
                raise LMSMisunderstood()
            visited.add(url)
            response = self._short(url)
            yield self._json(response)
            url = http.next_link(response.headers.get("Link"))

    def download(self, url: str, to: IO[bytes], *, cap: int) -> None:
        """Write what `url` holds, at most `cap` bytes, from the start of `to`.

        Redirects are followed; the token goes to Canvas's own host only.
        Raises LMSError, TooBig, UrlRefused.
        """
        retrying = Retrying(
            retry=retry_if_exception(_transient),
            wait=_pause,
            stop=stop_after_attempt(TRIES),
            reraise=True,
        )
        retrying(self._download, urljoin(self.base, url), to, cap)

    def _download(self, url: str, to: IO[bytes], cap: int) -> None:
        to.seek(0)
        to.truncate()
        bearer = self._tokens.current()
        close_old_connections()
        for _ in range(REDIRECTS + 1):
            with files().stream("GET", url, headers=self._headers(url, bearer)) as response:
                if not response.has_redirect_location:
                    self._save(response, to, cap)
                    return
                url = urljoin(url, response.headers["Location"])
                if urlsplit(url).path.startswith("/login"):
                    raise LMSUnauthorised()
        raise LMSMisunderstood()

    def _save(self, response: httpx.Response, to: IO[bytes], cap: int) -> None:
        if response.status_code != httpx.codes.OK:
            response.read()
            raise meaning(response)
        told = response.headers.get("Content-Length", "")
        if told.isdigit() and int(told) > cap:
            raise TooBig(limit=f"{cap // 1024 // 1024} MB")
        for piece in files().chunks(response, cap=cap):
            to.write(piece)

    def _url(self, path: str, query: Mapping[str, Any]) -> str:
        url = httpx.URL(f"{self.base}/api/v1/{path.lstrip('/')}")
        return str(url.copy_merge_params(query))

    def _headers(self, url: str, bearer: Bearer) -> dict[str, str]:
        if http.same_origin(url, self.base):
            return {"Authorization": f"Bearer {bearer.secret}"}
        return {}

    def _short(self, url: str) -> httpx.Response:
        """Return a 2xx answer that has no business to be large; raise LMSError."""
        try:
            return self._call(url)
        except TooBig as error:
            raise LMSMisunderstood() from error

    def _call(self, url: str) -> httpx.Response:
        """Return a 2xx answer; try again what may pass, up to three times.

        Raises LMSError, UrlRefused and TooBig.
        """
        end = time.monotonic() + self._patience
        retrying = Retrying(
            retry=retry_if_exception(lambda error: _transient(error, until=end)),
            wait=_pause,
            stop=stop_after_attempt(TRIES),
            reraise=True,
        )
        return retrying(self._with_token, url)

    def _with_token(self, url: str) -> httpx.Response:
        """Send with the token; refused, once more with its successor, if there is one."""
        bearer = self._tokens.current()
        response = self._send(url, bearer)
        if _token_refused(response):
            response = self._send(url, self._tokens.instead_of(bearer))
            if _token_refused(response):
                raise LMSUnauthorised()
        if not response.is_success:
            raise meaning(response)
        return response

    def _send(
        self,
        url: str,
        bearer: Bearer,
        method: str = "GET",
        *,
        headers: Mapping[str, str] = {},
        **how: Any,
    ) -> httpx.Response:
        """Send once, within the pace Canvas allows this token, and tell the breaker."""
        close_old_connections()  # nothing is held while Canvas thinks
        bucket = self._bucket(bearer)
        token = self._leave(bucket)
        own = {**headers, **self._headers(url, bearer)}
        try:
            response = shared().request(method, url, headers=own, **how)
        except (LMSError, TooBig) as error:
            self._breaker.report(token, ok=isinstance(error, TooBig))
            bucket.settle(spent=1)
            raise
        self._breaker.report(token, ok=response.status_code not in SICK)
        _settle(bucket, response)
        return response

    def _leave(self, bucket: Bucket) -> UUID:
        """Wait for leave to call; return the breaker's token. Raises LMSThrottled, NotSent."""
        try:
            token = self._breaker.allow()
        except LMSUnavailable as error:
            raise NotSent(retry_after=error.retry_after) from error
        bucket.take()
        return token

    def _bucket(self, bearer: Bearer) -> Bucket:
        """Return the bucket Canvas keeps for this token."""
        key = lua.key("canvas", lua.digest(f"{self.base} {bearer.secret}"))
        return Bucket(lua.redis(), key, CAPACITY, REFILL, COST)

    def _json(self, response: httpx.Response) -> Any:
        """Return the body; a login page or a cut-off answer is not one."""
        if "json" not in response.headers.get("Content-Type", ""):
            raise LMSMisunderstood()
        try:
            return json.loads(response.content)
        except ValueError as error:
            raise LMSMisunderstood() from error


def meaning(response: httpx.Response) -> LMSError:
    """Return what an answer that is not 2xx means, as an error to raise."""
    status = response.status_code
    if _throttled(response):
        return LMSThrottled(retry_after=random.uniform(2, 10))  # noqa: S311 - jitter, not a secret
    if status == 401:
        # Without WWW-Authenticate it speaks of a permission or a scope, not of the token.
        return LMSUnauthorised() if "WWW-Authenticate" in response.headers else LMSRefused()
    if status == 404:
        return LMSNotFound()
    if status >= 500:
        return LMSUnavailable()
    if status >= 400:
        return LMSRefused()
    return LMSMisunderstood()  # a redirect: another host, or a login page


def _fresh(thing: Any, seen: set[str]) -> bool:
    """Whether a listed thing was not listed before; things without an id always are."""
    if not isinstance(thing, dict):
        raise LMSMisunderstood()
    name = thing.get("id", thing.get("page_id"))
    if name is None:
        return True
    known = str(name) in seen
    seen.add(str(name))
    return not known


def _messages(response: httpx.Response) -> str:
    """Return the words of an error body, whichever of Canvas's forms it has."""
    return response.text[:2000].lower()


def _token_refused(response: httpx.Response) -> bool:
    """Whether the token is the trouble: a 401 that asks for another one."""
    return response.status_code == 401 and "WWW-Authenticate" in response.headers


def _throttled(response: httpx.Response) -> bool:
    if response.status_code == 429:
        return True
    return response.status_code == 403 and "rate limit exceeded" in _messages(response)


def _settle(bucket: Bucket, response: httpx.Response) -> None:
    """Tell the bucket what the call cost and what Canvas says is left."""
    left = _number(response.headers.get("X-Rate-Limit-Remaining"))
    spent = _number(response.headers.get("X-Request-Cost"))
    low = left is not None and left < LOW
    bucket.settle(spent=1 if spent is None else spent, left=left, pause=PAUSE if low else 0)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _transient(error: BaseException, *, until: float | None = None) -> bool:
    """Whether the same read may succeed in a moment (and there is time for it)."""
    if not isinstance(error, LMSError) or not error.retry:
        return False
    pause = error.retry_after or 0
    if isinstance(error, LMSUnavailable) and pause:
        return False  # the breaker is open: the job waits, not this call
    return until is None or time.monotonic() + pause <= until


def _pause(state: RetryCallState) -> float:
    """Wait as long as asked; else a little longer each time, with jitter."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, LMSError) else None
    if asked is not None:
        return asked
    return random.uniform(0.1, 0.5 * 2**state.attempt_number)  # noqa: S311 - jitter
