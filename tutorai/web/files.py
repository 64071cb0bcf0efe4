"""Files of a course, opened in a tab of their own: by an address that is good for a minute.

A new tab carries no bearer token. So the page asks for an address first (with its token), and
the address names the file and the session, whose rights are looked at again when it is opened.
"""

from collections.abc import AsyncIterator
from typing import BinaryIO, cast
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from agents import locks
from agents.reads import reader
from lti import sessions
from tutorai import signed
from tutorai.access import public, signed_in
from tutorai.errors import NotFound
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import ContentItem
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_thread

PIECE = 64 * 1024  # bytes read at once
SHOWN = frozenset({"application/pdf", "text/plain"})  # in the tab; all else is saved


@signed_in
async def link(request: HttpRequest, actor: Actor, item: UUID) -> HttpResponse:
    """Return the address of a file that is held here and the actor may read, as `{"url": …, "shown": …}`.

    `shown`: a browser shows it in a tab; other kinds are taken home.
    """
    held = await in_thread(_file)(actor, item)
    url = signed.path(item, actor.session_id)
    return JsonResponse({"url": url, "shown": held.mime in SHOWN})


@public
@require_safe
async def file(request: HttpRequest, named: str) -> HttpResponseBase:
    """Send the file that a fresh address names, if its session may still read it."""
    item, session = signed.meant(named)
    held = await in_thread(_of_session)(session, item)
    try:
        size = held.blob.size
    except FileNotFoundError as error:
        raise NotFound() from error
    kind = held.mime if held.mime in SHOWN else "application/octet-stream"
    response = StreamingHttpResponse(_pieces(held), content_type=kind)
    place = "inline" if held.mime in SHOWN else "attachment"
    response["Content-Disposition"] = f"{place}; filename*=UTF-8''{quote(held.title)}"
    response["Content-Length"] = str(size)
    response["Cache-Control"] = "private, no-store"
    return response


def _of_session(session: UUID, item: UUID) -> ContentItem:
    actor = sessions.actor_of(session)
    held = _file(actor, item)
    if held.uploaded_by_id not in {None, actor.user_id}:
        audit.record(
            verb=Verb.FILE_READ,
            actor=actor,
            object_kind="item",
            object_id=held.pk,
            subject=held.uploaded_by_id,
        )
    return held


def _file(actor: Actor, item: UUID) -> ContentItem:
    reader.course(actor, actor.course_id or item)
    found = scope.items(actor).exclude(blob="").filter(pk=item).first()
    if found is None or item in locks.hidden(actor):
        raise NotFound()
    return found


async def _pieces(item: ContentItem) -> AsyncIterator[bytes]:
    opened = await in_thread(item.blob.open)("rb")
    file = cast(BinaryIO, opened)
    try:
        while piece := await in_thread(file.read)(PIECE):
            yield piece
    finally:
        file.close()
