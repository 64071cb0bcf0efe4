"""A platform's keys: kept 6 hours, 24 when it is down, fetched anew at most once a minute.

A launch looks in this process, then in Redis. What is not there is fetched on threads of its
own, so that a platform whose server is slow or dead holds up nobody else's launch; one process
asks, all others who need the same keys wait for its answer.
"""

import asyncio
import hashlib
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.cache import cache as store
from redis.exceptions import RedisError

from lti.errors import KeysUnavailable, UnknownKid
from lti.tool import Head, Key, keys_of, pick
from tutorai.errors import TutorError
from tutorai.http import Http

FRESH, STALE, PAUSE = 6 * 3600, 24 * 3600, 60  # seconds
DEADLINE = 5.0  # seconds for the whole fetch
NEAR = 30  # seconds that a process trusts what it read from Redis
SHORT = 5  # seconds before a platform is asked again that has shown us no keys yet
CAP = 512 * 1024  # bytes
STEP = 0.05  # seconds between two looks at whether somebody else's fetch has ended

_pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="keys")
_near: dict[str, tuple[float, float, list[Key]]] = {}  # address → (read at, fetched at, keys)


class NotHeld(Exception):  # no failure: somebody has to fetch
    """The key is not at hand; `fetch` may help."""


def key(url: str, head: Head, *, fetched: bool = False) -> Key:
    """Return the key a token names, from what is held.

    Raises NotHeld when a fetch may help; after one (`fetched`) UnknownKid or KeysUnavailable.
    """
    for look in (_held,) if fetched else (_nearby, _held):
        at, keys = look(url)
        found = pick(keys, head)
        if found and (fetched or at > time.time() - FRESH):
            return found
    if not fetched:
        raise NotHeld()
    if at:
        raise UnknownKid()
    raise KeysUnavailable(retry_after=PAUSE)


async def fetch(url: str, head: Head, *, anew: bool = False) -> None:
    """Have the keys fetched, if they may be; never longer than the deadline, never an error.

    `anew`: the key is held, and does not fit: it may have changed under its name.
    """
    work = asyncio.get_running_loop().run_in_executor(_pool, _fetch, url, head, anew)
    await asyncio.wait([work], timeout=DEADLINE + 1)


def _name(url: str) -> str:
    return "jwks:" + hashlib.sha256(url.encode()).hexdigest()


def _nearby(url: str) -> tuple[float, list[Key]]:
    read, at, keys = _near.get(url, (0.0, 0.0, []))
    return (at, keys) if read > time.monotonic() - NEAR else (0.0, [])


def _held(url: str) -> tuple[float, list[Key]]:
    try:
        held = store.get(_name(url))
    except RedisError:
        return _remembered(url)
    if held is None:
        return 0.0, []
    keys = keys_of(held["keys"])
    _near[url] = (time.monotonic(), held["at"], keys)
    return held["at"], keys


def _remembered(url: str) -> tuple[float, list[Key]]:
    """What this process saw last: while Redis is away, better than no launch at all."""
    _read, at, keys = _near.get(url, (0.0, 0.0, []))
    return (at, keys) if at > time.time() - STALE else (0.0, [])


def _fetch(url: str, head: Head, anew: bool) -> None:
    """Ask the platform, or wait for who is asking it already."""
    try:
        _fetch_once(url, head, anew)
    except RedisError:
        _fetch_alone(url)


def _fetch_alone(url: str) -> None:
    """Ask without Redis: nobody is waited for, and each process asks once a minute."""
    read, at, keys = _near.get(url, (-math.inf, 0.0, []))
    if read > time.monotonic() - (PAUSE if at else SHORT):
        return
    told = _asked(url)
    if told is not None:
        at, keys = time.time(), keys_of(told)
    _near[url] = (time.monotonic(), at, keys)


def _fetch_once(url: str, head: Head, anew: bool) -> None:
    name = _name(url)
    at, keys = _held(url)
    fresh = at > time.time() - FRESH
    if fresh and pick(keys, head) and not anew:
        return
    # Whether we may ask: for an unknown key once a minute, and not just after a failure.
    may = store.add(f"{name}:forced", 1, PAUSE) if fresh else not store.get(f"{name}:down")
    if may and store.add(f"{name}:busy", 1, DEADLINE * 2):
        try:
            _renew(url, name, known=bool(at))
        finally:
            store.delete(f"{name}:busy")
        return
    end = time.monotonic() + DEADLINE
    while store.get(f"{name}:busy") and time.monotonic() < end:
        time.sleep(STEP)


def _renew(url: str, name: str, *, known: bool) -> None:
    keys = _asked(url)
    if keys is None:
        store.set(f"{name}:down", 1, PAUSE if known else SHORT)
    else:
        store.set(name, {"at": time.time(), "keys": keys}, STALE)


def _asked(url: str) -> list[Any] | None:
    """Return the JWKS; None when it cannot be had in time. Ends even a byte-by-byte answer."""
    http = Http(deadline=DEADLINE, service="keys")
    alarm = threading.Timer(DEADLINE, http.close)
    alarm.start()
    try:
        answer = http.request("GET", url, cap=CAP, headers={"Accept": "application/json"})
        told = answer.json() if answer.status_code == 200 else None
    except (TutorError, ValueError, RecursionError):
        return None
    finally:
        alarm.cancel()
        http.close()
    keys = told.get("keys") if isinstance(told, dict) else None
    return keys if isinstance(keys, list) else None
