"""Requests that name themselves: what was asked under a key, and what was answered, for a day.

`begin` is committed before the work starts and `finish` after it ended, each by itself. A process
that dies in between leaves a call under way until its lease ends; then the next try does the work
again. So what must not happen twice even then has a key of its own, in the transaction of the
effect: a job (`jobs.add`), a turn, a grade on its way.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from tutorai.errors import InFlight, KeyReused
from tutorai.ids import new_id
from tutorai.ledger.models import Call

KEPT = timedelta(hours=24)
LEASE = timedelta(minutes=3)  # longer than any request takes; then its process counts as lost
LOOK_AGAIN = 2.0  # seconds until it is worth asking for an answer under way
LARGEST = 1024 * 1024  # bytes of an answer that is kept
REPLAYED = "Idempotent-Replayed"  # the header of an answer that was given before
# Said again, these may go another way: the session is renewed, the pause is over, the fault mended.
PASSING = frozenset({401, 409, 429})

# Takes the key where it is free: never used, a day old, or left by a process that is gone. The
# row then has a new id, so that whoever held it before changes nothing any more.
TAKE = """
INSERT INTO idempotent_calls AS held (id, user_id, key, method, path, body_sha256, content_type,
                                      headers, answer, lease_until, created_at)
VALUES (%(id)s, %(user_id)s, %(key)s, %(method)s, %(path)s, %(body_sha256)s, '', '{}', '',
        %(lease_until)s, %(now)s)
ON CONFLICT (user_id, key) DO UPDATE
SET (id, method, path, body_sha256, status, content_type, headers, answer, lease_until, created_at)
  = (EXCLUDED.id, EXCLUDED.method, EXCLUDED.path, EXCLUDED.body_sha256, NULL, '', '{}', '',
     EXCLUDED.lease_until, EXCLUDED.created_at)
WHERE held.created_at < %(forgotten)s
   OR (held.status IS NULL AND held.lease_until < %(now)s AND held.method = EXCLUDED.method
       AND held.path = EXCLUDED.path AND held.body_sha256 = EXCLUDED.body_sha256)
RETURNING id
"""


@dataclass(frozen=True)
class Asked:
    """A request under its key. `body_sha256` also tells from where it came: another is another."""

    user_id: UUID
    key: str
    method: str
    path: str
    body_sha256: str


@dataclass(frozen=True)
class Answer:
    """What was answered, as far as it is worth repeating."""

    status: int
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def begin(asked: Asked) -> UUID | Answer:
    """Return the id of a call to be made now, or what was answered when it was made before.

    Raises InFlight while another request makes it, and KeyReused where the key was another's.
    """
    return _take(asked, LEASE) or _answer(held(asked))


def name(asked: Asked) -> UUID:
    """Return one id for the key, a day long: of what keeps its own answer. Raises KeyReused."""
    return _take(asked, KEPT) or held(asked).pk


def finish(call_id: UUID, answer: Answer) -> None:
    """Keep the answer, or let go of the key where another try may be answered otherwise.

    Of one that is too large the body is left out, and `REPLAYED` will say so.
    """
    if answer.status in PASSING or answer.status >= 500:
        free(call_id)
        return
    whole = len(answer.body) <= LARGEST
    Call.objects.filter(pk=call_id, status=None).update(
        status=answer.status,
        content_type=answer.content_type,
        headers={**answer.headers, REPLAYED: "true" if whole else "without body"},
        answer=answer.body if whole else b"",
    )


def free(call_id: UUID) -> None:
    """Let go of the key of a call whose answer cannot be kept."""
    Call.objects.filter(pk=call_id, status=None).delete()


def forget() -> int:
    """Delete what is older than a day; return how many rows."""
    return Call.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _take(asked: Asked, lease: timedelta) -> UUID | None:
    now = timezone.now()
    given = {**vars(asked), "id": new_id(), "now": now, "forgotten": now - KEPT}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {**given, "lease_until": now + lease})
        row = cursor.fetchone()
    return row[0] if row else None


def held(asked: Asked) -> Call:
    """Return the call that has the key; raise KeyReused, and InFlight where it has just gone."""
    found = Call.objects.filter(user_id=asked.user_id, key=asked.key).first()
    if found is None:
        raise InFlight(retry_after=LOOK_AGAIN)
    theirs = (found.method, found.path, found.body_sha256)
    if theirs != (asked.method, asked.path, asked.body_sha256):
        raise KeyReused()
    return found


def _answer(call: Call) -> Answer:
    if call.status is None:
        raise InFlight(retry_after=LOOK_AGAIN)
    return Answer(call.status, call.content_type, call.headers, bytes(call.answer))
