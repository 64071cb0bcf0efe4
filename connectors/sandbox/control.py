"""Controls for tests and for `make run`: `/sandbox/…`, JSON in, JSON out.

They answer only callers on loopback, unless `SANDBOX_DEVELOPMENT=1`.
"""

from __future__ import annotations

import functools
import ipaddress
import json
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from connectors.sandbox import cells, dialects, keys, laid, oidc, reviewing, settings, world
from connectors.sandbox.claims import PRIVACY, RESOURCE, REVIEW
from connectors.sandbox.copying import DEFAULT
from connectors.sandbox.describing import Given, described, described_page, registration
from connectors.sandbox.editing import change_page, now
from connectors.sandbox.faults import OPTIONS, STATE, Fault
from connectors.sandbox.models import (
    AccessToken,
    Course,
    Enrolment,
    File,
    LineItem,
    Page,
    Person,
    PlacedLink,
    Tool,
    World,
)
from connectors.sandbox.rows import instant, new_secret

Found = TypeVar("Found", bound=Model)
Answer = Callable[[HttpRequest, Given], Any]


def control(*methods: str) -> Callable[[Answer], Callable[..., JsonResponse]]:
    """Make a function of (request, given) a control route.

    `given` is the JSON body, or the query string of a GET or DELETE.
    """

    def wrap(answer: Answer) -> Callable[..., JsonResponse]:
        @functools.wraps(answer)
        def view(request: HttpRequest, **path: Any) -> JsonResponse:
            if not _allowed(request):
                raise Http404
            if request.method not in methods:
                return JsonResponse({"error": f"use {' or '.join(methods)}"}, status=405)
            try:
                given = _given(request)
                return JsonResponse(answer(request, {**given, **path}), safe=False)
            except (KeyError, TypeError, ValueError) as wrong:
                return JsonResponse({"error": repr(wrong)}, status=400)

        return view

    return wrap


def _allowed(request: HttpRequest) -> bool:
    address = request.META.get("REMOTE_ADDR", "")
    try:
        return settings.DEVELOPMENT or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _given(request: HttpRequest) -> Given:
    if request.method in ("GET", "DELETE"):
        return {name: str(value) for name, value in request.GET.items()}
    # A page elsewhere cannot send this type without asking first, and we never say yes.
    if request.content_type != "application/json":
        raise ValueError("send application/json")
    body = json.loads(request.body or b"{}")
    if not isinstance(body, dict):
        raise TypeError("send an object")
    return body


def _world(given: Given) -> World:
    return get_object_or_404(World, name=given.get("world") or DEFAULT)


@control("GET", "POST")
def register(request: HttpRequest, given: Given) -> Given:
    """Return the registration; a POST with `tool_url` moves the tool there first."""
    tool = _world(given).tool
    if request.method == "POST" and "tool_url" in given:
        tool.url = str(given["tool_url"]).rstrip("/")
        tool.save()
    return registration(tool)


@control("GET")
def courses(request: HttpRequest, given: Given) -> Given:
    """Describe a world; the first when none is named."""
    return described(_world(given))


@control("GET", "POST")
def worlds(request: HttpRequest, given: Given) -> Any:
    """List the worlds, or make one.

    POST: `tool_url`, `dialect` (canvas, moodle or blackboard), `courses` (folder names; default
    all but those given only by name), `filler_pages`, `filler_files`, `filler_modules`,
    `filler_students`, `shard` (a number that makes every id larger by so many times 10^13), `registered` (false: no
    tool knows it), `client_id` (that of another world: Blackboard's schools share one).
    """
    if request.method == "GET":
        return list(World.objects.order_by("id").values_list("name", flat=True))
    return described(
        world.build(
            str(given.get("name") or f"world-{secrets.token_hex(6)}"),
            tool_url=str(given.get("tool_url") or settings.TOOL_URL).rstrip("/"),
            dialect=str(given.get("dialect") or "canvas"),
            courses=given.get("courses"),
            filler_pages=int(given.get("filler_pages", 0)),
            filler_files=int(given.get("filler_files", 0)),
            filler_modules=int(given.get("filler_modules", 0)),
            filler_students=int(given.get("filler_students", 0)),
            shard=int(given.get("shard", 0)),
            registered=bool(given.get("registered", True)),
            client_id=str(given.get("client_id", "")),
        )
    )


@control("DELETE")
def drop_world(request: HttpRequest, given: Given) -> Given:
    """Forget a world with all that is in it."""
    deleted, _ = World.objects.filter(name=given["name"]).delete()
    STATE.forget(given["name"])
    return {"deleted": deleted}


@control("POST")
def reset(request: HttpRequest, given: Given) -> Given:
    """Build a world anew (the first keeps its ids) and forget its faults and log."""
    one = world.reset(_world(given).name)
    STATE.forget(one.name)
    return described(one)


@control("GET", "POST", "DELETE")
def faults(request: HttpRequest, given: Given) -> Any:
    """List, order or clear faults; a POST holds one fault, or several as `faults`."""
    if request.method == "POST":
        STATE.faults += [Fault(**one) for one in given.get("faults", [given])]
    if request.method == "DELETE":
        one = given.get("world", "")
        STATE.faults = [fault for fault in STATE.faults if one and fault.world != one]
    return STATE.listed(given.get("world", ""))


@control("GET", "POST")
def options(request: HttpRequest, given: Given) -> Given:
    """Set how a world's REST API behaves; the names are those of `faults.OPTIONS`."""
    name = given.pop("world", "") or DEFAULT
    if unknown := set(given) - set(OPTIONS):
        raise ValueError(f"no such option: {', '.join(sorted(unknown))}")
    if request.method == "POST":
        STATE.options.setdefault(name, {}).update(given)
    return STATE.options.get(name, {})


@control("GET", "DELETE")
def log(request: HttpRequest, given: Given) -> Any:
    """Return the requests seen, oldest first, of one world or all; DELETE empties it."""
    one = given.get("world", "")
    if request.method == "DELETE":
        STATE.forget_log(one)
    return [line for line in STATE.log if one in ("", line["world"])]


def _named(given: Given, name: str, rows: QuerySet[Found]) -> Found | None:
    number = given.pop(name, None)
    return get_object_or_404(rows, id=int(number)) if number else None


@control("POST")
def launch(request: HttpRequest, given: Given) -> Given:
    """Begin a launch without a browser: returns the login URL and its parameters.

    `person` and `course` are ids, `link` that of a placed one, `tool` that of another tool;
    `message` is LTI's word for another kind (with `placement`, or `for_user` and `line_item`).
    The rest are the options of `oidc.begin`.
    """
    person = get_object_or_404(Person, id=int(given.pop("person")))
    course = _named(given, "course", Course.objects.all())
    if given.get("message") == REVIEW:
        begun = reviewing.begin_review(
            teacher=person,
            student=get_object_or_404(Person, id=int(given.pop("for_user"))),
            item=get_object_or_404(LineItem, id=int(given.pop("line_item"))),
            options={name: value for name, value in given.items() if name != "message"},
        )
    elif given.get("message") == PRIVACY:
        begun = reviewing.begin_privacy(
            admin=person,
            about=get_object_or_404(Person, id=int(given.pop("for_user"))),
            course=course,
            options={name: value for name, value in given.items() if name != "message"},
        )
    else:
        begun = oidc.begin(
            person=person,
            course=course,
            link=_named(given, "link", PlacedLink.objects.all()),
            tool=_named(given, "tool", Tool.objects.all()),
            message=str(given.pop("message", RESOURCE)),
            options=given,
        )
    return {
        "login_url": begun.deployment.tool.login_url,
        "redirect_uri": begun.deployment.tool.launch_url,
        "parameters": oidc.login_parameters(begun),
    }


@control("POST")
def id_token(request: HttpRequest, given: Given) -> Given:
    """Sign any claims with the platform's key, for launches no LMS would send."""
    return {"id_token": keys.sign(given["claims"], given.get("header"))}


@control("POST")
def rotate_key(request: HttpRequest, given: Given) -> Given:
    """Sign with a new key from now on; the old ones stay in the JWKS."""
    return {"kid": keys.make_key(f"sandbox-{secrets.token_hex(4)}").kid}


@control("POST")
def edit_page(request: HttpRequest, given: Given) -> Given:
    """Change `title`, `body` or `published` of a page, as the teacher would."""
    page = get_object_or_404(Page, id=int(given["page_id"]))
    if "only_visible_to_overrides" in given:
        page.only_visible_to_overrides = bool(given["only_visible_to_overrides"])
    change_page(
        page,
        title=str(given.get("title", page.title)),
        body=str(given.get("body", page.body)),
        published=bool(given.get("published", page.published)),
    )
    return described_page(page)


@control("POST")
def edit_file(request: HttpRequest, given: Given) -> Given:
    """Change `published` or `hidden` of a file."""
    file = get_object_or_404(File, id=int(given["file_id"]))
    file.published = bool(given.get("published", file.published))
    file.hidden = bool(given.get("hidden", file.hidden))
    file.updated_at = now(file.course.world.name)
    file.save()
    return {"id": str(file.id), "published": file.published, "hidden": file.hidden}


@control("POST")
def columns(request: HttpRequest, given: Given) -> Given:
    """Make a column of the tool in a `course` (its id): `label`, `maximum`, `coupled`.

    A coupled one belongs to an activity: that of the resource link `link`, or the course's own
    link; launches from there name it. `resource_id` and `tag` are those of AGS. With `attempts`,
    Canvas takes no more hand-ins than so many.
    """
    course = get_object_or_404(Course, id=int(given["course"]))
    coupled = bool(given.get("coupled"))
    row = LineItem.objects.create(
        tool=course.world.tool,
        course=course,
        label=str(given["label"]),
        maximum=given["maximum"],
        coupled=coupled,
        resource_id=str(given.get("resource_id", "")),
        resource_link_id=str(given.get("link") or course.uuid) if coupled else "",
        tag=str(given.get("tag", "")),
        told={"allowed_attempts": int(given.get("attempts", 0))},
    )
    return {"id": str(row.id), "url": dialects.of(course.world).item_url(row)}


@control("GET", "POST")
def scores(request: HttpRequest, given: Given) -> Any:
    """Tell a column's cells, or change one by hand, as a teacher does in the gradebook.

    The column is the tool's or an assignment. GET: what each person has. POST: `person`, and
    `points` (null: none any more), `comment`, `locked` (Moodle). What that does to later scores
    is the LMS's own: Canvas refuses older ones, Moodle's are overridden, Blackboard's win.
    """
    column = cells.column(int(given["item_id"]))
    if request.method == "GET":
        return cells.listed(column)
    return cells.enter(column, get_object_or_404(Person, id=int(given["person"])), given)


@control("POST")
def edit_enrolment(request: HttpRequest, given: Given) -> Given:
    """Change the `type` or `state` of an enrolment, or `limit_to_section`: promote, remove."""
    row = get_object_or_404(Enrolment, id=int(given["enrolment_id"]))
    row.type = given.get("type", row.type)
    row.state = given.get("state", row.state)
    row.limit_to_section = bool(given.get("limit_to_section", row.limit_to_section))
    row.save()
    return {"id": str(row.id), "type": row.type, "state": row.state}


@control("POST")
def edit_token(request: HttpRequest, given: Given) -> Given:
    """Revoke a token, or let it run out: `value` with `revoked`, `expired` or `ended`.

    Without a `value`, make one for a `person` (their id), with `scopes` alone.
    """
    if "value" not in given:
        owner = get_object_or_404(Person, id=int(given["person"]))
        made = AccessToken.objects.create(
            person=owner, value=new_secret(), scopes=str(given.get("scopes", ""))
        )
        return {"value": made.value}
    token = get_object_or_404(AccessToken, value=given["value"])
    token.revoked = bool(given.get("revoked", token.revoked))
    if given.get("expired"):
        token.expires_at = timezone.now()
    if given.get("ended"):
        token.ended_at = timezone.now()
    token.save()
    return {"revoked": token.revoked, "expires_at": instant(token.expires_at)}


@control("POST")
def rows(request: HttpRequest, given: Given) -> Given:
    """Lay rows down as they stand in a Django fixture: `rows` of model, pk and fields."""
    return {"laid": laid.lay(given["rows"])}


@control("GET")
def health(request: HttpRequest, given: Given) -> Given:
    """Say that the sandbox is up."""
    return {"ok": True, "url": settings.SANDBOX_URL}
