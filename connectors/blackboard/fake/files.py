"""Attachments of contents, and the way to a file's bytes."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect

from connectors.blackboard.fake.call import Call, Payload, missing, named, one
from connectors.blackboard.fake.routes import api
from connectors.blackboard.fake.tree import tree
from connectors.sandbox import settings
from connectors.sandbox.models import Attachment, Course, File

HERE = "v1/courses/<str:course_id>/contents/<str:content_id>/attachments"
LIFETIME = 300  # seconds that a redirected download is good for


@api(HERE)
def attachments(call: Call, course_id: str, content_id: str) -> list[Payload]:
    """List a content's files; a file's own content has exactly one. swagger: Content File Attachments."""
    found = _files(call, call.course(course_id), content_id)
    return [
        {"id": named(row), "fileName": row.display_name, "mimeType": row.content_type}
        for row in found
    ]


@api(f"{HERE}/<str:attachment_id>/download")
def download(call: Call, course_id: str, content_id: str, attachment_id: str) -> HttpResponseBase:
    """Send on to the bytes. §3.4."""
    for row in _files(call, call.course(course_id), content_id):
        if named(row) == attachment_id:
            return HttpResponseRedirect(stored_at(call, "file", row.pk))
    raise missing()


def _files(call: Call, course: Course, content_id: str) -> list[File]:
    found = [row for row in tree(call, course) if row.id == content_id]
    if not found:
        raise missing()
    return [row.thing for row in found if isinstance(row.thing, File)]


@api("v1/courses/<str:course_id>/resources")
def resources(call: Call, course_id: str) -> list[Payload]:
    """List the course's own files: those that stand nowhere. swagger: Course Resources."""
    course = call.staff(course_id, "course.content.VIEW")
    rows = File.objects.filter(course=course, hidden=True)
    return [
        {
            "id": named(row),
            "name": row.display_name,
            "type": "File",
            "size": len(row.content),
            "mimeType": row.content_type,
            "downloadUrl": f"{call.url}/learn/api/public/v1/courses/{named(course)}/resources/"
            f"{named(row)}/download",
        }
        for row in rows.order_by("id")
    ]


@api("v1/courses/<str:course_id>/resources/<str:resource_id>/download")
def resource(call: Call, course_id: str, resource_id: str) -> HttpResponseBase:
    """Send on to a course file's bytes."""
    course = call.staff(course_id, "course.content.VIEW")
    row = one(File.objects.filter(course=course), resource_id)
    return HttpResponseRedirect(stored_at(call, "file", row.pk))


def stored_at(call: Call, kind: str, pk: int) -> str:
    """Return where bytes are: in a store on another host, as Learn SaaS has them."""
    parts = urlsplit(call.option("file_host") or call.url)
    if parts.hostname == "127.0.0.1":
        parts = parts._replace(netloc=f"localhost:{parts.port or 80}")
    return f"{parts.geturl()}/bbcswebdav/stored/{signing.dumps([kind, pk], salt='learn')}"


def stored(request: HttpRequest, signed: str) -> HttpResponseBase:
    """Send the bytes to whoever holds the signed address, and to nobody who brings a token too.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (InvalidArgument)
    """
    elsewhere = request.get_host() != urlsplit(settings.SANDBOX_URL).netloc
    if elsewhere and "Authorization" in request.headers:
        words = "<Error><Message>Only one auth mechanism allowed</Message></Error>"
        return HttpResponse(words, "text/xml", status=400)
    try:
        kind, pk = signing.loads(signed, salt="learn", max_age=LIFETIME)
        rows = File.objects.all() if kind == "file" else Attachment.objects.all()
        row: File | Attachment = rows.get(pk=pk)
    except (signing.BadSignature, File.DoesNotExist, Attachment.DoesNotExist):
        return HttpResponse("<Error><Code>AccessDenied</Code></Error>", "text/xml", status=403)
    name = row.display_name if isinstance(row, File) else row.name
    answer = HttpResponse(bytes(row.content), row.content_type)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer
