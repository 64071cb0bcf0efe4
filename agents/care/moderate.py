"""A second look at what a student wrote, by a service the operator names; none by default.

It speaks OpenAI's moderations protocol (POST, {"input", "model"}); nobody's name is sent.
Source: https://platform.openai.com/docs/api-reference/moderations
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from tutorai.errors import TutorError
from tutorai.http import Http
from tutorai.idle import release

logger = logging.getLogger(__name__)
DEADLINE = 3.0  # seconds; a student waits
LONGEST = 8000  # characters that are sent
HARM = "self-harm"  # the first part of categories that mean distress, and stop nothing


@dataclass(frozen=True)
class Verdict:
    """`stopped`: it is not answered. `distress`: the contacts are shown. `asked`: it was looked at."""

    stopped: bool = False
    distress: bool = False
    kinds: tuple[str, ...] = ()  # the service's names of what it found
    asked: bool = False


def moderate(text: str, hide: Callable[[str], str] = str) -> Verdict:
    """Return what the service thinks; `hide` takes people out of what it reads. Blocking.

    Where it does not answer, MODERATION_CLOSED decides: false lets all pass, true stops all.
    """
    if not settings.MODERATION_URL:
        return Verdict()
    said = hide(text)[:LONGEST]
    release()
    try:
        kinds = _found(_asked(said))
    except (TutorError, AttributeError, LookupError, TypeError, ValueError) as error:
        told = error.code if isinstance(error, TutorError) else type(error).__name__
        logger.warning("No moderation: %s", told)
        return Verdict(stopped=settings.MODERATION_CLOSED)
    harm = any(kind.startswith(HARM) for kind in kinds)
    others = any(not kind.startswith(HARM) for kind in kinds)
    return Verdict(stopped=others, distress=harm, kinds=kinds, asked=True)


def _asked(text: str) -> Any:
    body = {"input": text}
    if settings.MODERATION_MODEL:
        body["model"] = settings.MODERATION_MODEL
    headers = {}
    if settings.MODERATION_KEY:
        headers["Authorization"] = f"Bearer {settings.MODERATION_KEY}"
    http = Http(deadline=DEADLINE)
    try:
        answer = http.request("POST", settings.MODERATION_URL, json=body, headers=headers)
    finally:
        http.close()
    if not answer.is_success:
        raise ValueError(answer.status_code)
    return answer.json()


def _found(told: Any) -> tuple[str, ...]:
    result = told["results"][0]
    return tuple(sorted(kind for kind, found in result["categories"].items() if found))
