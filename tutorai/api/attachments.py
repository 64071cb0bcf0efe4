"""Files that a student sends along with a question."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import File, Router
from ninja.files import UploadedFile

from agents import attached
from agents.tutor import turns
from tutorai import signed
from tutorai.errors import TooBig
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_slow_thread, in_thread

router = Router(tags=["ai"])


@router.post("/attachments")
async def attach(request: HttpRequest, file: UploadedFile = File(...)) -> dict[str, Any]:  # type: ignore[type-arg]  # noqa: B008
    """Take a photo (PNG, JPEG, WebP), a PDF, or a file of text or code for the next question."""
    if (file.size or 0) > settings.ATTACHMENT_LIMIT:
        raise TooBig(limit=f"{settings.ATTACHMENT_LIMIT // 1024**2} MB")
    name, data = file.name or "", file.read()

    def work(actor: Actor) -> dict[str, Any]:
        turns.open_course(actor)
        return attached.shown(attached.take(actor, name, data))

    return await in_slow_thread(work)(request.auth)  # type: ignore[attr-defined]


@router.delete("/attachments/{uuid:attachment_id}")
async def forget(request: HttpRequest, attachment_id: UUID) -> HttpResponse:
    """Let go of a file that was not sent."""
    await in_thread(attached.forget)(request.auth, attachment_id)  # type: ignore[attr-defined]
    return HttpResponse(status=204)


@router.get("/attachments/{uuid:attachment_id}/link")
async def link(request: HttpRequest, attachment_id: UUID) -> dict[str, str]:
    """Return an address of the file that is good for a minute, for its owner's session alone."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    row = await in_thread(attached.one)(actor, attachment_id)
    return {"url": signed.path(row.pk, actor.session_id, signed.ASKED)}
