"""A request with an Idempotency-Key is done once, however often it is sent.

Here for every page and every operation of the API: what is refused before a view runs, or turned
into an error after it, is an answer too. Without the header this costs a look at it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from asgiref.sync import markcoroutinefunction
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation

from tutorai import once
from tutorai.errors import NotSignedIn, TutorError
from tutorai.ledger import calls
from tutorai.ledger.calls import Answer
from tutorai.threads import in_thread
from tutorai.web.errors import told

logger = logging.getLogger(__name__)
Next = Callable[[HttpRequest], Awaitable[HttpResponseBase]]

# What a page or a client goes by, besides the body.
REPEATED = ("Allow", "Content-Language", "Location")
REPEATED_TOO = "HX-"  # the beginning of htmx's own
_running: set[asyncio.Task[HttpResponseBase]] = set()  # the loop itself keeps only weak references


def repeats(get_response: Next) -> Next:
    """Replay what was answered before under the same key; keep what is answered now."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        if not once.counts(request):
            return await get_response(request)
        # Who hangs up in the middle will ask again: what is begun goes on, and its answer is kept.
        task = asyncio.ensure_future(_kept(request, get_response))
        _running.add(task)
        task.add_done_callback(_running.discard)
        return await asyncio.shield(task)

    return markcoroutinefunction(middleware)


repeats.async_capable = True  # type: ignore[attr-defined]
repeats.sync_capable = False  # type: ignore[attr-defined]


async def _kept(request: HttpRequest, get_response: Next) -> HttpResponseBase:
    try:
        call = await in_thread(once.begin)(request)
    except NotSignedIn:
        return await get_response(request)  # it says so in its own form
    except TutorError as error:
        return told(request, error)
    if isinstance(call, Answer):
        return _again(call)
    if request.path_info in once.ANSWERED_FROM_ITS_ROWS:
        request.call = call  # type: ignore[attr-defined]
        return await get_response(request)
    response = await get_response(request)
    response.headers.setdefault("Content-Language", translation.get_language() or "")
    try:
        await in_thread(_keep)(call, response)
    except DatabaseError:
        # What was asked for is done; only a repetition will not know it.
        logger.exception("The answer to call %s was not kept", call)
    return response


def _keep(call: UUID, response: HttpResponseBase) -> None:
    if not isinstance(response, HttpResponse):  # a stream, which nobody can tell twice
        calls.free(call)
        return
    told = {
        name: text
        for name, text in response.items()
        if name in REPEATED or name.startswith(REPEATED_TOO)
    }
    kind = response.get("Content-Type", "")
    calls.finish(call, Answer(response.status_code, kind, told, response.content))


def _again(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, headers=answer.headers)
    response["Content-Type"] = answer.content_type
    if not answer.content_type:
        del response["Content-Type"]
    return response
