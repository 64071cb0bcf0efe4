"""Grades over Moodle's web services, for a teacher's own assignments: mod_assign_save_grade.

Quirks: success is `null`, also for points above the maximum (not stored) and for somebody who is
no student (stored, and seen by nobody): so what was sent is read back, and people come from the
roster only. Errors come with HTTP 200. The comment must always be sent, also an empty one: once
there is one, a form without it fails. A grade of -1 is none.

Source: Moodle's mod/assign/externallib.php, and a recorded Moodle 4.5.6
"""

from collections.abc import Mapping
from decimal import Decimal
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from pydantic import ValidationError

from connectors.models import Connector
from connectors.moodle.availability import moment
from connectors.moodle.wire import REST, Wire, meaning
from connectors.payload import Payload
from connectors.tokens import Stored
from connectors.wire import asked_pause
from tutorai.errors import LMSMisunderstood, LMSNotFound, LMSRefused
from tutorai.ledger.outcomes import Answer, Grade, Outcome, Reading, Rule, Rules
from tutorai.lmsdm.models import LineItem

CENT = Decimal("0.01")
SHOWN = 500  # characters of a body that are looked at for its meaning
HTML = 1  # FORMAT_HTML
LAST = -1  # the student's last attempt
NO_GRADES = "3"  # the warning code of an assignment in which nobody has a grade yet


def _code(*codes: str) -> str:
    """Return the pattern of an exception with one of these codes."""
    return rf'"errorcode":\s*"({"|".join(codes)})"'


TAKEN = frozenset({200})
DEAD = _code("invalidtoken")
AWAY = _code("sitemaintenance", "upgraderunning")

RULES = Rules(
    name="moodle_rest",
    table=(
        Rule(TAKEN, Outcome.THROTTLED, AWAY),
        Rule(
            TAKEN,
            Outcome.FORBIDDEN,
            # Moodle spells it both ways; an expired token and a wrong address are accessexception.
            _code(
                "invalidtoken",
                "accessexception",
                "nopermissions?",
                "requireloginerror",
                "servicenotavailable",
                "enablewsdescription",
            ),
        ),
        Rule(TAKEN, Outcome.GONE, _code("invalidrecord")),
        Rule(TAKEN, Outcome.FAILED, _code("dml\\w+")),
        Rule(TAKEN, Outcome.REFUSED, '"exception":'),
        Rule(TAKEN, Outcome.DELIVERED, r"\nnull$"),
        Rule(TAKEN, Outcome.UNCLEAR),  # a page of a proxy, or of PHP's
    ),
    verify=True,
)


class Given(Payload):
    """One grade; of several attempts each has its own."""

    userid: int
    attemptnumber: int = 0
    timemodified: int = 0  # seconds since 1970
    grade: Decimal


class Assignment(Payload):
    """The grades of one assignment."""

    assignmentid: int
    grades: list[Given] = []


class Warned(Payload):
    """Why something was left out."""

    warningcode: str = ""


class Grades(Payload):
    """What mod_assign_get_grades answers."""

    assignments: list[Assignment] = []
    warnings: list[Warned] = []


def write(grade: Grade, *, assignment: str, user: str, maximum: Decimal | None = None) -> str:
    """Return the form that says so, without the token; `maximum` is the assignment's own."""
    points = grade.points
    if maximum and maximum != grade.maximum:
        points = points * maximum / grade.maximum
    comment = escape(grade.comment, quote=False).replace("\n", "<br />")
    editor = "plugindata[assignfeedbackcomments_editor]"
    return urlencode(
        {
            "wsfunction": "mod_assign_save_grade",
            "moodlewsrestformat": "json",
            "assignmentid": assignment,
            "userid": user,
            "grade": format(points.quantize(CENT).normalize(), "f"),
            "attemptnumber": LAST,
            "addattempt": 0,
            "workflowstate": "",
            "applytoall": 0,
            f"{editor}[text]": comment,
            f"{editor}[format]": HTML,
        }
    )


def answer(status: int, body: str, reason: str = "", pause: float | None = None) -> Answer:
    """Return what came back in the form that `RULES` judges."""
    return Answer(status, f"{reason}\n{body[:SHOWN].strip()}", pause)


def reading(payload: Any, *, assignment: str, user: str) -> Reading:
    """Return a person's grade out of the answer of mod_assign_get_grades.

    Comments are not among what it tells. Raises LMSError; LMSNotFound: no such assignment.
    """
    if isinstance(payload, Mapping) and "exception" in payload:
        raise meaning(str(payload.get("errorcode")))
    try:
        told = Grades.model_validate(payload)
    except ValidationError as error:
        raise LMSMisunderstood() from error
    here = [one for one in told.assignments if str(one.assignmentid) == assignment]
    if not here and not told.warnings:
        raise LMSNotFound()
    if not here and any(one.warningcode != NO_GRADES for one in told.warnings):
        raise LMSRefused()
    given = [one for each in here for one in each.grades if str(one.userid) == user]
    last = max(given, key=lambda one: one.attemptnumber, default=None)
    if last is None or last.grade < 0:
        return Reading()
    return Reading(last.grade, at=moment(last.timemodified))


class Cell:
    """One student's grade in one assignment (`tutorai.ledger.outcomes.Gradebook`).

    `line_item.url` is what `column` made; `user_id` is the student's id in Moodle.
    """

    rules = RULES

    def __init__(self, connector: Connector, line_item: LineItem, user_id: str) -> None:
        self._wire = Wire(connector.base_url, Stored(connector))
        self._assignment = parse_qs(urlsplit(line_item.url).query)["assignmentid"][0]
        self._user, self._maximum = user_id, line_item.maximum

    def read(self) -> Reading:
        """Return what the gradebook shows; raise LMSError (LMSNotFound: no such assignment)."""
        told = self._wire.ask("mod_assign_get_grades", assignmentids=[self._assignment])
        return reading(told, assignment=self._assignment, user=self._user)

    def write(self, grade: Grade) -> str:
        """Return the form that says so, which holds no token."""
        return write(grade, assignment=self._assignment, user=self._user, maximum=self._maximum)

    def send(self, body: str) -> Answer:
        """Send it once. Raises NotSent, LMSUnavailable and LMSUnauthorised (a dead token)."""
        response = self._wire.post(body)
        pause = asked_pause(response) if response.status_code in (429, 503) else None
        return answer(response.status_code, response.text, response.reason_phrase, pause)

    def relocate(self) -> bool:
        """An assignment's id never changes; return False."""
        return False


def column(connector: Connector, own: str) -> str:
    """Return the address of an assignment's column: where its grades are sent, and its own id."""
    return f"{connector.base_url.rstrip('/')}{REST}?assignmentid={own}"
