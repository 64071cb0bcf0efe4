"""Canvas's REST API as the sandbox plays it: shapes, permissions, paging and errors.

Each route names the document it follows, as "Canvas API: …" (developerdocs.instructure.com).
The throttle stands before all of this, in `connectors.sandbox.faults`; tokens are given out
in `connectors.sandbox.oauth`.

A page or module for some sections only: the lists do not say so. Whoever reads a course
with a teacher's token has to ask `…/pages/:url/date_details` for each page (its
`only_visible_to_overrides` and `overrides[].course_section_id`) and
`…/modules/:id/assignment_overrides` for each module (its `course_section.id`; an empty list
means everybody).
"""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.urls import path
from django.utils import timezone

from connectors.sandbox.faults import STATE, bearer
from connectors.sandbox.models import (
    AccessToken,
    Announcement,
    Assignment,
    Course,
    Enrolment,
    File,
    Module,
    ModuleItem,
    Override,
    Page,
    Person,
    Section,
    instant,
)
from connectors.sandbox.pages import announced
from connectors.sandbox.render import slug
from connectors.sandbox.visible import Eyes

STRING_IDS = "application/json+canvas-string-ids"
MODULE_ITEMS_LIMIT = 50  # a module with more lines comes without them
CONTENT_LIFETIME = 300  # seconds that a redirected download is good for

Payload = dict[str, Any]


class Refused(Exception):
    """An answer other than 200, with its body and whether the token is to blame."""

    def __init__(self, status: int, body: Payload, *, token: bool = False) -> None:
        super().__init__(status)
        self.status, self.body, self.token = status, body, token


def missing() -> Refused:
    """Say that there is no such thing, as Canvas does."""
    return Refused(404, {"errors": [{"message": "The specified resource does not exist."}]})


def token_trouble(message: str, **more: Any) -> Refused:
    """Say what is wrong with the token."""
    return Refused(401, {"errors": [{"message": message, **more}]}, token=True)


class Call:
    """One authorised request: who asks, in which world, with which switches."""

    def __init__(self, request: HttpRequest, token: AccessToken) -> None:
        self.request, self.token = request, token
        self.person = token.person
        self.world = token.person.world
        self.url = settings.SANDBOX_URL

    def option(self, name: str) -> Any:
        """Return a switch of this world."""
        return STATE.option(self.world.name, name)

    def given(self, name: str) -> list[str]:
        """Return a parameter's values; lists are sent as `name[]`."""
        return self.request.GET.getlist(f"{name}[]") or self.request.GET.getlist(name)

    def wants(self, name: str) -> bool:
        """Is `name` among the include[] parameters?"""
        return name in self.given("include")

    def forbidden(self) -> Refused:
        """Refuse for want of permission: 401 without WWW-Authenticate, or 403 by switch."""
        words = "user not authorized to perform that action"
        body = {"status": "unauthorized", "errors": [{"message": words}]}
        return Refused(403 if self.option("permission_403") else 401, body)

    def course(self, course_id: str) -> Course:
        """Find a course by its id, by `lti_context_id:` or by `sis_course_id:`."""
        rows = Course.objects.filter(world=self.world)
        kind, _, value = course_id.rpartition(":")
        named = {"lti_context_id": "uuid", "sis_course_id": "code"}.get(kind)
        if named is None and not value.isdecimal():
            raise missing()
        row = rows.filter(**({named: value} if named else {"id": int(value)})).first()
        if row is None:
            raise missing()
        return row

    def eyes(self, course_id: str) -> Eyes:
        """Return what the caller sees of a course; nobody from outside gets in."""
        eyes = Eyes(self.person, self.course(course_id))
        if not eyes.member:
            raise self.forbidden()
        return eyes


Answer = Callable[..., Any]
ROUTES: list[tuple[str, Callable[..., HttpResponseBase]]] = []


def api(route: str, scope: str, *methods: str) -> Callable[[Answer], Answer]:
    """Make a function of (call, …) a route; `scope` is its path as Canvas names it in scopes."""

    def wrap(answer: Answer) -> Answer:
        @functools.wraps(answer)
        def view(request: HttpRequest, **parts: Any) -> HttpResponseBase:
            try:
                if request.method not in (methods or ("GET",)):
                    raise missing()
                call = authorised(request, f"url:{request.method}|/api/v1/{scope}")
                answered = answer(call, **parts)
            except Refused as refused:
                return _refusal(refused)
            if isinstance(answered, HttpResponseBase):
                return answered
            if isinstance(answered, list):
                return _paged(call, answered)
            return _json(request, answered)

        ROUTES.append((f"api/v1/{route}", view))
        return answer

    return wrap


def authorised(request: HttpRequest, scope: str) -> Call:
    """Find the caller. Canvas API: OAuth2 Overview, Developer Keys (scopes)."""
    value = bearer(request)
    if not value:
        words = "user authorization required"
        body = {"status": "unauthenticated", "errors": [{"message": words}]}
        raise Refused(401, body, token=True)
    token = AccessToken.objects.select_related("person__world").filter(value=value).first()
    now = timezone.now()
    if token is None:
        raise token_trouble("Invalid access token.")
    if token.revoked:
        raise token_trouble("Revoked access token.")
    if token.ended_at and token.ended_at <= now:
        raise token_trouble("Expired access token.", expired_at=instant(token.ended_at))
    if token.expires_at and token.expires_at <= now:
        raise token_trouble("Invalid access token.")
    if token.scopes and scope not in token.scopes.split():
        body = {"errors": [{"message": "Insufficient scopes on access token."}]}
        raise Refused(401, body)
    return Call(request, token)


def _refusal(refused: Refused) -> JsonResponse:
    answer = JsonResponse(refused.body, status=refused.status)
    if refused.token:
        answer["WWW-Authenticate"] = 'Bearer realm="canvas-lms"'
    return answer


def _json(
    request: HttpRequest, payload: Any, headers: dict[str, str] | None = None
) -> JsonResponse:
    if STRING_IDS in request.headers.get("Accept", ""):
        payload = _string_ids(payload)
    kind = "application/json; charset=utf-8"
    return JsonResponse(payload, safe=False, content_type=kind, headers=headers)


def _string_ids(payload: Any, key: str = "") -> Any:
    """Write ids as text. Canvas API: Object IDs."""
    if isinstance(payload, dict):
        return {name: _string_ids(value, name) for name, value in payload.items()}
    if isinstance(payload, list):
        return [_string_ids(value, key) for value in payload]
    named = key == "id" or key.endswith(("_id", "_ids"))
    return str(payload) if named and isinstance(payload, int) else payload


def _paged(call: Call, rows: list[Payload]) -> JsonResponse:
    """Return one page and the Link header that leads on.

    Canvas API: Pagination. Ten by default, a hundred at most; the next page's address is
    opaque; header names are in lower case.
    """
    size = _size(call)
    start = _start(call.request.GET.get("page", ""), size)
    end = start + size
    links = [_link(call, "current", start), _link(call, "first", 0)]
    if end < len(rows):
        # A list that shifts while it is read shows an item twice; a switch makes it so.
        links.insert(1, _link(call, "next", end - 1 if call.option("duplicates") else end))
    if not call.option("drop_last"):
        links.append(_link(call, "last", max(0, (len(rows) - 1) // size * size)))
    return _json(call.request, rows[start:end], {"link": ",".join(links)})


def _size(call: Call) -> int:
    asked = call.request.GET.get("per_page", "")
    size = min(max(int(asked) if asked.isdecimal() else 10, 1), 100)
    return min(size, int(call.option("page_size") or 100))


def _start(page: str, size: int) -> int:
    kind, _, value = page.partition(":")
    if kind != "bookmark":
        return (max(int(page), 1) - 1) * size if page.isdecimal() else 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(value))[0])
    except (ValueError, IndexError, TypeError) as broken:
        raise missing() from broken


def _link(call: Call, name: str, start: int) -> str:
    bookmark = base64.urlsafe_b64encode(json.dumps([start]).encode()).decode()
    kept = [
        (key, value)
        for key, values in call.request.GET.lists()
        for value in values
        if key not in ("page", "access_token")
    ]
    query = urlencode([*kept, ("page", f"bookmark:{bookmark}")])
    return f'<{call.url}{call.request.path}?{query}>; rel="{name}"'


# --- courses and people ----------------------------------------------------------------------


@api("users/<str:user_id>", "users/:id")
def user(call: Call, user_id: str) -> Payload:
    """Return the caller. Canvas API: Users."""
    if user_id not in ("self", str(call.person.id)):
        raise call.forbidden()
    return {
        **_person(call.person),
        "email": call.person.email,
        "locale": call.person.locale,
        "effective_locale": call.person.locale,
        "time_zone": call.person.time_zone,
    }


@api("courses", "courses")
def courses(call: Call) -> list[Payload]:
    """List the caller's courses. Canvas API: Courses."""
    mine = Enrolment.objects.filter(person=call.person, state="active")
    kinds = [f"{kind.capitalize()}Enrollment" for kind in call.given("enrollment_type")]
    if kinds:
        mine = mine.filter(type__in=kinds)
    rows = Course.objects.filter(id__in=mine.values("course_id")).order_by("id")
    if states := call.given("state"):
        rows = rows.filter(state__in=states)
    return [_course(call, row) for row in rows]


@api("courses/<str:course_id>", "courses/:id")
def course(call: Call, course_id: str) -> Payload:
    """Return one course. Canvas API: Courses."""
    return _course(call, call.eyes(course_id).course)


def _course(call: Call, row: Course) -> Payload:
    own = row.enrolment_set.filter(person=call.person)
    payload: Payload = {
        "id": row.id,
        "uuid": row.uuid.replace("-", ""),
        "sis_course_id": None,
        "name": row.name,
        "course_code": row.code,
        "workflow_state": row.state,
        "account_id": call.world.id,
        "root_account_id": call.world.id,
        "enrollment_term_id": 1,
        "start_at": instant(row.created_at),
        "end_at": None,
        "created_at": instant(row.created_at),
        "time_zone": row.time_zone,
        "default_view": "modules",
        "public_description": row.description,
        "enrollments": [
            {
                "type": one.type.removesuffix("Enrollment").lower(),
                "role": one.type,
                "user_id": one.person_id,
                "enrollment_state": one.state,
            }
            for one in own
        ],
        "apply_assignment_group_weights": False,
        "blueprint": False,
    }
    if call.wants("syllabus_body"):
        payload["syllabus_body"] = row.syllabus_body
    if call.wants("term"):
        payload["term"] = {
            "id": 1,
            "name": "Default Term",
            "start_at": None,
            "end_at": None,
        }
    if call.wants("sections"):
        payload["sections"] = [_section(one) for one in row.section_set.order_by("id")]
    if call.wants("total_students"):
        students = row.enrolment_set.filter(type="StudentEnrollment", state="active")
        payload["total_students"] = students.values("person").distinct().count()
    return payload


def _section(row: Section) -> Payload:
    return {
        "id": row.id,
        "name": row.name,
        "course_id": row.course_id,
        "sis_section_id": None,
        "start_at": None,
        "end_at": None,
        "nonxlist_course_id": None,
    }


@api("courses/<str:course_id>/sections", "courses/:course_id/sections")
def sections(call: Call, course_id: str) -> list[Payload]:
    """List the sections. Canvas API: Sections."""
    return [_section(row) for row in call.eyes(course_id).course.section_set.order_by("id")]


@api("courses/<str:course_id>/enrollments", "courses/:course_id/enrollments")
def enrollments(call: Call, course_id: str) -> list[Payload]:
    """List the enrolments; several may be one person's. Canvas API: Enrollments."""
    eyes = call.eyes(course_id)
    rows = eyes.course.enrolment_set.select_related("person").order_by("id")
    if kinds := call.given("type"):
        rows = rows.filter(type__in=kinds)
    rows = rows.filter(state__in=call.given("state") or ["active", "invited"])
    return [_enrolment(row, eyes) for row in rows]


def _enrolment(row: Enrolment, eyes: Eyes) -> Payload:
    payload: Payload = {
        "id": row.id,
        "course_id": row.course_id,
        "course_section_id": row.section_id,
        "user_id": row.person_id,
        "type": row.type,
        "role": row.type,
        "enrollment_state": row.state,
        "limit_privileges_to_course_section": row.limit_to_section,
        "created_at": instant(row.created_at),
        "updated_at": instant(row.created_at),
        "start_at": None,
        "end_at": None,
        "last_activity_at": None,
        "associated_user_id": row.observed_id,
        "user": _person(row.person),
    }
    if eyes.staff:
        payload["user"]["login_id"] = row.person.login_id
    return payload


def _person(person: Person) -> Payload:
    return {
        "id": person.id,
        "name": person.name,
        "sortable_name": person.sortable_name,
        "short_name": person.name,
        "created_at": instant(person.world.created_at),
    }


@api("courses/<str:course_id>/users", "courses/:course_id/users")
def users(call: Call, course_id: str) -> list[Payload]:
    """List the people. Canvas API: Courses (List users in course)."""
    eyes = call.eyes(course_id)
    rows = eyes.course.enrolment_set.filter(state="active").select_related("person__world")
    kinds = [f"{kind.capitalize()}Enrollment" for kind in call.given("enrollment_type")]
    if kinds:
        rows = rows.filter(type__in=kinds)
    people: dict[int, Payload] = {}
    for row in rows.order_by("id"):
        payload = people.setdefault(row.person_id, _person(row.person))
        if call.wants("email") and eyes.staff:
            payload["email"] = row.person.email
        if call.wants("avatar_url"):
            payload["avatar_url"] = f"{call.url}/avatars/{row.person_id}.svg"
        if call.wants("enrollments"):
            shown = _enrolment(row, eyes)
            del shown["user"]
            payload.setdefault("enrollments", []).append(shown)
    return list(people.values())


# --- modules ---------------------------------------------------------------------------------


@api("courses/<str:course_id>/modules", "courses/:course_id/modules")
def modules(call: Call, course_id: str) -> list[Payload]:
    """List the modules. Canvas API: Modules.

    `items` is left out when a module is too large, or always by switch.
    """
    eyes = call.eyes(course_id)
    rows = Module.objects.filter(course=eyes.course).prefetch_related("overrides")
    return [_module(call, eyes, row) for row in rows.order_by("position") if eyes.sees(row)]


def _module(call: Call, eyes: Eyes, row: Module) -> Payload:
    items = _items(call, eyes, row)
    payload: Payload = {
        "id": row.id,
        "name": row.name,
        "position": row.position,
        "unlock_at": instant(row.unlock_at),
        "require_sequential_progress": False,
        "requirement_type": "all",
        "publish_final_grade": False,
        "prerequisite_module_ids": [],
        "items_count": len(items),
        "items_url": f"{call.url}/api/v1/courses/{row.course_id}/modules/{row.id}/items",
    }
    if eyes.staff:
        payload["published"] = row.published
    few = len(items) <= MODULE_ITEMS_LIMIT and not call.option("omit_items")
    if call.wants("items") and few:
        payload["items"] = items
    return payload


@api("courses/<str:course_id>/modules/<int:module_id>", "courses/:course_id/modules/:id")
def module(call: Call, course_id: str, module_id: int) -> Payload:
    """Return one module. Canvas API: Modules."""
    eyes = call.eyes(course_id)
    return _module(call, eyes, _find_module(eyes, module_id))


def _find_module(eyes: Eyes, module_id: int) -> Module:
    row = Module.objects.filter(course=eyes.course, id=module_id).first()
    if row is None or not eyes.sees(row):
        raise missing()
    return row


@api(
    "courses/<str:course_id>/modules/<int:module_id>/items",
    "courses/:course_id/modules/:module_id/items",
)
def module_items(call: Call, course_id: str, module_id: int) -> list[Payload]:
    """List a module's lines. Canvas API: Modules (List module items)."""
    eyes = call.eyes(course_id)
    return _items(call, eyes, _find_module(eyes, module_id))


def _items(call: Call, eyes: Eyes, row: Module) -> list[Payload]:
    rows = row.items.select_related("page", "file", "assignment").order_by("position")
    seen = [one for one in rows if one.content is None or eyes.sees(one.content)]
    return [_item(call, eyes, one) for one in seen]


def _item(call: Call, eyes: Eyes, row: ModuleItem) -> Payload:
    course_id = row.module.course_id
    here, root = (
        f"{call.url}/courses/{course_id}",
        f"{call.url}/api/v1/courses/{course_id}",
    )
    payload: Payload = {
        "id": row.id,
        "module_id": row.module_id,
        "position": row.position,
        "title": row.title,
        "indent": row.indent,
        "type": row.type,
        "quiz_lti": False,
    }
    if row.type != "SubHeader":
        payload["html_url"] = f"{here}/modules/items/{row.id}"
    if row.page:
        payload |= {"page_url": row.page.url, "url": f"{root}/pages/{row.page.url}"}
    if row.file:
        payload |= {"content_id": row.file.id, "url": f"{root}/files/{row.file.id}"}
    if row.assignment:
        work = row.assignment
        payload |= {"content_id": work.id, "url": f"{root}/assignments/{work.id}"}
    if row.external_url:
        payload |= {"external_url": row.external_url, "new_tab": True}
    if eyes.staff:
        payload["published"] = row.published
    if call.wants("content_details"):
        payload["content_details"] = _details(eyes, row)
    return payload


def _details(eyes: Eyes, row: ModuleItem) -> Payload:
    content = row.content
    if content is None:
        return {"locked_for_user": False}
    details: Payload = {
        "unlock_at": instant(content.unlock_at),
        "lock_at": instant(content.lock_at),
        "locked_for_user": eyes.locked(content),
    }
    if isinstance(content, Assignment):
        details["points_possible"] = float(content.points_possible)
        details["due_at"] = instant(eyes.due(content))
    return details


@api(
    "courses/<str:course_id>/modules/<int:module_id>/assignment_overrides",
    "courses/:course_id/modules/:context_module_id/assignment_overrides",
)
def module_overrides(call: Call, course_id: str, module_id: int) -> list[Payload]:
    """Say to which sections a module is given. Canvas API: Modules (List a module's overrides)."""
    eyes = call.eyes(course_id)
    if not eyes.staff:
        raise call.forbidden()
    row = _find_module(eyes, module_id)
    return [
        {
            "id": one.id,
            "context_module_id": row.id,
            "title": one.section.name,
            "course_section": {"id": one.section_id, "name": one.section.name},
        }
        for one in row.overrides.select_related("section").order_by("id")
    ]


# --- pages -----------------------------------------------------------------------------------


@api("courses/<str:course_id>/pages", "courses/:course_id/pages")
def pages(call: Call, course_id: str) -> list[Payload]:
    """List the pages, without their text. Canvas API: Pages."""
    eyes = call.eyes(course_id)
    if call.option("pages_disabled"):
        raise Refused(404, {"message": "That page has been disabled for this course"})
    order = {"updated_at": "updated_at", "created_at": "created_at"}
    by = order.get(call.request.GET.get("sort", ""), "title")
    sign = "-" if call.request.GET.get("order") == "desc" else ""
    rows = Page.objects.filter(course=eyes.course).prefetch_related("overrides")
    if call.request.GET.get("published") in ("true", "false"):
        rows = rows.filter(published=call.request.GET["published"] == "true")
    return [_page(call, eyes, row) for row in rows.order_by(f"{sign}{by}", "id") if eyes.sees(row)]


def _page(call: Call, eyes: Eyes, row: Page) -> Payload:
    return {
        "page_id": row.id,
        "url": row.url,
        "title": row.title,
        "created_at": instant(row.created_at),
        "updated_at": instant(row.updated_at),
        "published": row.published,
        "hide_from_students": not row.published,
        "front_page": row.front_page,
        "editing_roles": "teachers",
        "html_url": f"{call.url}/courses/{row.course_id}/pages/{row.url}",
        "locked_for_user": eyes.locked(row),
    }


def _find_page(call: Call, eyes: Eyes, url: str) -> Page:
    rows = Page.objects.filter(course=eyes.course)
    row = rows.filter(url=url).first()
    by_id = url.removeprefix("page_id:")
    if row is None and by_id.isdecimal():
        row = rows.filter(id=int(by_id)).first()
    if row is None:
        raise missing()
    if not eyes.sees(row):
        raise call.forbidden()
    return row


@api("courses/<str:course_id>/front_page", "courses/:course_id/front_page")
def front_page(call: Call, course_id: str) -> Payload:
    """Return the front page. Canvas API: Pages."""
    eyes = call.eyes(course_id)
    row = Page.objects.filter(course=eyes.course, front_page=True).first()
    if row is None or not eyes.sees(row):
        raise missing()
    return {**_page(call, eyes, row), "body": row.body}


@api(
    "courses/<str:course_id>/pages/<str:url>",
    "courses/:course_id/pages/:url_or_id",
    "GET",
    "PUT",
)
def page(call: Call, course_id: str, url: str) -> Payload:
    """Return a page with its text, or change it. Canvas API: Pages."""
    eyes = call.eyes(course_id)
    row = _find_page(call, eyes, url)
    if call.request.method == "PUT":
        if not eyes.staff:
            raise call.forbidden()
        _change_page(row, call.request)
    body = None if eyes.locked(row) else row.body
    return {**_page(call, eyes, row), "body": body}


def _change_page(row: Page, request: HttpRequest) -> None:
    """Take `wiki_page[title|body|published]`; a new title makes a new address."""
    sent = _sent(request)
    if "title" in sent:
        row.title, row.url = sent["title"], slug(sent["title"])
    row.body = sent.get("body", row.body)
    row.published = sent.get("published", str(row.published)).lower() in (
        "true",
        "1",
        "on",
    )
    row.updated_at = timezone.now()
    row.save()


def _sent(request: HttpRequest) -> dict[str, str]:
    """Read a PUT's fields from JSON or from a form; Django parses only a POST's."""
    if request.content_type == "application/json":
        try:
            fields = json.loads(request.body or b"{}").get("wiki_page", {})
        except (ValueError, AttributeError) as broken:
            raise Refused(400, {"message": "Malformed JSON"}) from broken
        return {name: str(value) for name, value in fields.items()}
    request.method, method = "POST", request.method
    posted = request.POST
    request.method = method
    return {
        name.removeprefix("wiki_page[").removesuffix("]"): str(value)
        for name, value in posted.items()
    }


@api(
    "courses/<str:course_id>/pages/<str:url>/date_details",
    "courses/:course_id/pages/:url_or_id/date_details",
)
def page_dates(call: Call, course_id: str, url: str) -> Payload:
    """Say for whom a page is. Canvas API: Learning Object Dates."""
    eyes = call.eyes(course_id)
    if not eyes.staff:
        raise call.forbidden()
    return _dates(_find_page(call, eyes, url))


def _dates(row: Page | Assignment) -> Payload:
    overrides = row.overrides.select_related("section").order_by("id")
    return {
        "id": row.id,
        "due_at": instant(row.due_at) if isinstance(row, Assignment) else None,
        "unlock_at": instant(row.unlock_at),
        "lock_at": instant(row.lock_at),
        "only_visible_to_overrides": row.only_visible_to_overrides,
        "visible_to_everyone": not row.only_visible_to_overrides,
        "graded": isinstance(row, Assignment),
        "overrides": [_override(one) for one in overrides],
    }


def _override(row: Override) -> Payload:
    payload: Payload = {
        "id": row.id,
        "title": row.section.name,
        "course_section_id": row.section_id,
        "due_at": instant(row.due_at),
        "unlock_at": instant(row.unlock_at),
        "lock_at": instant(row.lock_at),
    }
    if row.assignment_id:
        payload["assignment_id"] = row.assignment_id
    return payload


# --- files -----------------------------------------------------------------------------------


@api("courses/<str:course_id>/files", "courses/:course_id/files")
def files(call: Call, course_id: str) -> list[Payload]:
    """List the files. Canvas API: Files."""
    eyes = call.eyes(course_id)
    rows = File.objects.filter(course=eyes.course)
    if kinds := call.given("content_types"):
        rows = rows.filter(content_type__in=kinds)
    by = "updated_at" if call.request.GET.get("sort") == "updated_at" else "display_name"
    sign = "-" if call.request.GET.get("order") == "desc" else ""
    return [_file(call, eyes, row) for row in rows.order_by(f"{sign}{by}", "id") if eyes.sees(row)]


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


@api("files/<int:file_id>/public_url", "files/:id/public_url")
def public_url(call: Call, file_id: int) -> Payload:
    """Return an address that works without a token for a while. Canvas API: Files."""
    row, _ = _find_file(call, file_id)
    return {"public_url": _content_url(call, row)}


def _content_url(call: Call, row: File) -> str:
    """Return where the bytes are: on another host in real life, here on another path.

    The switch `file_host` names another origin, to see that no token follows a redirect there.
    """
    host = call.option("file_host") or call.url
    return f"{host}/files/content/{signing.dumps(row.id, salt='file')}"


def download(request: HttpRequest, file_id: int) -> HttpResponseBase:
    """Send who may read the file on to its bytes. Canvas API: Files (url)."""
    try:
        call = authorised(request, "url:GET|/api/v1/files/:id")
        row, _ = _find_file(call, file_id)
    except Refused as refused:
        return _refusal(refused)
    return HttpResponseRedirect(_content_url(call, row))


def content(request: HttpRequest, signed: str) -> HttpResponseBase:
    """Send the bytes to whoever holds the signed address; a token is not wanted here."""
    try:
        row = File.objects.get(id=signing.loads(signed, salt="file", max_age=CONTENT_LIFETIME))
    except (signing.BadSignature, File.DoesNotExist):
        return HttpResponse("gone", "text/plain", status=403)
    answer = HttpResponse(bytes(row.content), row.content_type)
    answer["Content-Disposition"] = f'attachment; filename="{row.display_name}"'
    return answer


# --- assignments and announcements -----------------------------------------------------------


@api("courses/<str:course_id>/assignments", "courses/:course_id/assignments")
def assignments(call: Call, course_id: str) -> list[Payload]:
    """List the assignments. Canvas API: Assignments."""
    eyes = call.eyes(course_id)
    rows = Assignment.objects.filter(course=eyes.course).prefetch_related("overrides__section")
    if wanted := [one for one in call.given("assignment_ids") if one.isdecimal()]:
        rows = rows.filter(id__in=[int(one) for one in wanted])
    return [_assignment(call, eyes, row) for row in rows.order_by("position") if eyes.sees(row)]


@api(
    "courses/<str:course_id>/assignments/<int:assignment_id>",
    "courses/:course_id/assignments/:id",
)
def assignment(call: Call, course_id: str, assignment_id: int) -> Payload:
    """Return one assignment. Canvas API: Assignments."""
    eyes = call.eyes(course_id)
    return _assignment(call, eyes, _find_assignment(eyes, assignment_id))


@api(
    "courses/<str:course_id>/assignments/<int:assignment_id>/date_details",
    "courses/:course_id/assignments/:assignment_id/date_details",
)
def assignment_dates(call: Call, course_id: str, assignment_id: int) -> Payload:
    """Say when and for whom an assignment is. Canvas API: Learning Object Dates."""
    eyes = call.eyes(course_id)
    if not eyes.staff:
        raise call.forbidden()
    return _dates(_find_assignment(eyes, assignment_id))


def _find_assignment(eyes: Eyes, assignment_id: int) -> Assignment:
    row = Assignment.objects.filter(course=eyes.course, id=assignment_id).first()
    if row is None or not eyes.sees(row):
        raise missing()
    return row


def _assignment(call: Call, eyes: Eyes, row: Assignment) -> Payload:
    """Describe an assignment; `due_at` is the caller's own deadline."""
    here = f"{call.url}/courses/{row.course_id}/assignments/{row.id}"
    payload: Payload = {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "created_at": instant(row.created_at),
        "updated_at": instant(row.updated_at),
        "due_at": instant(eyes.due(row)),
        "lock_at": instant(row.lock_at),
        "unlock_at": instant(row.unlock_at),
        "course_id": row.course_id,
        "html_url": here,
        "submissions_download_url": f"{here}/submissions?zip=1",
        "assignment_group_id": row.course_id,
        "position": row.position,
        "points_possible": float(row.points_possible),
        "grading_type": "points",
        "submission_types": row.submission_types,
        "allowed_attempts": -1,
        "workflow_state": "published" if row.published else "unpublished",
        "published": row.published,
        "muted": False,
        "omit_from_final_grade": False,
        "anonymous_grading": False,
        "moderated_grading": False,
        "has_submitted_submissions": row.submission_set.exists(),
        "locked_for_user": eyes.locked(row),
        "only_visible_to_overrides": row.only_visible_to_overrides,
        "visible_to_everyone": not row.only_visible_to_overrides,
    }
    own: Iterable[Override] = row.overrides.all()
    if call.wants("all_dates") and eyes.staff:
        payload["all_dates"] = _all_dates(row, own)
    if call.wants("overrides") and eyes.staff:
        payload["overrides"] = [_override(one) for one in own]
    return payload


def _all_dates(row: Assignment, overrides: Iterable[Override]) -> list[Payload]:
    everyone: Payload = {
        "due_at": instant(row.due_at),
        "unlock_at": instant(row.unlock_at),
        "lock_at": instant(row.lock_at),
        "base": True,
    }
    base = [] if row.only_visible_to_overrides else [everyone]
    return base + [
        {
            "id": one.id,
            "title": one.section.name,
            "set_type": "CourseSection",
            "set_id": one.section_id,
            "due_at": instant(one.due_at),
            "unlock_at": instant(one.unlock_at),
            "lock_at": instant(one.lock_at),
        }
        for one in overrides
    ]


@api("announcements", "announcements")
def announcements(call: Call) -> list[Payload]:
    """List announcements of the courses in context_codes[]. Canvas API: Announcements."""
    codes = call.given("context_codes")
    if not codes:
        raise Refused(400, {"message": "Missing context_codes"})
    listed: list[Payload] = []
    for code in codes:
        eyes = call.eyes(code.removeprefix("course_"))
        rows = Announcement.objects.filter(course=eyes.course).order_by("-posted_at")
        listed += [
            {
                "id": row.id,
                "title": row.title,
                "message": announced(row),
                "posted_at": instant(row.posted_at),
                "published": True,
                "context_code": code,
                "is_announcement": True,
                "html_url": f"{call.url}/courses/{row.course_id}",
            }
            for row in rows
        ]
    return listed


@api("courses/<str:course_id>/discussion_topics", "courses/:course_id/discussion_topics")
def discussion_topics(call: Call, course_id: str) -> list[Payload]:
    """List the discussions: this college has none. Canvas API: Discussion Topics."""
    call.eyes(course_id)
    return []


@api("courses/<str:course_id>/quizzes", "courses/:course_id/quizzes")
def quizzes(call: Call, course_id: str) -> list[Payload]:
    """List the classic quizzes: this college has none. Canvas API: Quizzes."""
    call.eyes(course_id)
    return []


urlpatterns = [
    *(path(route, view) for route, view in ROUTES),
    path("files/<int:file_id>/download", download),
    path("files/content/<str:signed>", content),
]
