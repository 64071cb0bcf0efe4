"""Grades over Canvas's REST API: for a teacher's own assignments, which AGS does not reach.

Quirks: every PUT with a comment adds one more comment; there is no timestamp, the last one wins;
more points than the maximum are kept; a student who is not in the course is a 404, like an
assignment that is gone.

Source: https://canvas.instructure.com/doc/api/submissions.html#method.submissions_api.update
"""

from decimal import Decimal
from urllib.parse import quote, urlencode, urlsplit

from pydantic import AwareDatetime

from connectors import asked_again
from connectors.asked_again import NOBODY
from connectors.canvas.payloads import Id, Words, read
from connectors.canvas.wire import Wire, meaning
from connectors.models import Connector
from connectors.payload import Payload
from connectors.tokens import Stored
from tutorai.errors import LMSNotFound
from tutorai.ledger.outcomes import Answer, Grade, Outcome, Reading, Rule, Rules
from tutorai.lmsdm.models import LineItem

CENT = Decimal("0.01")

RULES = Rules(
    name="canvas_rest",
    table=(
        Rule(frozenset({403, 429}), Outcome.THROTTLED, "rate limit exceeded"),
        # Asked again, the assignment itself was there.
        Rule(frozenset({404}), Outcome.NOT_GRADABLE, NOBODY),
        # 400 {"error": …} is Canvas's GradeError; 401 without WWW-Authenticate a permission.
        Rule(frozenset({400, 422}), Outcome.REFUSED),
    ),
    appends_comments=True,
    extra_credit=True,
)


class Comment(Payload):
    """One comment; without an author it is the system's."""

    author_id: Id | None = None
    comment: Words = ""
    created_at: AwareDatetime | None = None


class Submission(Payload):
    """What Canvas has of one student in one assignment; the newest comment comes last."""

    user_id: Id
    score: Decimal | None = None
    graded_at: AwareDatetime | None = None
    submission_comments: list[Comment] = []


class User(Payload):
    """Whose token it is."""

    id: Id


class Cell:
    """One student's grade in one assignment (`tutorai.ledger.outcomes.Gradebook`).

    `line_item.url` is {base}/api/v1/courses/{course}/assignments/{assignment}; `user_id` is the
    student's id in Canvas.
    """

    rules = RULES

    def __init__(self, connector: Connector, line_item: LineItem, user_id: str) -> None:
        self._wire = Wire(connector.base_url, Stored(connector))
        self._url = f"{line_item.url}/submissions/{quote(user_id, safe='')}"
        self._assignment = urlsplit(line_item.url).path.partition("/api/v1/")[2]
        self._user_id = user_id
        self._maximum = line_item.maximum

    def read(self) -> Reading:
        """Return what the gradebook shows; raise LMSError (LMSNotFound: the assignment is gone).

        Nothing for somebody who is not in the course: sending says so.
        """
        path = f"{self._assignment}/submissions/{quote(self._user_id, safe='')}"
        try:
            told = self._wire.get(path, **{"include[]": "submission_comments"})
        except LMSNotFound:
            if not self._there():
                raise
            return Reading()
        found = read(Submission, told)
        return Reading(
            points=found.score,
            maximum=self._maximum,
            comment=self._ours(found.submission_comments),
            at=found.graded_at,
        )

    def _ours(self, comments: list[Comment]) -> str:
        """Return the newest comment by the token's owner, or empty.

        A student may write there too; only where several others did is the owner asked for.
        """
        graders = [one for one in comments if one.author_id not in (None, self._user_id)]
        if len({one.author_id for one in graders}) > 1:
            owner = read(User, self._wire.get("users/self")).id
            graders = [one for one in graders if one.author_id == owner]
        return graders[-1].comment if graders else ""

    def write(self, grade: Grade) -> str:
        """Return the form, in points of the assignment's own maximum; a comment only if any."""
        points = grade.points
        if self._maximum and self._maximum != grade.maximum:
            points = points * self._maximum / grade.maximum
        form = {"submission[posted_grade]": format(points.quantize(CENT).normalize(), "f")}
        if grade.comment:
            form["comment[text_comment]"] = grade.comment
        return urlencode(form)

    def send(self, body: str) -> Answer:
        """Send it once. Raises NotSent, LMSUnavailable and LMSUnauthorised."""
        response = self._wire.submit("PUT", self._url, body)
        lost = response.status_code == 404
        wrong = None if response.is_success else meaning(response)
        return asked_again.answer(
            response.status_code,
            response.reason_phrase,
            response.text,
            wrong,
            nobody=lost and self._there(),
        )

    def _there(self) -> bool:
        """Whether the assignment itself is still there."""
        return asked_again.there(lambda: self._wire.get(self._assignment))

    def relocate(self) -> bool:
        """An assignment's address never changes; return False."""
        return False


def column(connector: Connector, own: str) -> str:
    """Return the address of an assignment's column.

    https://canvas.instructure.com/doc/api/assignments.html
    """
    base = connector.base_url.rstrip("/")
    return f"{base}/api/v1/courses/{connector.external_id}/assignments/{own}"
