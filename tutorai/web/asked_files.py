"""Files that a student sent along, for that student alone: by an address good for a minute."""

from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from agents import attached
from agents.models import Attachment
from lti import sessions
from tutorai import signed
from tutorai.access import public
from tutorai.errors import NotFound
from tutorai.threads import in_thread


@public
@require_safe
async def file(request: HttpRequest, named: str) -> HttpResponse:
    """Send the file that a fresh address names, if its session is still its owner's."""
    row, session = signed.meant(named, signed.ASKED)
    answered: HttpResponse = await in_thread(_sent)(session, row)
    return answered


def _sent(session: UUID, attachment_id: UUID) -> HttpResponse:
    held = attached.one(sessions.actor_of(session), attachment_id)
    try:
        with held.blob.open("rb") as opened:
            content = opened.read()
    except FileNotFoundError as error:
        raise NotFound() from error
    plain = held.kind == Attachment.Kind.CODE
    answer = HttpResponse(content, content_type=f"{held.mime}{'; charset=utf-8' * plain}")
    answer["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(held.name, safe='')}"
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
