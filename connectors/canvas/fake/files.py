"""Files and folders, and the way to a file's bytes."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from django.core import signing
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)

from connectors.canvas.fake.call import Call, Payload, Refused, authorised, missing
from connectors.canvas.fake.dates import date_details
from connectors.canvas.fake.routes import api, refusal
from connectors.sandbox import settings
from connectors.sandbox.models import Attachment, File
from connectors.sandbox.rows import instant
from connectors.sandbox.visible import Eyes

CONTENT_LIFETIME = 300  # seconds that a redirected download is good for


@api("courses/<str:course_id>/files", "courses/:course_id/files")
def files(call: Call, course_id: str) -> list[Payload]:
    """List the files. Canvas API: Files."""
    eyes = call.eyes(course_id)
    rows = File.objects.filter(course=eyes.course)
    if kinds := call.given("content_types"):
        rows = rows.filter(content_type__in=kinds)
    rows = rows.order_by(*call.ordered("display_name", "updated_at", "created_at"))
    return [_file(call, eyes, row) for row in rows if eyes.sees(row)]


@api("courses/<str:course_id>/folders", "courses/:course_id/folders")
def folders(call: Call, course_id: str) -> list[Payload]:
    """List the folders: each course has the one that Canvas makes. Canvas API: Files (Folders)."""
    course = call.eyes(course_id).course
    return [
        {
            "id": course.id,
            "name": "course files",
            "full_name": "course files",
            "context_id": course.id,
            "context_type": "Course",
            "parent_folder_id": None,
            "created_at": instant(course.created_at),
            "updated_at": instant(course.created_at),
            "lock_at": None,
            "unlock_at": None,
            "position": None,
            "locked": False,
            "hidden": None,
            "hidden_for_user": False,
            "locked_for_user": False,
            "files_count": course.file_set.count(),
            "folders_count": 0,
        }
    ]


def _file(call: Call, eyes: Eyes, row: File) -> Payload:
    """Describe a file: no `uuid`, no `verifier` in the address, as since March 2026."""
    return {
        "id": row.id,
        "folder_id": row.course_id,
        "display_name": row.display_name,
        "filename": row.display_name,
        "upload_status": "success",
        "content-type": row.content_type,
        "url": f"{call.url}/files/{row.id}/download?download_frd=1",
        "size": len(row.content),
        "created_at": instant(row.created_at),
        "updated_at": instant(row.updated_at),
        "modified_at": instant(row.updated_at),
        "unlock_at": instant(row.unlock_at),
        "lock_at": instant(row.lock_at),
        "locked": not row.published,
        "hidden": row.hidden,
        "hidden_for_user": row.hidden and not eyes.staff,
        "locked_for_user": eyes.locked(row),
        "mime_class": {"application/pdf": "pdf", "text/plain": "text"}.get(row.content_type, "doc"),
        "media_entry_id": None,
        "thumbnail_url": None,
    }


def _find_file(call: Call, file_id: int) -> tuple[File, Eyes]:
    row = File.objects.filter(id=file_id, course__world=call.world).first()
    if row is None:
        raise missing()
    eyes = Eyes(call.person, row.course)
    if not eyes.sees(row):
        raise call.forbidden()
    return row, eyes


@api("files/<int:file_id>", "files/:id")
def file(call: Call, file_id: int) -> Payload:
    """Return one file's description. Canvas API: Files."""
    row, eyes = _find_file(call, file_id)
    return _file(call, eyes, row)


@api("courses/<str:course_id>/files/<int:file_id>", "courses/:course_id/files/:id")
def course_file(call: Call, course_id: str, file_id: int) -> Payload:
    """Return one file's description by way of its course. Canvas API: Files."""
    eyes = call.eyes(course_id)
    row, _ = _find_file(call, file_id)
    if row.course_id != eyes.course.id:
        raise missing()
    return _file(call, eyes, row)


@api(
    "courses/<str:course_id>/files/<int:file_id>/date_details",
    "courses/:course_id/files/:attachment_id/date_details",
)
def file_dates(call: Call, course_id: str, file_id: int) -> JsonResponse:
    """Say when a file is open. Canvas API: Learning Object Dates."""
    eyes = call.staff(course_id)
    row, _ = _find_file(call, file_id)
    if row.course_id != eyes.course.id:
        raise missing()
    return date_details(call, row)


@api("files/<int:file_id>/public_url", "files/:id/public_url")
def public_url(call: Call, file_id: int) -> Payload:
    """Return an address that works without a token for a while. Canvas API: Files."""
    row, _ = _find_file(call, file_id)
    return {"public_url": _stored_at(call, row)}


def _stored_at(call: Call, row: File | Attachment) -> str:
    """Return where the bytes are: on another host, as a hosted Canvas keeps them elsewhere."""
    host = call.option("file_host") or other_host(call.url)
    return f"{host}/stored/{signing.dumps(row.id, salt='file')}"


def other_host(url: str) -> str:
    """Return another name for a sandbox on loopback; elsewhere it has only the one."""
    parts = urlsplit(url)
    if parts.hostname != "127.0.0.1":
        return url
    return parts._replace(netloc=f"localhost:{parts.port or 80}").geturl()


def _handed_in(call: Call, file_id: int) -> Attachment | None:
    """Return a file that was handed in: for the course's teachers and whose it is."""
    rows = Attachment.objects.filter(
        id=file_id, attempt__submission__assignment__course__world=call.world
    )
    row = rows.select_related("attempt__submission__assignment__course").first()
    if row is None:
        return None
    submission = row.attempt.submission
    eyes = Eyes(call.person, submission.assignment.course)
    if not (eyes.staff or submission.person_id == call.person.id):
        raise call.forbidden()
    return row


def download(request: HttpRequest, file_id: int) -> HttpResponseBase:
    """Send who may read the file on to its bytes. Canvas API: Files (url)."""
    try:
        call = authorised(request, "url:GET|/api/v1/files/:id")
        if found := _handed_in(call, file_id):
            return HttpResponseRedirect(_stored_at(call, found))
        row, eyes = _find_file(call, file_id)
        if eyes.locked(row):
            raise call.forbidden()
    except Refused as refused:
        return refusal(refused)
    return HttpResponseRedirect(_stored_at(call, row))


def stored(request: HttpRequest, signed: str) -> HttpResponseBase:
    """Send the bytes to whoever holds the signed address.

    On the other host a token has no business: a store that signs addresses answers 400 when
    a request brings an Authorization header besides, so a client that drags it along gets
    nothing.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (InvalidArgument)
    """
    elsewhere = request.get_host() != urlsplit(settings.SANDBOX_URL).netloc
    if elsewhere and "Authorization" in request.headers:
        words = "Only one auth mechanism allowed"
        return HttpResponse(f"<Error><Message>{words}</Message></Error>", "text/xml", status=400)
    row = _signed(signed)
    if row is None:
        return HttpResponse("<Error><Code>AccessDenied</Code></Error>", "text/xml", status=403)
    name = row.display_name if isinstance(row, File) else row.name
    answer = HttpResponse(bytes(row.content), row.content_type)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer


def _signed(signed: str) -> File | Attachment | None:
    try:
        row_id = signing.loads(signed, salt="file", max_age=CONTENT_LIFETIME)
    except signing.BadSignature:
        return None
    found = File.objects.filter(id=row_id).first()
    return found or Attachment.objects.filter(id=row_id).first()
