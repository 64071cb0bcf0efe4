"""Canvas's Live Events, as its HTTPS delivery sends them: one signed JWT, and nothing else.

The claims are the event itself; the key is one for all schools, published at one address. Source:
the vendor's guide "How do I configure and test Canvas Live Events using HTTPS delivery"; the events
and their fields: https://developerdocs.instructure.com/services/canvas/data-services/live-events
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from cryptography.hazmat.primitives.asymmetric import rsa
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from jwt import encode

from connectors.sandbox import keys, settings
from connectors.sandbox.control import control
from connectors.sandbox.copying import SHARD
from connectors.sandbox.describing import Given
from connectors.sandbox.models import Course
from connectors.sandbox.rows import instant

Told = dict[str, Any]
TYPE = "application/jwt"  # of the delivery since 13 Jul 2026 (connectors.md §1.5)


def event(course: Course, name: str, *, body: Told, age: float = 0) -> Told:
    """Return an event of a course as it is told `age` seconds later; ids are global ones."""
    return {
        "metadata": {
            "event_name": name,
            "event_time": instant(timezone.now() - timedelta(seconds=age)),
            "producer": "canvas",
            "hostname": urlsplit(settings.SANDBOX_URL).netloc,
            "context_type": "Course",
            "context_id": str(_global(course.id)),
            "root_account_id": str(_global(course.world_id)),
            "root_account_uuid": course.world.name,
            "root_account_lti_guid": f"{course.world.name}:canvas-lms",
        },
        "body": body,
    }


def _global(row_id: int) -> int:
    """Return a row's number among those of all shards; this school is on the first."""
    return row_id if row_id >= SHARD else SHARD + row_id


def deliver(told: Told, to: str, *, wrong_key: bool = False) -> Told:
    """Sign an event and send it; return how it was answered (0: by nobody) and what was sent."""
    sent = keys.sign(told)
    if wrong_key:
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        sent = encode(told, other, keys.ALGORITHM, headers={"kid": keys.signing_key().kid})
    agent = {"Content-Type": TYPE, "User-Agent": "Instructure Live Events"}
    request = Request(to, sent.encode(), agent, method="POST")
    try:
        with urlopen(request, timeout=10) as answer:
            status = answer.status
    except HTTPError as refused:
        status = refused.code
        refused.close()
    except OSError:
        status = 0
    return {"status": status, "sent": sent}


@control("GET")
def jwks(request: HttpRequest, given: Given) -> Given:
    """Publish the keys that events are signed with."""
    return keys.jwks()


@control("POST")
def send(request: HttpRequest, given: Given) -> Given:
    """Send an event of a `course` (its id): `event_name`, `to` an address, `body`.

    `age` makes it so many seconds old; with `key` "wrong" another key signs it.
    """
    course = get_object_or_404(Course, id=int(given["course"]))
    told = event(
        course,
        str(given["event_name"]),
        body=dict(given.get("body", {})),
        age=float(given.get("age", 0)),
    )
    return deliver(told, str(given["to"]), wrong_key=given.get("key") == "wrong")
