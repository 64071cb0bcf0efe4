"""What was written here as a file: a quiz for an LMS's importer, a page as HTML.

As with files of a course, an address is asked for first (with the bearer token) that is good for a
minute; it names the draft, the format and the session, whose rights are looked at again.
"""

from urllib.parse import quote
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from lti import sessions
from tutorai import publishing
from tutorai.access import public
from tutorai.errors import NotFound
from tutorai.ledger.models import Proposal
from tutorai.lmsdm.schema import AUTHORS, Actor
from tutorai.threads import in_thread
from tutorai.web.teacher import page

SALT = "draft"
SECONDS = 60
HTML = "html"


def _link(request: HttpRequest, actor: Actor, proposal: UUID, form: str) -> HttpResponse:
    """Send the browser to the file: htmx follows, and the page stays."""
    _content(publishing.one(actor, proposal), form)  # refused here, in words, or not at all
    named = signing.dumps([str(proposal), str(actor.session_id), form], salt=SALT)
    return HttpResponse(status=204, headers={"HX-Redirect": f"/files/drafts/{named}"})


link = page(_link)


@public
@require_safe
async def file(request: HttpRequest, named: str) -> HttpResponse:
    """Send the file that a fresh address names, if its session may still have it."""
    try:
        proposal, session, form = signing.loads(named, salt=SALT, max_age=SECONDS)
    except signing.BadSignature as error:
        raise NotFound() from error
    answered: HttpResponse = await in_thread(_sent)(UUID(session), UUID(proposal), form)
    return answered


def _sent(session: UUID, proposal: UUID, form: str) -> HttpResponse:
    actor = sessions.actor_of(session)
    if actor.role not in AUTHORS:
        raise NotFound()
    found = publishing.one(actor, proposal)
    ending, mime, content = _content(found, form)
    answer = HttpResponse(content, content_type=mime)
    name = quote(f"{found.payload['title'][:80]}{ending}", safe="")
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    answer["Cache-Control"] = "private, no-store"
    return answer


def _content(proposal: Proposal, form: str) -> tuple[str, str, bytes]:
    if form != HTML:
        return publishing.file(proposal, form)
    if "html" not in proposal.payload:
        raise NotFound()
    told = {"title": proposal.payload["title"], "html": proposal.payload["html"]}
    told["lang"] = get_language() or "en"
    text = render_to_string("teacher/publish_file.html", told)
    return ".html", "text/html; charset=utf-8", text.encode()
