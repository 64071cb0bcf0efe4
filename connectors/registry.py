"""The dialects we speak, in one dict; adding an LMS adds a line."""

from collections.abc import Callable
from dataclasses import dataclass

from connectors.base import Connector, OAuth, Publisher, Tokens
from connectors.blackboard.client import Blackboard
from connectors.blackboard.oauth import OAuth as BlackboardOAuth
from connectors.blackboard.publishing import Publisher as BlackboardPublisher
from connectors.canvas import scopes as canvas
from connectors.canvas.client import Canvas
from connectors.canvas.oauth import OAuth as CanvasOAuth
from connectors.canvas.publishing import Publisher as CanvasPublisher
from connectors.models import Connector as Row
from connectors.moodle import functions as moodle
from connectors.moodle.client import Moodle
from connectors.moodle.publishing import Publisher as MoodlePublisher
from connectors.tokens import Stored
from tutorai.errors import BadRequest
from tutorai.http import check_url


@dataclass(frozen=True)
class Dialect:
    """One LMS: what it is called, its client, and what else it has."""

    title: str
    client: Callable[[str, Tokens], Connector]
    publisher: Callable[[str, Tokens], Publisher] | None = None
    oauth: OAuth | None = None
    # What a right is for that a token lacks (`Standing.lacks`), and where it is given at a site.
    why: Callable[[str], str] | None = None
    mend: Callable[[str], str] | None = None


DIALECTS: dict[str, Dialect] = {
    "canvas": Dialect("Canvas", Canvas, CanvasPublisher, CanvasOAuth(), canvas.why),
    "blackboard": Dialect("Blackboard", Blackboard, BlackboardPublisher, BlackboardOAuth()),
    "moodle": Dialect("Moodle", Moodle, MoodlePublisher, why=moodle.why, mend=moodle.page),
}


def dialect(lms: str) -> Dialect:
    """Return a dialect by its name; raise BadRequest."""
    found = DIALECTS.get(lms)
    if found is None:
        raise BadRequest(why=lms[:40])
    return found


def oauth(lms: str) -> OAuth | None:
    """Return how an LMS asks for consent; None where it does not, or we do not speak it."""
    found = DIALECTS.get(lms)
    return found.oauth if found else None


def connect(lms: str, base_url: str, tokens: Tokens) -> Connector:
    """Return a connection not stored yet; raise UrlRefused or BadRequest."""
    return dialect(lms).client(check_url(base_url), tokens)


def publisher(row: Row) -> Publisher | None:
    """Return how a stored connection's LMS is written to; None where it takes nothing."""
    opener = dialect(row.lms).publisher
    return opener(row.base_url, Stored(row)) if opener else None


def reopen(row: Row) -> Connector:
    """Return a stored connection; its token is read at every call."""
    return dialect(row.lms).client(row.base_url, Stored(row))
