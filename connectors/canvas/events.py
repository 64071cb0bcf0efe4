"""Canvas's Live Events: hints that something of a course changed, signed as one JWT each.

Source: Instructure's guides, "How do I configure and test Canvas Live Events using HTTPS
delivery": RS256, a `kid` in the header, the keys at one public address. Those keys sign for every
school that Canvas hosts, so an event is believed only as far as a hint: what it says is looked up.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jwt
from pydantic import AwareDatetime, ValidationError

from connectors.models import Connector
from connectors.payload import Payload
from lti import jwks, tool
from lti.errors import InvalidToken
from tutorai.lmsdm.record import Text

LARGEST = 64 * 1024  # bytes; Canvas cuts long texts in its events at 8,192 characters
OLDEST = 3600  # seconds since it happened; Canvas tries for some minutes
AHEAD = 600  # seconds that its clock may be ahead of ours
SHARD = 10**13  # a global id is the shard's number and the id there
# What they are called that can change what we read. Who opened what is not among them.
NAMES = (
    *("assignment", "attachment", "content_migration_completed", "course_", "discussion_topic_"),
    *("enrollment_", "grade_change", "group_", "learning_outcome", "module_", "quiz", "section_"),
    *("submission_", "syllabus_updated", "wiki_page_"),
)
OVERRIDES = "assignment_override_"


class Wanted(Exception):  # no failure: a step in between
    """The keys have to be fetched; then `read` is called once more."""

    def __init__(self, head: tool.Head) -> None:
        super().__init__()
        self.head = head


class Metadata(Payload):
    """What every event says of itself."""

    event_name: Text
    event_time: AwareDatetime
    hostname: Text = ""
    context_type: Text = ""
    context_id: Text = ""


class Told(Payload):
    """An event, as far as it is read."""

    metadata: Metadata


@dataclass(frozen=True)
class Event:
    """Something of a course changed."""

    name: str
    host: str
    course_ids: tuple[str, ...]  # the global id, and the one in its own Canvas

    @property
    def deep(self) -> bool:
        """Whether a quick reading would not see it: an audience changes no date of its page."""
        return self.name.startswith(OVERRIDES)


def read(body: bytes, *, keys: str, fetched: bool = False) -> Event | None:
    """Return what a signed event hints at; None: at nothing that we read.

    `keys` is where the public keys stand. Raises Refusal, or `Wanted`.
    """
    if len(body) > LARGEST or not keys:
        raise InvalidToken()
    try:
        token = body.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise InvalidToken() from error
    head = tool.head_of(token)
    try:
        key = jwks.key(keys, head, fetched=fetched)
    except jwks.NotHeld as missing:
        raise Wanted(head) from missing
    return _hint(_metadata(_claims(token, head, key)))


def _claims(token: str, head: tool.Head, key: tool.Key) -> Any:
    try:
        return jwt.decode(
            token, key.public, algorithms=[head.algorithm], options={"verify_aud": False}
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidToken() from error


def _metadata(claims: Any) -> Metadata:
    """Return what an event says of itself; one too old, or from the future, is refused."""
    try:
        told = Told.model_validate(claims).metadata
    except ValidationError as error:
        raise InvalidToken() from error
    age = time.time() - told.event_time.timestamp()
    if not -AHEAD <= age <= OLDEST:
        raise InvalidToken()
    return told


def _hint(told: Metadata) -> Event | None:
    of_course = told.context_type == "Course" and told.context_id.isdecimal()
    if not of_course or not told.event_name.startswith(NAMES):
        return None
    own = str(int(told.context_id) % SHARD)
    return Event(told.event_name, told.hostname, (told.context_id, own))


def connectors(event: Event) -> Iterator[Connector]:
    """Yield the connections of the course that an event is about: each school has its own."""
    rows = Connector.objects.filter(
        lms="canvas", external_id__in=event.course_ids, course__isnull=False
    )
    for row in rows.select_related("course"):
        if row.base_url.partition("://")[2].rstrip("/") == event.host:
            yield row
