"""The page that a course's link opens: it names the course, asks for a name, and says what is kept.

The secret in the address is the authority, so it counts only from our own page: a form of another
site would make somebody a student without their knowing.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_http_methods

from lti import cookies
from tutorai.access import public
from tutorai.errors import BadRequest, NotYours
from tutorai.models import JoinLink
from tutorai.standalone import joining
from tutorai.threads import in_thread
from tutorai.web.shell import NEVER, begun_response

KNOWN = "join"  # the kind of cookie by which a browser is known in one course
KEPT = 180 * 24 * 3600  # seconds


@require_http_methods(["GET", "HEAD", "POST"])
@public
async def join(request: HttpRequest, secret: str) -> HttpResponse:
    """Show the page; a POST comes in."""
    request.csp["frame-ancestors"] = ["'none'"]  # type: ignore[attr-defined]
    link = await in_thread(joining.find)(secret)
    known_by = cookies.get(request, KNOWN, link.course_id.hex)
    if request.method != "POST":
        return await in_thread(_page)(request, link, known_by)
    if request.headers.get("Origin") != settings.PUBLIC_URL:
        raise NotYours()
    name = request.POST.get("name", "")
    try:
        come = in_thread(joining.come)
        locale = translation.get_language() or "en"
        known_by = "" if "new" in request.POST else known_by
        came = await come(secret, name=name, known_by=known_by, locale=locale)
    except BadRequest as error:
        return await in_thread(_page)(request, link, "", refusal=str(error))
    response = begun_response(request, came.begun)
    cookies.put(response, KNOWN, link.course_id.hex, came.known_by, seconds=KEPT)
    return response


def _page(
    request: HttpRequest, link: JoinLink, known_by: str, *, refusal: str = ""
) -> HttpResponse:
    facts = {
        "course": link.course,
        "institution": link.course.institution,
        "known": joining.known(link.course, known_by),
        "longest": joining.LONGEST,
        "refusal": refusal,
    }
    response = render(request, "join.html", facts, status=400 if refusal else 200)
    response["Cache-Control"] = NEVER
    response["Referrer-Policy"] = "strict-origin"  # without any, a form names no origin
    return response
