"""Where platforms send their notices. Anybody may; what no platform signed is refused."""

import logging

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from lti import jwks, notices
from lti.errors import Refusal
from tutorai.access import public
from tutorai.threads import in_thread

logger = logging.getLogger(__name__)


@public
@require_POST
async def take(request: HttpRequest) -> JsonResponse:
    """Take each notice of the request; one that is refused holds up no other."""
    try:
        tokens = notices.tokens(request.body)
    except Refusal as error:
        return _told(error)
    refused, new = None, 0
    for token in tokens:
        try:
            new += await _take(token)
        except Refusal as error:
            logger.warning("Refused a notice: %s", error.reason)
            refused = refused or error
    return _told(refused) if refused else JsonResponse({"taken": len(tokens), "new": new})


async def _take(token: str) -> bool:
    try:
        return await in_thread(notices.take)(token)
    except notices.Wanted as wanted:
        await jwks.fetch(wanted.url, wanted.head)
        return await in_thread(notices.take)(token, fetched=True)


def _told(error: Refusal) -> JsonResponse:
    return JsonResponse({"code": error.reason, "detail": str(error)}, status=error.status)
