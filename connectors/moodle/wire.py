"""Calls to a Moodle: how it carries a token, and what its refusals mean.

Sources: Moodle's webservice/rest/locallib.php and webservice/pluginfile.php, and a recorded
Moodle 4.5.6 (recordings ws_err_*, file_pluginfile_*)
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import httpx
from django.conf import settings
from pydantic import ValidationError

from connectors import wire
from connectors.base import Bearer, Tokens
from connectors.payload import Payload
from connectors.wire import Call, Pace, asked_pause
from tutorai.errors import (
    LMSError,
    LMSMisunderstood,
    LMSNotFound,
    LMSRefused,
    LMSThrottled,
    LMSUnauthorised,
    LMSUnavailable,
)

logger = logging.getLogger(__name__)

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
REST = "/webservice/rest/server.php"
FILES = "/webservice/pluginfile.php/"
# By errorcode: classes of exceptions changed their names in 4.5, these did not.
MEANINGS: dict[str, type[LMSError]] = {
    "invalidtoken": LMSUnauthorised,
    "sitemaintenance": LMSUnavailable,
    "upgraderunning": LMSUnavailable,
    "invalidrecord": LMSNotFound,
    "invalidrecordunknown": LMSNotFound,
    "filenotfound": LMSNotFound,
}
# Partial answers come with warnings of these codes, instead of an error; "3" only says that an
# assignment has nothing (recordings ws_submissions, ws_pages_bad_course, ws_assignments).
SHUT = frozenset({"1", "2"})
P = TypeVar("P", bound=Payload)


class Wire(wire.Wire):
    """Calls to one Moodle, with one token. Every call is a POST; those that read may be repeated."""

    lms = "moodle"

    def __init__(self, base_url: str, tokens: Tokens, *, patience: float = 20) -> None:
        """Moodle says no limit: a small site bears what `MOODLE_RATE` is by default."""
        rate = settings.MOODLE_RATE
        self.pace = Pace(2 * rate, rate, 1)
        super().__init__(base_url, tokens, patience=patience)

    def ask(self, function: str, **given: Any) -> Any:
        """Return what a function that changes nothing answers; raise LMSError."""
        return self.json(self.read(self._at(function, given)))

    def asked(self, kind: type[P], function: str, **given: Any) -> P:
        """Return an answer that may leave parts out with a warning; raise LMSError for those."""
        told = self.ask(function, **given)
        heed(told)
        return understood(kind, told)

    def large(self, function: str, **given: Any) -> Any:
        """Return an answer that may be too big by itself; raise LMSError, TooBig."""
        return self.json(self.read(self._at(function, given), large=True))

    def post(self, form: str) -> httpx.Response:
        """Send a form once and return the answer, whatever it says.

        Raises NotSent, LMSUnavailable, LMSUnauthorised (`connectors.wire.Wire.write`).
        """
        return self.write(Call("POST", self.base + REST, FORM, form))

    def _at(self, function: str, given: Mapping[str, Any]) -> Call:
        form = urlencode([*flat(given), *asking(function)])
        return Call("POST", self.base + REST, FORM, form)

    def signed(self, call: Call, bearer: Bearer) -> Call:
        """Put the token into the body, where no log of addresses has it."""
        secret = urlencode({"wstoken": bearer.secret})
        return replace(call, content=f"{call.content}&{secret}")

    def signed_file(self, call: Call, bearer: Bearer) -> Call:
        """Ask for a file by POST: pluginfile.php reads the token of a form as of the query.

        Only the path that takes tokens gets one: `url` activities lead elsewhere.
        """
        if not urlsplit(call.url).path.startswith(urlsplit(self.base).path + FILES):
            return call
        form = urlencode({"token": bearer.secret})
        return Call("POST", call.url, FORM, form)

    def token_refused(self, response: httpx.Response) -> bool:
        return code(response) == "invalidtoken"

    def trouble(self, response: httpx.Response) -> LMSError | None:
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            return LMSThrottled(retry_after=asked_pause(response))
        if response.status_code >= 500:
            told = "Retry-After" in response.headers
            return LMSUnavailable(retry_after=asked_pause(response) if told else None)
        if found := code(response):
            return meaning(found)
        if response.is_success:
            return None  # but a page of a proxy, or of PHP's, is no answer (`json`)
        return LMSNotFound() if response.status_code == 404 else LMSMisunderstood()

    def spoilt(self, response: httpx.Response) -> LMSError | None:
        """A refusal comes as JSON with 200, and no file of a course has those members."""
        if _json(response):
            self._hear_out(response)
            found = code(response)
            return meaning(found) if found else None
        return super().spoilt(response)


def flat(given: Any, name: str = "") -> list[tuple[str, str]]:
    """Return values as PHP reads them out of a form: a[0][b]=v, booleans as 1 and 0.

    Moodle refuses "true" (recording ws_save_grade_bool_true_string).
    """
    if isinstance(given, Mapping):
        pairs = [(f"{name}[{key}]" if name else str(key), part) for key, part in given.items()]
    elif isinstance(given, list | tuple):
        pairs = [(f"{name}[{at}]", part) for at, part in enumerate(given)]
    else:
        return [(name, str(int(given)) if isinstance(given, bool) else str(given))]
    return [found for key, part in pairs for found in flat(part, key)]


def asking(function: str) -> list[tuple[str, str]]:
    """Return what names a function; without the format Moodle answers in XML."""
    return [("wsfunction", function), ("moodlewsrestformat", "json")]


def code(response: httpx.Response) -> str:
    """Return the errorcode of an answer that is none; "" for one that is.

    server.php says {exception, errorcode, message}, pluginfile.php {error, errorcode, …}.
    """
    if not _json(response):
        return ""
    try:
        told = json.loads(response.content)
    except ValueError:
        return ""
    spoilt = isinstance(told, dict) and ("exception" in told or "error" in told)
    return str(told.get("errorcode") or "unknown") if spoilt else ""


def answered(response: httpx.Response) -> Any:
    """Return what a call that was sent once is told; raise LMSMisunderstood for a web page."""
    try:
        if _json(response):
            return json.loads(response.content)
    except ValueError as error:
        raise LMSMisunderstood() from error
    raise LMSMisunderstood()


def meaning(found: str) -> LMSError:
    """Return what an errorcode means, as an error to raise."""
    if found.startswith(("dml", "generalexception")) and found not in MEANINGS:
        return LMSUnavailable()  # its database, as a rule: another try may do
    return MEANINGS.get(found, LMSRefused)()


def heed(told: Any) -> None:
    """Raise LMSRefused where a warning says that something was left out."""
    warnings = told.get("warnings") if isinstance(told, dict) else None
    for one in warnings or []:
        if isinstance(one, dict):
            logger.info("Moodle warns of %s: %s", one.get("item"), one.get("warningcode"))
            if str(one.get("warningcode")) in SHUT:
                raise LMSRefused()


def understood(kind: type[P], told: Any) -> P:
    """Read an answer; raise LMSMisunderstood when it is not what Moodle documents."""
    try:
        return kind.model_validate(told)
    except ValidationError as error:
        raise LMSMisunderstood() from error


def _json(response: httpx.Response) -> bool:
    return "json" in response.headers.get("Content-Type", "")
