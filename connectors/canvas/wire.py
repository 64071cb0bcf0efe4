"""Calls to a Canvas: how it carries a token, how its lists go on, what its refusals mean.

Sources: https://canvas.instructure.com/doc/api/file.throttling.html and file.pagination.html;
what each 401 means is read in Canvas's own lib/authentication_methods.rb.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from connectors import wire
from connectors.base import Bearer
from connectors.bucket import Bucket
from connectors.wire import Call, Pace, asked_pause
from tutorai.errors import (
    LMSError,
    LMSMisunderstood,
    LMSNotFound,
    LMSRefused,
    LMSThrottled,
    LMSUnauthorised,
    LMSUnavailable,
)

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LOW = 150.0  # units left, below which we pause
PAUSE = 5.0  # seconds


class Wire(wire.Wire):
    """Calls to one Canvas, with one person's token."""

    lms = "canvas"
    # Canvas's high-water mark, outflow and up-front cost.
    pace = Pace(600, 10, 50, at_once=3)
    accept = "application/json+canvas-string-ids, application/json"

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON at `path` (below /api/v1); raise LMSError."""
        return self.json(self.read(self._at(path, query)))

    def large(self, path: str, **query: Any) -> Any:
        """Return the JSON at `path`, which may be too big by itself; raise LMSError, TooBig."""
        return self.json(self.read(self._at(path, query), large=True))

    def pages(self, path: str, **query: Any) -> Iterator[Any]:
        """Yield the things of a list, over all its pages, each id once.

        Lists shift while they are paged: a thing may come twice. Raises LMSError; also when a
        page is missing, so whoever got to the end has seen the complete list.
        """
        seen: set[str] = set()
        for listed in self._listed(path, query):
            if not isinstance(listed, list):
                raise LMSMisunderstood()
            yield from (thing for thing in listed if _fresh(thing, seen))

    def whole(self, path: str, field: str, **query: Any) -> dict[str, Any]:
        """Return the JSON object at `path`, whose list `field` comes over several pages."""
        told: dict[str, Any] = {}
        listed: list[Any] = []
        for page in self._listed(path, query):
            if not isinstance(page, dict):
                raise LMSMisunderstood()
            told = told or page
            listed += page.get(field) or []
        return {**told, field: listed}

    def submit(self, method: str, url: str, form: str) -> httpx.Response:
        """Send a form once and return the answer, whatever its status; `url` is the whole address.

        Raises NotSent, LMSUnavailable, LMSUnauthorised (`connectors.wire.Wire.write`).
        """
        return self.write(Call(method, url, FORM, form))

    def probe(self, method: str, path: str) -> httpx.Response:
        """Return the answer to an empty call at `path`, whatever its status."""
        return self.submit(method, self._at(path, {}).url, "")

    def post(self, path: str, form: Mapping[str, str]) -> Any:
        """Send a form to `path` once; return the JSON that answers it.

        Raises NotSent when nothing left here, LMSUnavailable when it may have arrived, else what
        the answer means.
        """
        return self._changed("POST", path, form)

    def put(self, path: str, form: Mapping[str, str]) -> Any:
        """The same, for a change."""
        return self._changed("PUT", path, form)

    def _changed(self, method: str, path: str, form: Mapping[str, str]) -> Any:
        response = self.submit(method, self._at(path, {}).url, urlencode(form))
        if wrong := self.trouble(response):
            raise wrong
        try:
            return json.loads(response.content)
        except ValueError as error:
            raise LMSUnavailable() from error  # it was taken, and nobody can say as what

    def _listed(self, path: str, query: Mapping[str, Any]) -> Iterator[Any]:
        """Yield the JSON of every page, in order, to the last."""
        for response in self.walk(self._at(path, {"per_page": 100, **query})):
            yield self.json(response)

    def _at(self, path: str, query: Mapping[str, Any]) -> Call:
        url = httpx.URL(f"{self.base}/api/v1/{path.lstrip('/')}")
        return Call("GET", str(url.copy_merge_params(query)), {})

    def token_refused(self, response: httpx.Response) -> bool:
        """A 401 that asks for another token; without that header it speaks of a permission."""
        return response.status_code == 401 and "WWW-Authenticate" in response.headers

    def trouble(self, response: httpx.Response) -> LMSError | None:
        return None if response.is_success else meaning(response)

    def spent(self, response: httpx.Response) -> float:
        told = _number(response.headers.get("X-Request-Cost"))
        return 1 if told is None else told

    def left(self, response: httpx.Response) -> tuple[float | None, float]:
        told = _number(response.headers.get("X-Rate-Limit-Remaining"))
        low = told is not None and told < LOW
        return told, PAUSE if low else 0.0

    def bucket(self, bearer: Bearer) -> Bucket:
        """Return the bucket Canvas keeps for this token."""
        return self._bucket_of(f"{self.base} {bearer.secret}")


def meaning(response: httpx.Response) -> LMSError:
    """Return what an answer that is not 2xx means, as an error to raise."""
    status = response.status_code
    if _throttled(response):
        return LMSThrottled(retry_after=asked_pause(response))
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


def lacks_scope(response: httpx.Response) -> bool:
    """Whether a call was refused for want of a scope, whatever it asked for."""
    return response.status_code in (401, 403) and "insufficient scopes" in _messages(response)


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


def _throttled(response: httpx.Response) -> bool:
    if response.status_code == 429:
        return True
    return response.status_code == 403 and "rate limit exceeded" in _messages(response)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
