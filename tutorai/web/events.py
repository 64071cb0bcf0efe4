"""Where LMSs tell that something changed. Anybody may knock; what no LMS signed is refused.

An event makes us look sooner, and nothing more: whoever sends one again, or a thousand, gets one
reading of that course in a while.
"""

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from connectors.canvas import events
from lti import jwks
from lti.errors import KeysUnavailable, Refusal
from tutorai import syncing
from tutorai.access import public
from tutorai.threads import in_thread

logger = logging.getLogger(__name__)


@public
@require_POST
async def canvas(request: HttpRequest) -> HttpResponse:
    """Take one Live Event of a Canvas; 401 for what is not signed as one, or is old."""
    keys = settings.CANVAS_EVENTS_JWKS
    try:
        try:
            event = await in_thread(events.read)(request.body, keys=keys)
        except events.Wanted as wanted:
            await jwks.fetch(keys, wanted.head)
            event = await in_thread(events.read)(request.body, keys=keys, fetched=True)
    except Refusal as error:
        logger.info("Refused an event: %s", error.reason)
        status = 503 if isinstance(error, KeysUnavailable) else 401
        return JsonResponse({"code": error.reason, "detail": str(error)}, status=status)
    if event is not None:
        await in_thread(_look)(event)
    return HttpResponse(status=204)


def _look(event: events.Event) -> None:
    for row in events.connectors(event):
        syncing.soon(row, full=event.deep)
