"""What stands between the network and the sandbox: a log, faults on order, the throttle.

All of it lives in this one process and is forgotten with it. Faults and options belong to a
world, so that tests beside each other do not trip over another's faults.
"""

from __future__ import annotations

import asyncio
import base64
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import jwt
from asgiref.sync import markcoroutinefunction, sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.http import http_date

from connectors.sandbox.models import AccessToken, Course, ServiceToken, Tool
from connectors.sandbox.reasons import unanswered

# Canvas API: Throttling. One bucket for each token; a request pays 50 in advance and gets it
# back, less its real cost, when it is answered.
HIGH_WATER = 600.0
MAXIMUM = 800.0
OUTFLOW = 10.0  # units a second
UP_FRONT = 50.0
TOKEN_COST = 200.0  # what the token endpoint adds to the caller's bucket

API = ("/api/v1/", "/api/lti/courses/", "/login/oauth2/token", "/files/")
LEARN = ("/api/v1/gateway/", "/api/v1/management/")  # Blackboard's, which has no such throttle
SERVICES = (*API, "/mod/lti/", "/learn/api/", "/webservice/")  # what is down when a world is
LEARN_TOKEN = "/learn/api/public/v1/oauth2/token"
TOKENS = (
    LEARN_TOKEN,
    "/login/oauth2/token",
    "/mod/lti/token.php",
    "/api/v1/gateway/oauth2/jwttoken",
)
SECRETS = ("access_token", "wstoken", "token")  # left out of the log
KEPT = 20_000  # requests of the log
MAINTENANCE = (
    "<!doctype html><html><head><title>Down for maintenance</title></head>"
    "<body><h1>We will be right back</h1><p>The site is being updated.</p></body></html>"
)
UNAVAILABLE = (
    '{"errors":[{"message":"An error occurred.","error_code":"internal_server_error"}],'
    '"error_report_id":1}'
)


OPTIONS = {
    "duplicates": "the last thing of a page comes again on the next",
    "omit_items": "modules come without their items",
    "drop_last": "no rel=last among the links",
    "page_size": "at most so many on a page, whatever per_page says",
    "permission_403": "want of permission is a 403, not a 401",
    "pages_disabled": "the course has no pages: its list answers 404",
    "hidden_tabs": "ids of the tabs that students do not see",
    "prerequisites": "each module opens only after those before it are done",
    "token_redirects": "the token endpoint sends errors to the redirect URI it was told (Canvas)",
    "no_includes": "include[] is ignored, as of a key that does not allow it",
    "date_restricted": "courses are closed by date: nothing but their id",
    "cost": "units that a request costs",
    "file_host": "the origin that downloads are sent on to",
    "original": "courses are Original ones, not Ultra (Blackboard)",
    "rules_refused": "nobody may read release rules (Blackboard)",
    "daily_calls": "calls of a day that an application has (Blackboard)",
    "site_disabled": "the application is switched off on the site (Blackboard)",
    "grades_unpopulated": "no cell of a gradebook was opened yet: 404 (Blackboard)",
    "down": "every call of a program answers 503",
    "lms_clock": "false: activities' columns keep a score's own timestamp (Moodle)",
    "clock": "seconds that the Date header and new dates are ahead",
}
KINDS = {"status", "throttle", "throttle429", "hang", "delay", "truncate", "html", "drop"}


@dataclass
class Fault:
    """An order to spoil the next `times` requests whose path contains `path`.

    `kind`: status (with `status`, `body` and `headers`), throttle, throttle429, hang and delay (for
    `seconds`; hang answers 504, delay goes on), truncate, html, drop (does what was asked and
    closes the connection without an answer).
    """

    kind: str
    world: str = ""  # empty: every world
    path: str = ""
    function: str = ""  # of a Moodle's web services, which all have one path
    method: str = ""
    times: int = 1
    after: int = 0  # let so many through first
    status: int = 500
    body: str = UNAVAILABLE
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such fault: {self.kind}")

    def takes(self, world: str, request: HttpRequest) -> bool:
        """Say whether this request is spoiled, and count it."""
        meant = (
            self.times > 0
            and self.world in ("", world)
            and self.path in request.path
            and self.function in ("", _function(request))
            and self.method in ("", request.method)
        )
        if not meant:
            return False
        if self.after:
            self.after -= 1
            return False
        self.times -= 1
        return True


@dataclass
class Bucket:
    """A leaky bucket as Canvas's throttle fills it."""

    level: float = 0.0
    at: float = field(default_factory=time.monotonic)

    def leak(self) -> None:
        """Let out what has flowed off since the last look."""
        now = time.monotonic()
        self.level = max(0.0, self.level - (now - self.at) * OUTFLOW)
        self.at = now

    def add(self, amount: float) -> None:
        """Pour in; never over the brim, never below empty."""
        self.leak()
        self.level = min(MAXIMUM, max(0.0, self.level + amount))

    @property
    def remaining(self) -> float:
        """What the header X-Rate-Limit-Remaining says."""
        return max(0.0, HIGH_WATER - self.level)


@dataclass
class State:
    """Everything tests may set, and what was seen."""

    faults: list[Fault] = field(default_factory=list)
    options: dict[str, dict[str, Any]] = field(default_factory=dict)  # by world
    log: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT))
    buckets: dict[str, Bucket] = field(default_factory=dict)
    worlds: dict[str, str] = field(default_factory=dict)  # by token: it never changes
    kept: dict[Any, Any] = field(default_factory=dict)  # rows that never change either

    def option(self, world: str, name: str) -> Any:
        """Return an option of a world; None when nobody set it."""
        return self.options.get(world, {}).get(name)

    def forget(self, world: str = "") -> None:
        """Forget faults, options and log of one world, or of all; and every bucket."""
        self.faults = [fault for fault in self.faults if world and fault.world != world]
        self.forget_log(world)
        self.buckets.clear()
        self.worlds.clear()
        self.kept.clear()
        if world:
            self.options.pop(world, None)
        else:
            self.options.clear()

    def forget_log(self, world: str = "") -> None:
        """Forget what one world, or all, was asked."""
        kept = [line for line in self.log if world and line["world"] != world]
        self.log = deque(kept, maxlen=KEPT)

    def listed(self, world: str = "") -> list[dict[str, Any]]:
        """Return the faults that still wait."""
        return [asdict(f) for f in self.faults if f.times > 0 and world in ("", f.world)]


STATE = State()


def _function(request: HttpRequest) -> str:
    """Return which function of a Moodle's web services is called; "" for any other request."""
    moodle = request.path.startswith("/webservice/rest/")
    return request.POST.get("wsfunction", "") if moodle else ""


def bearer(request: HttpRequest) -> str:
    """Return the token of the Authorization header or, as Canvas allows, of the query.

    Moodle's is in a form: of its web services, or of a file's asking.
    """
    if request.path.startswith("/webservice/"):
        names = ("wstoken", "token")
        told = (one.get(name, "") for one in (request.POST, request.GET) for name in names)
        return next(filter(None, told), "")
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else request.GET.get("access_token", "")


def world_of(request: HttpRequest) -> str:
    """Return the name of the world a request is about; empty when it cannot be told.

    Gives the connection back at once: a request that is about to hang needs none.
    """
    try:
        return _world_of(request)
    finally:
        connection.close()


def _world_of(request: HttpRequest) -> str:
    if token := bearer(request):
        if token in STATE.worlds:
            return STATE.worlds[token]
        names = AccessToken.objects.filter(value=token).values_list("person__world__name")
        services = ServiceToken.objects.filter(value=token).values_list("tool__world__name")
        if found := names.first() or services.first():
            STATE.worlds[token] = str(found[0])
            return STATE.worlds[token]
    if client := _client_id(request):
        tools = Tool.objects.filter(client_id=client) | Tool.objects.filter(api_client_id=client)
        found = tools.values_list("world__name").first()
        return str(found[0]) if found else ""
    course = re.search(r"/(?:courses|services\.php)/_?(\d{1,18})(?:_1)?(?:/|$)", request.path)
    if course is None:
        return ""
    found = Course.objects.filter(id=int(course[1])).values_list("world__name").first()
    return str(found[0]) if found else ""


def _client_id(request: HttpRequest) -> str:
    """Return who calls the token endpoint, without believing it yet."""
    if request.path not in TOKENS or request.method != "POST":
        return ""
    if named := request.POST.get("client_id") or _basic(request):
        return named
    try:
        assertion = request.POST.get("client_assertion", "")
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError:
        return ""
    return str(claims.get("iss", ""))


def _basic(request: HttpRequest) -> str:
    """Return the name of Basic authorisation, as Blackboard's applications send it."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    try:
        return base64.b64decode(value).decode().partition(":")[0] if kind == "Basic" else ""
    except ValueError:
        return ""


class Traffic:
    """The only middleware: everything but the sandbox's own controls passes through it."""

    async_capable = True
    sync_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]]) -> None:
        self.get_response = get_response
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request, well or badly, and write it down."""
        if request.path.startswith(("/sandbox/", "/static/")):
            return await self.get_response(request)
        world = STATE.worlds.get(bearer(request)) or await sync_to_async(world_of)(request)
        started = timezone.now()
        response = await self._answer(request, world)
        # Our server leaves this header to us, so that a world's clock can be wrong.
        ahead = float(STATE.option(world, "clock") or 0)
        response["Date"] = http_date(time.time() + ahead)
        if isinstance(response, HttpResponse):
            response["Content-Length"] = str(len(response.content))
        STATE.log.append(
            {
                "at": started.isoformat(),
                "world": world,
                "method": request.method,
                "path": request.path,
                "function": _function(request),
                "query": {k: v for k, v in request.GET.lists() if k not in SECRETS},
                "status": response.status_code,
                "user_agent": request.headers.get("User-Agent", ""),
                "accept": request.headers.get("Accept", ""),
                "signed_in": bool(bearer(request)),
            }
        )
        return response

    async def _answer(self, request: HttpRequest, world: str) -> HttpResponseBase:
        if STATE.option(world, "down") and request.path.startswith(SERVICES):
            return HttpResponse(MAINTENANCE, status=503)
        if request.path.startswith(API) and not request.path.startswith(LEARN):
            return await self._throttle(request, world)
        return await self._perhaps_spoilt(request, world)

    async def _perhaps_spoilt(self, request: HttpRequest, world: str) -> HttpResponseBase:
        spoiled = next((f for f in STATE.faults if f.takes(world, request)), None)
        if spoiled is None:
            return await self.get_response(request)
        return await self._spoil(spoiled, request)

    async def _spoil(self, fault: Fault, request: HttpRequest) -> HttpResponseBase:
        match fault.kind:
            case "throttle" | "throttle429":
                return too_much(429 if fault.kind == "throttle429" else 403)
            case "html":
                return HttpResponse(MAINTENANCE, status=fault.status)
            case "hang" | "delay":
                await asyncio.sleep(fault.seconds)
            case "status":
                return HttpResponse(
                    fault.body, "application/json", status=fault.status, headers=fault.headers
                )
        if fault.kind == "hang":
            return HttpResponse(MAINTENANCE, status=504)
        response = await self.get_response(request)
        if fault.kind == "drop":
            return unanswered(response)
        if fault.kind == "truncate" and isinstance(response, HttpResponse):
            response.content = response.content[: len(response.content) // 2]
        return response

    async def _throttle(self, request: HttpRequest, world: str) -> HttpResponseBase:
        """Let a request through its caller's bucket.

        Canvas API: Throttling; the mechanics are those of its request_throttle middleware.
        """
        # Canvas API: since January 2026 a hosted Canvas turns away who does not name itself.
        if not request.headers.get("User-Agent"):
            words = "Forbidden: you have not provided a valid user agent"
            return JsonResponse({"error": "Forbidden", "message": words}, status=403)
        caller = bearer(request) or _client_id(request) or request.META.get("REMOTE_ADDR", "")
        bucket = STATE.buckets.setdefault(caller, Bucket())
        bucket.leak()
        if bucket.level >= HIGH_WATER:
            return too_much(403)
        bucket.add(UP_FRONT)
        started = time.process_time()
        try:
            response = await self._perhaps_spoilt(request, world)
        finally:
            # Nearly nothing here is slow; the option makes a request as dear as a test likes.
            said = STATE.option(world, "cost")
            cost = time.process_time() - started if said is None else float(said)
            if request.path == "/login/oauth2/token":
                cost += TOKEN_COST
            bucket.add(cost - UP_FRONT)
        response["X-Request-Cost"] = f"{cost:.4f}"
        response.setdefault("X-Rate-Limit-Remaining", f"{bucket.remaining:.4f}")
        return response


def too_much(status: int) -> HttpResponse:
    """Return what Canvas says to a caller over its limit."""
    name = "Too Many Requests" if status == 429 else "Forbidden"
    answer = HttpResponse(f"{status} {name} (Rate Limit Exceeded)\n", "text/plain", status=status)
    answer["X-Rate-Limit-Remaining"] = "0.0"
    return answer
