"""The dialects we speak, in one dict; adding an LMS adds a line."""

from collections.abc import Callable

from connectors.base import Connector, Tokens
from connectors.canvas.client import Canvas
from connectors.models import Connector as Row
from connectors.tokens import Stored
from tutorai.errors import BadRequest
from tutorai.http import check_url

DIALECTS: dict[str, Callable[[str, Tokens], Connector]] = {"canvas": Canvas}


def connect(lms: str, base_url: str, tokens: Tokens) -> Connector:
    """Return a connection not stored yet; raise UrlRefused or BadRequest."""
    dialect = DIALECTS.get(lms)
    if dialect is None:
        raise BadRequest(why=lms[:40])
    return dialect(check_url(base_url), tokens)


def reopen(row: Row) -> Connector:
    """Return a stored connection; its token is read at every call."""
    return DIALECTS[row.lms](row.base_url, Stored(row))
