"""A platform's keys: kept 6 hours, 24 when it is down, fetched anew at most once a minute."""

import hashlib
import time
from functools import cache
from typing import Any

from django.core.cache import cache as store
from django.db import connection

from lti.errors import KeysUnavailable
from lti.tool import key_in
from tutorai.errors import TutorError
from tutorai.http import Http

FRESH, STALE, PAUSE = 6 * 3600, 24 * 3600, 60  # seconds
DEADLINE = 5.0  # seconds for the whole fetch
CAP = 512 * 1024  # bytes


@cache
def _http() -> Http:
    return Http(deadline=DEADLINE)


def key(url: str, kid: str) -> dict[str, Any] | None:
    """Return the platform's key `kid`, or None; raise KeysUnavailable."""
    name = "jwks:" + hashlib.sha256(url.encode()).hexdigest()
    held = store.get(name)
    if held is None or held["at"] < time.time() - FRESH:
        held = _renewed(url, name, held)
    found = key_in(held["keys"], kid)
    if found is None and store.add(f"{name}:forced", 1, PAUSE):
        found = key_in(_renewed(url, name, held)["keys"], kid)
    return found


def _renewed(url: str, name: str, held: dict[str, Any] | None) -> dict[str, Any]:
    """Fetch; when that fails, what is held is good enough for its 24 hours."""
    connection.close()  # no connection waits for somebody else's server
    try:
        answer = _http().request("GET", url, cap=CAP, headers={"Accept": "application/json"})
        told = answer.json() if answer.status_code == 200 else None
        keys = told["keys"] if isinstance(told, dict) else None
    except (TutorError, ValueError, KeyError):
        keys = None
    if not isinstance(keys, list):
        if held is None:
            raise KeysUnavailable()
        return held
    fresh = {"at": time.time(), "keys": [one for one in keys if isinstance(one, dict)]}
    store.set(name, fresh, STALE)
    return fresh
