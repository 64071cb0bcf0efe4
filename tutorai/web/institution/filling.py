"""What is put into a course that was made here: files, web pages, packed courses."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tutorai import flows
from tutorai.access import TEACHERS, Officer, officer
from tutorai.errors import TutorError, UrlRefused
from tutorai.lmsdm.models import Course
from tutorai.standalone import courses
from tutorai.standalone import filling as packed
from tutorai.web.institution.courses import back

MOST = 50  # files of one form


def _into(put: Callable[..., str]) -> Callable[..., HttpResponseBase]:
    """Make a view that puts something into a course; `put` returns what to say of it."""

    @require_POST
    @officer(*TEACHERS)
    def view(request: HttpRequest, who: Officer, course: UUID, **path: Any) -> HttpResponse:
        row = courses.open_one(who, course)
        try:
            if words := put(request, who, row, **path):
                messages.success(request, words)
        except UrlRefused:
            messages.error(
                request,
                _("Tutor.AI fetches public pages alone, whose address begins with https://."),
            )
        except TutorError as error:
            messages.error(request, str(error))
        return back(who, row)

    return view


def _files(request: HttpRequest, who: Officer, row: Course) -> str:
    """Take several at once; one that cannot be taken keeps no other from it."""
    sent = 0
    for file in request.FILES.getlist("files")[:MOST]:
        try:
            flows.put_file(who, row, file)
        except TutorError as error:
            messages.error(request, f"{file.name}: {error}")
        else:
            sent += 1
    words = ngettext("%(n)d file is added.", "%(n)d files are added.", sent)
    return words % {"n": sent} if sent else ""


def _link(request: HttpRequest, who: Officer, row: Course) -> str:
    item = flows.put_link(who, row, request.POST.get("address", ""))
    return _("“%(title)s” is added.") % {"title": item.title}


def _again(request: HttpRequest, who: Officer, row: Course, item: UUID) -> str:
    found = flows.fetch_again(who, row, item)
    return _("“%(title)s” is fetched again.") % {"title": found.title}


def _take_out(request: HttpRequest, who: Officer, row: Course, item: UUID) -> str:
    flows.take_out(who, row, item)
    return _("Taken out. Students get no more answers from it.")


def _package(request: HttpRequest, who: Officer, row: Course) -> str:
    for file in request.FILES.getlist("package")[:1]:
        packed.hand_in(who, row, file)
        return _("The package is here, and is being read.")
    return _("Choose a file first.")


files, link, again = _into(_files), _into(_link), _into(_again)
take_out, package = _into(_take_out), _into(_package)
