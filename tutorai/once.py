"""`Idempotency-Key`: which requests have one that counts, and what makes two of them the same.

The same call is the same method, path and body, from the same person in the same place: what is
kept was answered to someone with a role in a course, and is told to nobody else.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _

from tutorai import access
from tutorai.errors import BadRequest
from tutorai.ledger import calls
from tutorai.ledger.calls import Answer, Asked
from tutorai.lmsdm.schema import Actor

HEADER = "Idempotency-Key"
METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Tokens are good once, and who signs out twice is signed out. Practice counts an answer once by
# itself (agents.shown), and what it tells is not to be kept.
EXEMPT = frozenset(
    {
        "/v1/login",
        "/v1/logout",
        "/v1/token/refresh",
        "/pages/practice/check",
        "/pages/practice/hint",
    }
)
CUT = "cut"  # in the scope of a request whose body was too large, see `tutorai.asgi`
ANSWERED_FROM_ITS_ROWS = frozenset({"/v1/ai/ask"})  # a turn, which may also be told as a stream
KEY = re.compile(r"[\x20-\x7e]{1,255}")


def counts(request: HttpRequest) -> bool:
    """Whether the request names itself, with a session and to somewhere that heeds it."""
    meta = request.META
    return (
        "HTTP_IDEMPOTENCY_KEY" in meta
        and "HTTP_AUTHORIZATION" in meta  # who has no session is refused anyway
        and request.method in METHODS
        and request.path_info not in EXEMPT
        and CUT not in getattr(request, "scope", ())
    )


def begin(request: HttpRequest) -> UUID | Answer:
    """Begin the call, or return the answer it was given; see `tutorai.ledger.calls.begin`.

    Raises NotSignedIn, BadRequest, InFlight and KeyReused.
    """
    asked = _asked(request)
    if request.path_info in ANSWERED_FROM_ITS_ROWS:
        return calls.name(asked)
    return calls.begin(asked)


def _asked(request: HttpRequest) -> Asked:
    actor = access.actor_sync(request)
    key = request.headers[HEADER]
    if not KEY.fullmatch(key):
        raise BadRequest(why=_("an Idempotency-Key has 1 to 255 printable ASCII characters"))
    path = request.get_full_path()
    return Asked(actor.user_id, key, request.method or "", path, _digest(request, actor))


def _digest(request: HttpRequest, actor: Actor) -> str:
    place = (str(actor.course_id), actor.role.value, actor.acted_by)
    made = sha256(ascii(place).encode())
    for part in _parts(request):
        made.update(part)
    return made.hexdigest()


def _parts(request: HttpRequest) -> Iterator[bytes]:
    """What was sent, a piece at a time.

    A form with files is large, and each try draws its boundary anew: what it says counts.
    """
    if request.content_type != "multipart/form-data" or request.method != "POST":
        yield request.body
        return
    yield ascii(list(request.POST.lists())).encode()
    for name, files in request.FILES.lists():
        for file in files:
            made = sha256()
            for chunk in file.chunks():
                made.update(chunk)
            file.seek(0)  # whoever takes it reads from here
            yield ascii((name, file.name, file.size, made.hexdigest())).encode()
