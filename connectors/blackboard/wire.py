"""Calls to a Blackboard: how its lists go on, what its refusals mean, and what a day holds.

Sources: https://docs.anthology.com/docs/blackboard/rest-apis/ (getting started, error codes,
best practices) and its page on developer groups, site quotas and rate limits.
"""

import json
from collections.abc import Iterator, Mapping
from typing import IO, Any
from uuid import UUID

import httpx
from django.conf import settings

from connectors import lua, wire
from connectors.base import Tokens
from connectors.bucket import Bucket
from connectors.quota import Quota, Spend
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

API = "/learn/api/public"
JSON = {"Content-Type": "application/json"}
MOST = 200  # things on a page of a list
EMPTY = 60.0  # seconds of a pause when a site says that nothing is left of the day


def quota() -> Quota:
    """Return the day of our application: one for every school on every Blackboard."""
    return Quota(lua.redis(), lua.key("blackboard", "day"), settings.BLACKBOARD_DAILY_CALLS)


class Wire(wire.Wire):
    """Calls to one Blackboard. `spend` says what they are for: see `connectors.quota`."""

    lms = "blackboard"
    pace = Pace(40, 20, 1, at_once=5)

    def __init__(
        self, base_url: str, tokens: Tokens, spend: Spend = Spend.SYNC, *, patience: float = 20
    ) -> None:
        super().__init__(base_url, tokens, patience=patience)
        self._spend = spend
        self._quota = quota()

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON at `path` (below /learn/api/public); raise LMSError."""
        return self.json(self.read(self._at(path, query)))

    def large(self, path: str) -> Any:
        """Return the JSON at `path`, which may be too big by itself; raise LMSError, TooBig."""
        return self.json(self.read(self._at(path, {}), large=True))

    def pages(self, path: str, *, large: bool = False, **query: Any) -> Iterator[Any]:
        """Yield the things of a list, over all its pages, each id once.

        Raises LMSError; also when a page is missing, so whoever got to the end has seen the
        complete list. What may be `large` raises TooBig.
        """
        seen: set[str] = set()
        for response in self.walk(self._at(path, {"limit": MOST, **query}), large=large):
            yield from (thing for thing in _results(self.json(response)) if _fresh(thing, seen))

    def submit(self, method: str, path: str, body: Any) -> httpx.Response:
        """Send JSON once and return the answer, whatever its status.

        Raises NotSent, LMSUnavailable, LMSUnauthorised (`connectors.wire.Wire.write`).
        """
        return self.write(Call(method, f"{self.base}{API}/{path}", JSON, json.dumps(body)))

    def onwards(self, response: httpx.Response) -> str | None:
        """Return the next page, which Blackboard tells without its host."""
        told = self.json(response)
        paging = told.get("paging") if isinstance(told, dict) else None
        return str(paging.get("nextPage") or "") or None if isinstance(paging, dict) else None

    def _at(self, path: str, query: Mapping[str, Any]) -> Call:
        url = httpx.URL(f"{self.base}{API}/{path}")
        return Call("GET", str(url.copy_merge_params(query)), {})

    def token_refused(self, response: httpx.Response) -> bool:
        """Every 401 speaks of the token: of a missing permission a 403 does."""
        return response.status_code == 401

    def trouble(self, response: httpx.Response) -> LMSError | None:
        return None if response.is_success else meaning(response)

    def left(self, response: httpx.Response) -> tuple[float | None, float]:
        """Pause at a site that says nothing is left of the day; of this second nothing is told."""
        empty = response.headers.get("X-Rate-Limit-Remaining", "").strip() == "0"
        return None, EMPTY if empty else 0.0

    def _leave(self, bucket: Bucket) -> UUID:
        """Wait for leave to call; the day's share is taken first, and given back without leave."""
        self._quota.take(self._spend)
        try:
            return super()._leave(bucket)
        except LMSError:
            self._quota.give_back(self._spend)
            raise

    def _download(self, url: str, to: IO[bytes], cap: int) -> None:
        self._quota.take(self._spend)
        super()._download(url, to, cap)


def meaning(response: httpx.Response) -> LMSError:
    """Return what an answer that is not 2xx means, as an error to raise."""
    status = response.status_code
    if status == 429:
        return LMSThrottled(retry_after=asked_pause(response))
    if status == 401:
        return LMSUnauthorised()
    if status == 404:
        return LMSNotFound()
    if status >= 500:
        return LMSUnavailable()
    if status >= 400:
        return LMSRefused()  # 403 too: SiteApplicationDisabled, or no entitlement
    return LMSMisunderstood()  # a redirect: another host, or a login page


def _results(told: Any) -> list[Any]:
    results = told.get("results") if isinstance(told, dict) else None
    if not isinstance(results, list):
        raise LMSMisunderstood()
    return results


def _fresh(thing: Any, seen: set[str]) -> bool:
    """Whether a listed thing was not listed before; things without an id always are."""
    if not isinstance(thing, dict):
        raise LMSMisunderstood()
    name = thing.get("id")
    if name is None:
        return True
    known = str(name) in seen
    seen.add(str(name))
    return not known
