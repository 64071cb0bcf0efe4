"""What a teacher sees: three steps to open the tutor, then the course as it stands.

Fragments for the shell: every one needs the session's bearer token, and an author's role.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from connectors.models import Connector
from tutorai import flows
from tutorai.access import authors
from tutorai.errors import BadRequest, TutorError
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm import scope, unused
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_slow_thread, in_thread
from tutorai.web import connection, ends, reading

MB = 1024**2
SHOWN = 300  # lines of the list of items; a longer course is looked through in its LMS


def page(
    view: Callable[..., HttpResponse],
    method: Any = require_GET,
    thread: Any = in_thread,
    roles: Any = authors,
) -> Callable[..., Any]:
    """Make a view of (request, actor, …) that reads the database one for these roles only."""

    async def call(request: HttpRequest, actor: Actor, **path: Any) -> HttpResponse:
        answered: HttpResponse = await thread(view)(request, actor, **path)
        return answered

    guarded: Callable[..., Any] = method(roles(call))
    return guarded


def facts(actor: Actor) -> dict[str, Any]:
    """What every page of a course shows: its connection, what runs, what can be read."""
    course = scope.course(actor, actor.course_id or "")
    synced_at = reading.synced_at(course)
    items = scope.items(actor).only("kind", "title", "unreadable", "sha256", "indexed_sha256")
    return {
        "actor": actor,
        "course": course,
        **connection.facts(course),
        "work": reading.work(course),
        "synced_at": synced_at,
        "just_read": synced_at is not None and timezone.now() - synced_at < timedelta(minutes=1),
        "coverage": reading.coverage(items),
        "missing": reading.missing(course),
        "ends": ends.of(course),
        "only_words": reading.only_words(course),
        "hours": round(settings.SYNC_HOURS),
        "limit": settings.UPLOAD_LIMIT // MB,
    }


def first_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Where a launch brings a teacher: the steps until the course is open, then the course."""
    told = facts(actor)
    if told["course"].opened_at is not None:
        return render(request, "teacher/course.html", told)
    begun = told["coverage"].total or told["work"]
    return _step(request, told, 2 if begun else 1)


def _step(request: HttpRequest, told: dict[str, Any], step: int, **more: Any) -> HttpResponse:
    status = 200  # htmx swaps what comes with a refusal in it: the form says what is wrong
    return render(request, "teacher/setup.html", {**told, "step": step, **more}, status=status)


def _course(request: HttpRequest, actor: Actor) -> HttpResponse:
    return render(request, "teacher/course.html", facts(actor))


def _setup(request: HttpRequest, actor: Actor, step: int) -> HttpResponse:
    return _step(request, facts(actor), step)


def _progress(request: HttpRequest, actor: Actor) -> HttpResponse:
    told = facts(actor)
    response = render(request, "teacher/_reading.html", told)
    if not told["coverage"].waiting and not (told["work"] and told["work"].runs):
        response["HX-Trigger"] = "tutor:changed"  # the list of items is looked at again
    return response


def _items(request: HttpRequest, actor: Actor) -> HttpResponse:
    items = (
        scope.items(actor).exclude(kind="heading").defer("body", "told").order_by("title")[:SHOWN]
    )
    lines = [(item, reading.waits(item) and not item.unreadable) for item in items]
    shut = {item.pk for item in unused.items(scope.course(actor, actor.course_id or "").pk)}
    facts = {"actor": actor, "lines": lines, "remedies": reading.REMEDIES, "unused": shut}
    return render(request, "teacher/_items.html", facts)


def _connect(request: HttpRequest, actor: Actor) -> HttpResponse:
    lms = request.POST.get("lms", "canvas")
    base_url = request.POST.get("base_url", "").strip()
    token = request.POST.get("token", "").strip()
    try:
        if not base_url or not token:
            raise BadRequest(why=_("the address and the token are both needed"))
        flows.connect_course(actor, lms=lms, base_url=base_url, token=token)
    except TutorError as error:
        words = connection.refused(error, lms)
        return _connecting(request, actor, 1, refusal=words, base_url=base_url)
    return _connecting(request, actor, 2)


def _connect_school(request: HttpRequest, actor: Actor) -> HttpResponse:
    try:
        flows.connect_through(actor)
    except TutorError as error:
        return _connecting(request, actor, 1, refusal=connection.refused_school(error))
    return _connecting(request, actor, 2)


def _connected(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What stands after somebody was at the LMS's page of consent."""
    held = Connector.objects.filter(course=actor.course_id, status=Connector.Status.ACTIVE)
    return _connecting(request, actor, 2 if held.exists() else 1)


def _connecting(request: HttpRequest, actor: Actor, step: int, **more: Any) -> HttpResponse:
    """Where the form stands: in a step, or on the page of a course that is open already."""
    told = {**facts(actor), **more}
    if told["course"].opened_at is not None:
        return render(request, "teacher/course.html", told)
    return _step(request, told, step)


def _sync(request: HttpRequest, actor: Actor) -> HttpResponse:
    flows.sync_now(actor, anyway=request.POST.get("anyway") == "1")
    return _progress(request, actor)


def _disconnect(request: HttpRequest, actor: Actor) -> HttpResponse:
    told = flows.disconnect_course(actor)
    return render(request, "teacher/course.html", {**facts(actor), "unheard": not told})


def _upload(request: HttpRequest, actor: Actor) -> HttpResponse:
    for file in request.FILES.getlist("files"):
        flows.upload(actor, file)
    return _progress(request, actor)


def _remove(request: HttpRequest, actor: Actor, item: UUID) -> HttpResponse:
    flows.remove_upload(actor, item)
    response = _items(request, actor)
    beside = render(request, "teacher/_reading.html", {**facts(actor), "beside": True})
    response.content += beside.content
    return response


def _open(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Open the tutor to the students of the course; a second time changes nothing."""
    course = scope.authored_course(actor, actor.course_id or "")
    if course.opened_at is None:
        course.opened_at, course.opened_by_id = timezone.now(), actor.user_id
        with transaction.atomic():
            course.save(update_fields=["opened_at", "opened_by"])
            audit.record(verb=Verb.COURSE_OPEN, actor=actor)
    return _course(request, actor)


def _close(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Close it again: students see that it is not open; nothing they wrote is lost."""
    course = scope.authored_course(actor, actor.course_id or "")
    if course.opened_at is not None:
        course.opened_at = None
        with transaction.atomic():
            course.save(update_fields=["opened_at"])
            audit.record(verb=Verb.COURSE_CLOSE, actor=actor)
    return _course(request, actor)


course = page(_course)
setup = page(_setup)
progress = page(_progress)
items = page(_items)
connect = page(_connect, require_POST, in_slow_thread)
connect_school = page(_connect_school, require_POST, in_slow_thread)
connected = page(_connected)
disconnect = page(_disconnect, require_POST, in_slow_thread)
sync = page(_sync, require_POST)
upload = page(_upload, require_POST)
remove = page(_remove, require_POST)
open_course = page(_open, require_POST)
close_course = page(_close, require_POST)
