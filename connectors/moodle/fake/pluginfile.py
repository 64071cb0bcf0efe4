"""Files of a Moodle, by a token: downloads, drafts sent up, and tokens for a password.

Moodle 4.5 recordings, file_*, ws_upload_draft, ws_login_token_*
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.http import http_date
from django.views.decorators.csrf import csrf_exempt

from connectors.moodle.fake import layout
from connectors.moodle.fake.caller import Caller, caller
from connectors.sandbox import settings
from connectors.sandbox.models import AccessToken, Attachment, File, Page, Person, Submission
from connectors.sandbox.reasons import with_reason
from connectors.sandbox.rows import next_id

BARE = {
    "Access-Control-Allow-Origin": "*",
    "Pragma": "no-cache",
    "Expires": "Mon, 20 Aug 1969 09:23:00 GMT",
    "Accept-Ranges": "none",
}
NO_STORE = "no-store, no-cache, must-revalidate, post-check=0, pre-check=0"
TEXT = "text/html;charset=UTF-8"
UTF8 = "application/json; charset=utf-8"


@dataclass
class Found:
    """A file, with what its headers say; a text that is made for each asking has no ETag."""

    name: str
    kind: str
    content: bytes
    made: bool = False
    inline: bool = False


class Missing(Exception):
    """No such file; or none that the caller may have."""

    def __init__(self, code: str, message: str, status: int = 200) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


def refused(code: str, message: str, status: int = 200) -> HttpResponse:
    """Say why there is no file; as a rule with 200. Moodle 4.5 recordings, file_pluginfile_*."""
    empty = dict.fromkeys(("stacktrace", "debuginfo", "reproductionlink"))
    body = json.dumps({"error": message, "errorcode": code, **empty})
    answer = HttpResponse(body, UTF8, status=status, headers=BARE)
    answer["Cache-Control"] = NO_STORE
    answer["Last-Modified"] = http_date()
    return with_reason(answer, "not found") if status == 404 else answer


@csrf_exempt
def download(request: HttpRequest, context: int, path: str) -> HttpResponse:
    """Give out a file to who shows a token, in the query or in a form; a header is ignored."""
    value = request.POST.get("token") or request.GET.get("token")
    if not value:
        return refused("missingparam", "A required parameter (token) was missing")
    asking = caller(value)
    if asking is None:
        return refused("invalidtoken", "Invalid token - token not found")
    if not asking.downloads:  # Moodle's webservice/pluginfile.php
        return refused("accessexception", "Access control exception")
    try:
        return _given(request, _found(asking, context, path))
    except Missing as wrong:
        return refused(wrong.code, wrong.message, wrong.status)


def plain(request: HttpRequest, path: str) -> HttpResponse:
    """Send who is not signed in to the sign-in page; a token is none.

    Moodle 4.5 recordings, file_pluginfile_non_ws_path.
    """
    answer = HttpResponseRedirect(f"{settings.SANDBOX_URL}/login/index.php", status=303)
    answer["Cache-Control"] = "no-store, no-cache, must-revalidate"
    return answer


def _found(asking: Caller, context: int, path: str) -> Found:
    placed = layout.at(context - layout.CONTEXT)
    if placed is None:
        raise Missing("filenotfound", "Sorry, the requested file could not be found", 404)
    course, section, one = placed
    thing = one.thing
    if path.startswith("assignsubmission_file/"):
        return _handed_in(asking, path)
    open_to_all = section.visible and one.visible
    seen = thing is None or (asking.everywhere or asking.sight(course).sees(thing))
    if not asking.staff(course) and not (open_to_all and seen):
        raise Missing("requireloginerror", "Course or activity not accessible.")
    area, _slash, name = path.partition("/content/")
    if isinstance(thing, Page) and name == "index.html":
        return Found(name, TEXT, _wrapped(thing.body), made=True)
    if isinstance(thing, File) and name == f"0/{thing.display_name}":
        content = bytes(thing.content)
        return Found(thing.display_name, thing.content_type, content, inline=True)
    if area.startswith("mod_book/chapter/") or path.startswith("mod_book/chapter/"):
        return _chapter(one, path)
    for given in one.told.get("files", []):
        if name == f"0/{given['name']}":
            return Found(given["name"], given["type"], given.get("text", "").encode(), inline=True)
    raise Missing("filenotfound", "Sorry, the requested file could not be found", 404)


def _wrapped(html: str) -> bytes:
    """Return a text as filters leave it, with pictures beside it."""
    return f'<div class="no-overflow">{html.replace("@@PLUGINFILE@@/", "")}</div>'.encode()


def _chapter(one: layout.Activity, path: str) -> Found:
    """Return a chapter of a book, numbered. Moodle 4.5 recordings, file_book_chapter."""
    match = re.match(r"mod_book/chapter/(\d+)/index\.html$", path)
    for place, chapter in enumerate(one.told.get("chapters", []), 1):
        if match and str(chapter["id"]) == match[1]:
            text = f"<h3>{place}. {chapter['title']}</h3>".encode()
            return Found("index.html", TEXT, text + _wrapped(chapter["html"]), made=True)
    raise Missing("filenotfound", "Sorry, the requested file could not be found", 404)


def _handed_in(asking: Caller, path: str) -> Found:
    """Return a file that was handed in, to whose it is and to who grades."""
    match = re.match(r"assignsubmission_file/submission_files/(\d+)/(.+)$", path)
    row = Submission.objects.filter(id=int(match[1])).first() if match else None
    if match and row:
        course = row.assignment.course
        attempt = row.tries.order_by("-number").first()
        file = Attachment.objects.filter(attempt=attempt, name=match[2]).first()
        if file and (row.person_id == asking.person.pk or asking.staff(course)):
            return Found(file.name, file.content_type, bytes(file.content))
    raise Missing("filenotfound", "Sorry, the requested file could not be found", 404)


def _given(request: HttpRequest, found: Found) -> HttpResponse:
    way = "inline" if found.inline else "attachment"
    kind = f"{found.kind}; charset=utf-8" if found.kind == "text/plain" else found.kind
    answer = HttpResponse(found.content, kind)
    answer["Access-Control-Allow-Origin"] = "*"
    # Raw UTF-8 in the name, as Moodle has it.
    answer.headers["Content-Disposition"] = f'{way}; filename="{_ascii(found.name)}"'
    answer["Cache-Control"] = (
        "private, max-age=21600, no-transform"
        if found.inline
        else "private, must-revalidate, pre-check=0, post-check=0, max-age=0, no-transform"
    )
    answer["Accept-Ranges"] = "bytes" if found.inline else "none"
    answer["Last-Modified"] = http_date(timezone.now().timestamp())
    if not found.made:
        answer["ETag"] = f'"{hashlib.sha1(found.content, usedforsecurity=False).hexdigest()}"'
    asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
    if asked and found.inline:
        answer.content = found.content[int(asked[1]) : int(asked[2]) + 1]
        answer.status_code = 206
        return with_reason(answer, "Partial content")
    return answer


def _ascii(name: str) -> str:
    return name.encode().decode("latin-1")


@csrf_exempt
def upload(request: HttpRequest) -> HttpResponse:
    """Take a draft file; nothing refers to it before a form does."""
    asking = caller(request.POST.get("token", ""))
    if asking is None:
        return refused("invalidtoken", "Invalid token - token not found")
    number = next_id()
    told = [
        {
            "component": "user",
            "userid": str(asking.person.pk),
            "filearea": request.POST.get("filearea", "draft"),
            "filename": file.name,
            "filepath": "/",
            "itemid": number,
            "license": "unknown",
            "author": asking.person.name,
            "filesize": file.size,
        }
        for file in request.FILES.values()
        if not isinstance(file, list)
    ]
    answer = HttpResponse(json.dumps(told), "text/plain; charset=utf-8", headers=BARE)
    answer["Cache-Control"] = NO_STORE
    return answer


@csrf_exempt
def login_token(request: HttpRequest) -> HttpResponse:
    """Give a token for a login; here a person's password is their login again."""
    login = request.POST.get("username", "")
    person = Person.objects.filter(login_id=login, world__dialect="moodle").first()
    if person is None or request.POST.get("password") != login:
        return refused("invalidlogin", "Invalid login, please try again")
    if request.POST.get("service") != "tutorai":
        words = "Web service is not available. (It doesn't exist or might be disabled.)"
        return refused("servicenotavailable", words)
    row = AccessToken.objects.filter(person=person, tool=None, revoked=False).first()
    body = json.dumps({"token": row.value if row else "", "privatetoken": None})
    answer = HttpResponse(body, UTF8, headers=BARE)
    answer["Cache-Control"] = NO_STORE
    answer["Last-Modified"] = http_date()
    return answer
